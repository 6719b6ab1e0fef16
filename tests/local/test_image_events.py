"""Rules for image events fire in the local cloud: a stack of the CDK, EventBridge and a queue."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_sqs as sqs
from support.directly import Direct, direct
from support.profile import PROFILE, make_instance_profile

from cdk_imagebuilder_pipeline import ImagePipeline

pytestmark = pytest.mark.timeout(600)

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("IMAGEBUILDER_LOCAL_SECONDS_PER_STATE", "0.1")
        with direct(tmp_path_factory.mktemp("events")) as made:
            make_instance_profile(made.cloud)
            yield made
            assert "Traceback" not in made.cloud.folder.log.read_text()


def watched(outdir: Path) -> cdk.App:
    """Return an app with two pipelines, and a queue for the events of the first."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, "Watched")
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name="watched", instance_profile_name=PROFILE
    )
    pipelines = []
    for name in ("Web", "Api"):
        recipe = imagebuilder.CfnImageRecipe(stack, f"{name}Recipe", name=name, version="1.0.0", parent_image="ami-1")
        pipeline = ImagePipeline(stack, name, recipe=recipe, infrastructure_configuration=infrastructure)
        cdk.CfnOutput(stack, f"{name}Arn", value=pipeline.image_pipeline_arn)
        pipelines.append(pipeline)
    for name, method in (("Succeeded", "on_image_build_succeeded"), ("Changed", "on_image_build_state_change")):
        queue = sqs.Queue(stack, name)
        target: Any = targets.SqsQueue(queue)
        getattr(pipelines[0], method)(f"On{name}", target=target)
        cdk.CfnOutput(stack, f"{name}Url", value=queue.queue_url)
    return app


def received(queue: Any, url: str, count: int) -> list[dict[str, Any]]:
    """Return the events of a queue when there are as many, in the order of their arrival."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        messages = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_rules_of_a_pipeline_fire_for_its_images_and_for_no_others(account: Direct, tmp_path: Path) -> None:
    app = watched(tmp_path)
    outputs = account.deploy(app)["Watched"]
    client, queue = account.client("imagebuilder"), account.client("sqs")
    for name in ("Api", "Web"):
        client.start_image_pipeline_execution(imagePipelineArn=outputs[f"{name}Arn"])
    image = f"{OWN}image/web/1.0.0/1"
    changed = received(queue, outputs["ChangedUrl"], 5)
    assert [(event["detail"]["previous-state"]["status"], event["detail"]["state"]["status"]) for event in changed] == [
        ("CREATING", "BUILDING"),
        ("BUILDING", "TESTING"),
        ("TESTING", "DISTRIBUTING"),
        ("DISTRIBUTING", "INTEGRATING"),
        ("INTEGRATING", "AVAILABLE"),
    ]
    (succeeded,) = received(queue, outputs["SucceededUrl"], 1)
    assert {key: value for key, value in succeeded.items() if key not in {"id", "time"}} == {
        "version": "0",
        "detail-type": "EC2 Image Builder Image State Change",
        "source": "aws.imagebuilder",
        "account": "000000000000",
        "region": "us-east-1",
        "resources": [image],
        "detail": {"previous-state": {"status": "INTEGRATING"}, "state": {"status": "AVAILABLE"}},
    }
    assert {resource for event in changed for resource in event["resources"]} == {image}
    client.close()
    queue.close()
    account.destroy(app)
