"""DescribeStacks waits for the end of an operation that is about to end, so that clients that poll need no second look."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud import LocalCloud

SLOW = """
import cfnresponse, time
def handler(event, context):
    time.sleep(0.3)
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {})
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
}
TEMPLATE = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": SLOW},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 30,
            },
        },
        "Custom": {"Type": "Custom::Slow", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}},
    },
}
LOOK = """
import asyncio, json, re, sys
from ministack.services import cloudformation
from imagebuilder_local.cloud.ministack import operation_end
operation_end.enforce(most_seconds=0.2)

async def look(status, ends=False):
    arn = "arn:aws:cloudformation:us-east-1:000000000000:stack/S/1"
    stack = {"StackName": "S", "StackId": arn, "StackStatus": status, "CreationTime": "2026-01-01T00:00:00Z"}
    cloudformation._stacks["S"] = stack
    if ends:
        asyncio.get_running_loop().call_later(0.05, stack.update, {"StackStatus": "CREATE_COMPLETE"})
    found = []
    for body in (f"Action=DescribeStacks&StackName={arn}", "Action=DescribeStacks&StackName=S", "Action=DescribeStacks"):
        _, _, answer = await cloudformation.handle_request("POST", "/", {}, body.encode(), {})
        found.append(re.search("<StackStatus>(.*?)<", answer.decode())[1])
    return found

print(json.dumps([asyncio.run(look(*one)) for one in json.loads(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    cloud = LocalCloud(tmp_path_factory.mktemp("operations") / "cloud")
    made = client_of(cloud.start(), cloud.folder, "cloudformation")
    yield made
    made.close()
    cloud.stop()


def test_status_is_reported_when_the_operation_has_ended(client: Any) -> None:
    template = json.dumps(TEMPLATE)
    made = client.create_stack(StackName="Slow", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    arn = made["StackId"]
    assert client.describe_stacks(StackName=arn)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    client.delete_stack(StackName="Slow")
    assert client.describe_stacks(StackName=arn)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def looked(*stacks: tuple[str, bool]) -> Any:
    # In a process of its own: ministack reads its settings when it is imported.
    command = [sys.executable, "-c", LOOK, json.dumps(stacks)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_an_operation_that_goes_on_is_reported_in_progress() -> None:
    status = "UPDATE_IN_PROGRESS"
    assert looked((status, False), ("CREATE_IN_PROGRESS", True), ("REVIEW_IN_PROGRESS", False)) == [
        [status] * 3,
        ["CREATE_COMPLETE"] * 3,
        ["REVIEW_IN_PROGRESS"] * 3,
    ]


def test_what_is_replaced_in_ministack_is_used_as_expected() -> None:
    script = (
        "import inspect, json\n"
        "from ministack import app\n"
        "from ministack.services import cloudformation\n"
        "from ministack.services.cloudformation import handlers\n"
        "print(json.dumps([list(inspect.signature(cloudformation.handle_request).parameters),\n"
        "                  list(inspect.signature(handlers._describe_stacks).parameters),\n"
        "                  handlers._ACTION_HANDLERS['DescribeStacks'] is handlers._describe_stacks,\n"
        "                  'return handler(params)' in inspect.getsource(cloudformation.handle_request)]))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    expected = [["method", "path", "headers", "body", "query_params"], ["params"], True, True]
    assert json.loads(printed.splitlines()[-1]) == expected
