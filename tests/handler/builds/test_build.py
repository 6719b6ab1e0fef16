"""`Custom::ImagePipelineBuild` and `…Image`: what each event starts, keeps, cancels and responds."""

from typing import Any

from support.building import FAILING, FAILING_REGION, SECONDS_PER_STATE, images, properties, started, states, stopped
from support.clock import AdvancingClock
from support.cloudformation import Context, Resource
from support.waiting import MACHINE, StateMachines, Waiting

from imagebuilder_local.emulator import ImageBuilder


def test_create_builds_waits_and_responds_with_the_ami(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    answer = build.create(**properties(pipeline))
    (image,) = images(service, pipeline)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", image["arn"])
    (ami,) = image["outputResources"]["amis"]
    assert answer["Data"] == {
        "ImageArn": image["arn"],
        "Version": "1.0.2/1",
        "ImageId": ami["image"],
        "ImageId.us-east-1": ami["image"],
    }
    assert build.looks == 6 * SECONDS_PER_STATE / 30 + 1
    assert image["tags"]["imagebuilder-pipeline:what-is-built"] == "1"


def test_same_trigger_builds_nothing_whatever_else_changes(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))
    second = build.update(**properties(pipeline, ImageTags={"team": "web"}, WaitSeconds=600))
    assert (second["PhysicalResourceId"], second["Data"]) == (first["PhysicalResourceId"], first["Data"])
    assert (build.looks, started(service)) == (0, 1)


