"""Stack events of the local cloud: by operation, in order, and only of resources that changed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from support.deployed import Deployed, deployed

from imagebuilder_local.deployment import operations

pytestmark = pytest.mark.timeout(240)

MISSING = "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/missing/1.0.0"
BAD_RECIPE = {"Type": "AWS::ImageBuilder::ImageRecipe", "Properties": {"Name": "bad", "Version": "one"}}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with deployed(tmp_path_factory.mktemp("stack-events")) as made:
        yield made


def topic(name: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}


def listed(cloud: Deployed, stack: str) -> list[dict[str, Any]]:
    """Return what DescribeStackEvents lists, newest first."""
    client = cloud.client("cloudformation")
    return list(client.describe_stack_events(StackName=stack)["StackEvents"])


def lines(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events]


def newest(cloud: Deployed, stack: str) -> list[tuple[str, str]]:
    """Return the events of the newest operation, oldest first."""
    events = listed(cloud, stack)
    return lines([event for event in events if event["OperationId"] == events[0]["OperationId"]])[::-1]


def test_events_of_an_operation_share_its_id_and_have_increasing_times_newest_first(cloud: Deployed) -> None:
    assert cloud.deploy("Grouped", Name="grouped") == "CREATE_COMPLETE"
    (created,) = {event["OperationId"] for event in listed(cloud, "Grouped")}
    assert cloud.deploy("Grouped", Name="grouped", Description="new") == "UPDATE_COMPLETE"
    events = listed(cloud, "Grouped")
    assert [event["OperationId"] == created for event in events] == sorted(
        event["OperationId"] == created for event in events
    )
    assert len({event["OperationId"] for event in events}) == 2
    assert all(later["Timestamp"] > earlier["Timestamp"] for later, earlier in pairwise(events))


def test_update_has_events_only_of_the_resource_that_changed(cloud: Deployed) -> None:
    assert cloud.deploy("Small", Name="small") == "CREATE_COMPLETE"
    assert cloud.deploy("Small", Name="small", Description="new") == "UPDATE_COMPLETE"
    assert newest(cloud, "Small") == [
        ("Small", "UPDATE_IN_PROGRESS"),
        ("Pipeline", "UPDATE_IN_PROGRESS"),
        ("Pipeline", "UPDATE_COMPLETE"),
        ("Small", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Small", "UPDATE_COMPLETE"),
    ]


def test_update_that_adds_and_removes_creates_and_deletes(cloud: Deployed) -> None:
    assert cloud.deploy("Swapped", Name="swapped", more={"Old": topic("old")}) == "CREATE_COMPLETE"
    assert cloud.deploy("Swapped", Name="swapped", more={"New": topic("new")}) == "UPDATE_COMPLETE"
    assert newest(cloud, "Swapped") == [
        ("Swapped", "UPDATE_IN_PROGRESS"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        ("Swapped", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Old", "DELETE_IN_PROGRESS"),
        ("Old", "DELETE_COMPLETE"),
        ("Swapped", "UPDATE_COMPLETE"),
    ]


def test_rollback_is_an_operation_of_its_own_after_the_failed_one(cloud: Deployed) -> None:
    assert cloud.deploy("Failed", Name="failed") == "CREATE_COMPLETE"
    assert cloud.deploy("Failed", Name="failed", ImageRecipeArn=MISSING) == "UPDATE_ROLLBACK_COMPLETE"
    rollback = newest(cloud, "Failed")
    assert rollback[0] == ("Failed", "UPDATE_ROLLBACK_IN_PROGRESS")
    assert rollback[-1] == ("Failed", "UPDATE_ROLLBACK_COMPLETE")
    update = [event for event in listed(cloud, "Failed") if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert lines(update) == [("Pipeline", "UPDATE_FAILED")]
    assert MISSING in update[0]["ResourceStatusReason"]


def test_report_gets_each_operation_with_its_kind_status_and_events(cloud: Deployed) -> None:
    assert cloud.deploy("Shown", Name="shown") == "CREATE_COMPLETE"
    assert cloud.deploy("Shown", Name="shown", more={"Bad": BAD_RECIPE}) == "UPDATE_ROLLBACK_COMPLETE"
    cloud.delete("Shown")
    shown = [operation for operation in operations(cloud.cloud) if operation["stack"] == "Shown"]
    assert [(operation["kind"], operation["status"]) for operation in shown] == [
        ("delete", "DELETE_COMPLETE"),
        ("rollback", "UPDATE_ROLLBACK_COMPLETE"),
        ("update", "UPDATE_FAILED"),
        ("create", "CREATE_COMPLETE"),
    ]
    assert all(operation["milliseconds"] > 0 for operation in shown)
    (failed,) = [event for event in shown[2]["events"] if event["status"] == "CREATE_FAILED"]
    assert failed["logicalId"] == "Bad"
    assert failed["resourceType"] == "AWS::ImageBuilder::ImageRecipe"
    assert failed["reason"] == "required properties are missing: ParentImage"


def test_report_gets_what_the_validation_before_a_deployment_rejects(cloud: Deployed) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "images-of-somebody"}}
    assert cloud.deploy("First", Name="first", more={"Bucket": bucket}) == "CREATE_COMPLETE"
    assert cloud.deploy("Second", Name="second", more={"Bucket": bucket}) == "ROLLBACK_COMPLETE"
    failed = next(one for one in operations(cloud.cloud) if (one["stack"], one["kind"]) == ("Second", "create"))
    (reason,) = [event["reason"] for event in failed["events"] if event["logicalId"] == "Bucket"]
    assert "images-of-somebody" in reason
    assert "Bucket" not in {event["LogicalResourceId"] for event in listed(cloud, "Second")}


def test_what_is_wrapped_in_ministack_has_the_parameters_that_are_used() -> None:
    # In a process of its own: ministack reads its settings when it is imported.
    script = (
        "import inspect, json\n"
        "from ministack.services.cloudformation import _stack_events, changesets, handlers, provisioners, stacks\n"
        "used = (stacks._add_event, stacks._update_resource, stacks._provision_resource, stacks._delete_resource,\n"
        "        stacks._validation_errors, handlers._describe_stack_events)\n"
        "same = (changesets._add_event is handlers._add_event is stacks._add_event,\n"
        "        provisioners._update_resource is stacks._update_resource,\n"
        "        provisioners._provision_resource is stacks._provision_resource,\n"
        "        handlers._ACTION_HANDLERS['DescribeStackEvents'] is handlers._describe_stack_events,\n"
        "        hasattr(_stack_events, 'values'))\n"
        "print(json.dumps([{one.__name__: list(inspect.signature(one).parameters) for one in used}, same]))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    parameters, same = json.loads(printed)
    assert parameters == {
        "_add_event": [
            "stack_id",
            "stack_name",
            "logical_id",
            "resource_type",
            "status",
            "reason",
            "physical_id",
            "detailed_status",
        ],
        "_update_resource": [
            "resource_type",
            "physical_id",
            "old_props",
            "new_props",
            "stack_name",
            "logical_id",
            "old_attrs",
        ],
        "_provision_resource": ["resource_type", "logical_id", "props", "stack_name"],
        "_delete_resource": ["resource_type", "physical_id", "props", "stack_name", "logical_id"],
        "_describe_stack_events": ["params"],
        "_validation_errors": [
            "resources_defs",
            "ordered",
            "param_values",
            "conditions",
            "mappings",
            "stack_name",
            "stack_id",
            "owned_buckets",
        ],
    }
    assert all(same), same
