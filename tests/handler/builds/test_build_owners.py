"""A function that serves many stacks may reach the builds of each of them; an event reaches those of its own only."""

from support.building import SECONDS_PER_STATE, images, properties, started, states
from support.waiting import MACHINE, Waiting

from imagebuilder_local.emulator import ImageBuilder

OTHER_STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Other/6f2d1c3e-0000-4000-8000-000000000001"


def test_row_84_pipeline_of_another_stack_is_not_started(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    build.stack_id = OTHER_STACK
    answer = build.create(**properties(pipeline))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("NotOwnPipeline: ")
    assert pipeline in answer["Reason"]
    assert started(service) == 0
    assert build.delete()["Status"] == "SUCCESS"


def test_row_84_build_of_another_stack_is_not_cancelled_when_the_time_for_it_is_up(
    build: Waiting, image: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    arn = build.create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)["PhysicalResourceId"]
    image.stack_id = OTHER_STACK
    answer = image.create(ImageArn=arn, WaitSeconds=60, TimeoutSeconds=60, WatcherArn=MACHINE)
    assert (answer["Status"], answer["Reason"].partition(":")[0]) == ("FAILED", "BuildNotInTime")
    build.clock.sleep(6 * SECONDS_PER_STATE)
    assert states(service, pipeline) == ["AVAILABLE"]
    assert images(service, pipeline)[0]["tags"]["imagebuilder-pipeline:what-is-built"] == "1"