def test_other_trigger_builds_once_and_back_to_the_one_before_builds_nothing(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    second = build.update(**properties(pipeline, "2"))["PhysicalResourceId"]
    assert second != first
    build.delete(first)
    third = build.update(**properties(pipeline, "1"))
    assert (third["PhysicalResourceId"], started(service)) == (first, 2)


def test_row_72_event_that_is_delivered_twice_builds_once_and_is_answered_once(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines, clock: AdvancingClock
) -> None:
    event = build.event("Create", properties(pipeline))
    for _ in range(2):
        build.handler(event, Context())
    assert (started(service), len(machines.executions)) == (1, 1)
    machines.play(build.look, clock)
    build.handler(event, Context())
    assert [answer["Status"] for answer in build.responses.taken[1:]] == ["SUCCESS", "SUCCESS"]
    assert len({answer["PhysicalResourceId"] for answer in build.responses.taken[1:]}) == 1
    assert started(service) == 1


def test_row_80_failed_build_fails_the_update_with_its_step_and_the_rollback_builds_nothing(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    component = service.arn("component/harden/1.0.2/1")
    service.register(component, data=FAILING, platform="Linux")
    recipe = service.arn("image-recipe/golden/1.0.3")
    service.register(recipe, components=[{"componentArn": component}])
    resource.update(**resource.properties | {"ImageRecipeArn": recipe})
    answer = build.update(**properties(pipeline, "2"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first)
    assert answer["Reason"].startswith("BuildFailed: ")
    for part in ("golden/1.0.3/1", "BUILDING", "Harden", "ExecuteBash", "phase build", "harden/1.0.2/1", "3"):
        assert part in answer["Reason"]
    assert "log group /aws/imagebuilder/golden, stream 1.0.3/1" in answer["Reason"]
    back = build.send(
        build.event("Update", properties(pipeline)) | {"OldResourceProperties": properties(pipeline, "2")}
    )
    assert (back["Status"], back["PhysicalResourceId"], started(service)) == ("SUCCESS", first, 2)


def test_row_80_failed_build_is_tried_again_by_the_next_deploy(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.create(**properties(pipeline))
    event = build.event("Update", properties(pipeline, "2"))
    build.handler(event, Context())
    running = images(service, pipeline)[-1]["arn"]
    service.call("CancelImageCreation", {"imageBuildVersionArn": running, "clientToken": "1"})
    build.clock.sleep(SECONDS_PER_STATE)
    assert build.machines.play(build.look, build.clock) == 1
    assert build.responses.taken[-1]["Reason"].startswith("BuildCancelled: ")
    answer = build.update(**properties(pipeline, "2"))
    assert (answer["Status"], states(service, pipeline)) == ("SUCCESS", ["AVAILABLE", "CANCELLED", "AVAILABLE"])


def test_row_81_build_that_is_too_slow_is_cancelled(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    answer = build.create(**properties(pipeline, WaitSeconds=120, TimeoutSeconds=120))
    assert (answer["Status"], stopped(build, service, pipeline)) == ("FAILED", ["CANCELLED"])
    assert "was still CREATING after 2 minutes" in answer["Reason"]
    assert answer["PhysicalResourceId"] == images(service, pipeline)[0]["arn"]


def test_parts_wait_one_after_another_until_the_image_is_built(
    build: Waiting, image: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline, WaitSeconds=120, TimeoutSeconds=1200, IsLast=False))
    assert (first["Status"], first["Data"]) == (
        "SUCCESS",
        {"ImageArn": first["PhysicalResourceId"], "Version": "1.0.2/1"},
    )
    arn = first["PhysicalResourceId"]
    last = image.create(ImageArn=arn, WaitSeconds=1080, TimeoutSeconds=1200, IsLast=True, WatcherArn=MACHINE)
    assert (last["Status"], last["PhysicalResourceId"]) == ("SUCCESS", arn)
    assert last["Data"]["ImageId"] == images(service, pipeline)[0]["outputResources"]["amis"][0]["image"]
    assert image.delete()["Status"] == "SUCCESS"
    assert states(service, pipeline) == ["AVAILABLE"]


def test_row_81_last_part_whose_time_is_up_cancels_and_names_the_whole_timeout(
    build: Waiting, image: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    arn = build.create(**properties(pipeline, WaitSeconds=60, TimeoutSeconds=120, IsLast=False))["PhysicalResourceId"]
    last = image.create(ImageArn=arn, WaitSeconds=60, TimeoutSeconds=120, WatcherArn=MACHINE)
    assert (last["Status"], stopped(build, service, pipeline)) == ("FAILED", ["CANCELLED"])
    assert "after 2 minutes" in last["Reason"]


def test_build_that_nobody_waits_for_is_only_started(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines
) -> None:
    answer = build.create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    assert answer["Data"] == {"ImageArn": answer["PhysicalResourceId"], "Version": "1.0.2/1"}
    assert (states(service, pipeline), machines.executions) == (["PENDING"], {})


def test_row_77_update_and_rollback_cancel_what_is_still_built_for_another_trigger(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines, clock: AdvancingClock
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    build.handler(build.event("Update", properties(pipeline, "2")), Context())
    rollback = build.event("Update", properties(pipeline)) | {"OldResourceProperties": properties(pipeline, "2")}
    answer = build.send(rollback)
    assert (answer["PhysicalResourceId"], stopped(build, service, pipeline)) == (first, ["AVAILABLE", "CANCELLED"])
    machines.play(build.look, clock)
    assert build.responses.taken[-1]["Reason"].startswith("BuildCancelled: ")


def test_row_77_delete_of_a_running_build_cancels_it(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    build.create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    assert build.delete()["Status"] == "SUCCESS"
    assert stopped(build, service, pipeline) == ["CANCELLED"]


def test_row_76_delete_for_a_create_without_a_response_cancels_what_it_started(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    build.properties = properties(pipeline)
    assert build.delete("Build-1ABC")["Status"] == "SUCCESS"
    assert stopped(build, service, pipeline) == ["CANCELLED"]


def test_delete_of_an_ended_build_keeps_the_image_unless_it_is_to_be_removed(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.create(**properties(pipeline))
    assert build.delete()["Status"] == "SUCCESS"
    assert states(service, pipeline) == ["AVAILABLE"]
    role = "arn:aws:iam::000000000000:role/Lifecycle"
    build.properties = properties(pipeline, OnDelete="DELETE", LifecycleRoleArn=role)
    assert build.delete()["Status"] == "SUCCESS"
    assert states(service, pipeline) == ["DELETED"]
    (call,) = [call for call in service.calls() if call.operation == "StartResourceStateUpdate"]
    assert (call.request["executionRole"], call.request["includeResources"]) == (
        role,
        {"amis": True, "snapshots": True},
    )
    assert build.delete()["Status"] == "SUCCESS"


def test_row_84_image_of_another_stack_is_neither_cancelled_nor_removed(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    other = service.call("StartImagePipelineExecution", {"imagePipelineArn": pipeline, "clientToken": "1"})
    build.properties = properties(pipeline)
    assert build.delete(other["imageBuildVersionArn"])["Status"] == "SUCCESS"
    assert states(service, pipeline) == ["PENDING"]


def test_row_82_image_that_was_removed_is_built_anew(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    service.call("DeleteImage", {"imageBuildVersionArn": first})
    again = build.update(**properties(pipeline, ImageTags={"team": "web"}))
    assert (again["Status"], started(service)) == ("SUCCESS", 2)
    assert again["Data"]["ImageId"]


def test_row_83_build_that_nothing_can_wait_for_is_cancelled_and_fails(
    build: Waiting, service: ImageBuilder, pipeline: str, machines: StateMachines
) -> None:
    machines.fault = (400, "StateMachineDoesNotExist")
    answer = build.create(**properties(pipeline))
    assert (answer["Status"], stopped(build, service, pipeline)) == ("FAILED", ["CANCELLED"])
    assert answer["Reason"].startswith("NotWatched: ")
    assert answer["Reason"].endswith(f"{MACHINE}: StateMachineDoesNotExist")


def test_every_wrong_property_is_reported_before_any_call(build: Waiting, service: ImageBuilder, pipeline: str) -> None:
    wrong: dict[str, Any] = {
        "PipelineArn": "golden",
        "Trigger": "x" * 257,
        "WaitSeconds": 4000,
        "IsLast": "perhaps",
        "OnDelete": "DELETE",
        "WatcherArn": "watcher",
        "ImageTags": {"imagebuilder-pipeline:what-is-built": "1"},
        "Triger": "1",
    }
    before = len(service.calls())
    answer = build.create(**wrong)
    assert (answer["Status"], len(service.calls())) == ("FAILED", before)
    for part in (
        "8 problems",
        "PipelineArn ",
        "Trigger is too large: got 257 characters, allowed 1 to 256",
        "WaitSeconds is too large: got 4000, allowed 0 to 3300",
        "IsLast must be true or false: got 'perhaps'",
        "WatcherArn does not match the pattern: ",
        "ImageTags['imagebuilder-pipeline:what-is-built'] is set by the resource itself",
        "LifecycleRoleArn is missing: OnDelete DELETE needs it",
    ):
        assert part in answer["Reason"], answer["Reason"]


def test_newest_image_of_a_version_is_looked_up_without_building(
    image: Waiting, build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    first = build.create(**properties(pipeline))["PhysicalResourceId"]
    found = image.create(ImageArn=service.arn("image/golden/x.x.x"), WaitSeconds=0)
    assert (found["PhysicalResourceId"], found["Data"]["Version"]) == (first, "1.0.2/1")
    none = image.create(ImageArn=service.arn("image/other/x.x.x"), WaitSeconds=0)
    assert none["Reason"].startswith("NoImage: ")
    gone = image.create(ImageArn=service.arn("image/other/1.0.2/1"), WaitSeconds=0)
    assert gone["Reason"].startswith("BuildGone: ")


def test_row_74_look_that_fails_for_five_minutes_ends_the_wait_with_the_services_reason(
    build: Waiting, service: ImageBuilder, pipeline: str
) -> None:
    build.handler(build.event("Create", properties(pipeline)), Context())
    denied = {"status": 403, "code": "AccessDeniedException", "message": "not authorized"}
    service.inject("GetImage", [denied] * 3)
    assert build.machines.play(build.look, build.clock) > 3
    assert build.responses.taken[-1]["Status"] == "SUCCESS"
    build.physical_id, build.properties = build.responses.taken[-1]["PhysicalResourceId"], properties(pipeline)
    build.handler(build.event("Update", properties(pipeline, "2")), Context())
    service.inject("GetImage", [denied] * 100)
    assert build.machines.play(build.look, build.clock) == 10
    assert build.responses.taken[-1]["Reason"].startswith("AccessDeniedException: ")


def test_ami_of_every_region_is_an_attribute(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource
) -> None:
    del pipeline
    distribution = service.arn("distribution-configuration/golden")
    service.register(distribution, distributions=[{"region": "us-east-1"}, {"region": "eu-west-1"}])
    made = resource.update(**resource.properties | {"DistributionConfigurationArn": distribution})
    answer = build.create(**properties(made["PhysicalResourceId"]))
    assert (answer["Status"], answer["Data"].keys()) == (
        "SUCCESS",
        {"ImageArn", "Version", "ImageId", "ImageId.us-east-1", "ImageId.eu-west-1"},
    )


def test_row_80_failed_distribution_names_the_region(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource
) -> None:
    del pipeline
    distribution = service.arn("distribution-configuration/golden")
    service.register(distribution, distributions=[{"region": "us-east-1"}, {"region": FAILING_REGION}])
    made = resource.update(**resource.properties | {"DistributionConfigurationArn": distribution})
    reason = build.create(**properties(made["PhysicalResourceId"]))["Reason"]
    assert f"golden/1.0.2/1 failed while DISTRIBUTING: {FAILING_REGION}: " in reason


def test_container_image_is_returned_by_its_uri_in_each_region(
    build: Waiting, service: ImageBuilder, resource: Resource
) -> None:
    infrastructure = service.arn("infrastructure-configuration/golden")
    recipe = service.arn("container-recipe/golden/1.0.2")
    made = resource.create(Name="app", ContainerRecipeArn=recipe, InfrastructureConfigurationArn=infrastructure)
    answer = build.create(**properties(made["PhysicalResourceId"]))
    assert answer["Data"].keys() == {"ImageArn", "Version", "ImageUri", "ImageUri.us-east-1"}
    assert answer["Data"]["ImageUri"].endswith(":1.0.2-1")


def test_pipeline_that_waits_for_its_builds_does_not_wait_for_one_that_its_stack_has_cancelled(
    build: Waiting, service: ImageBuilder, pipeline: str, resource: Resource
) -> None:
    resource.update(**resource.properties | {"OnDelete": "REFUSE_WHILE_BUILDING"})
    build.create(PipelineArn=pipeline, Trigger="1", WaitSeconds=0)
    assert resource.delete()["Reason"].startswith("StillBuilding: ")
    assert build.delete()["Status"] == "SUCCESS"
    assert resource.delete()["Status"] == "SUCCESS"
    assert service.pipelines() == []
