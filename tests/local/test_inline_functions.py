"""Custom resources of inline functions, and of functions that fail before they respond."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud import LocalCloud

PYTHON = """
import cfnresponse
def handler(event, context):
    if event["ResourceProperties"].get("Fail"):
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, reason="no luck")
    else:
        cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Word": "python"}, "mine")
"""
NODE = """
const response = require('cfn-response');
exports.handler = function (event, context) {
  response.send(event, context, response.SUCCESS, { Word: 'node' }, 'mine');
};
"""


@pytest.fixture(scope="module")
def cloudformation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    cloud = LocalCloud(tmp_path_factory.mktemp("inline") / "cloud")
    client = client_of(cloud.start(), cloud.folder, "cloudformation")
    yield client
    client.close()
    cloud.stop()


def template(code: str, runtime: str = "python3.13", **properties: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    function = {
        "Code": {"ZipFile": code},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": runtime,
        "Timeout": 30,
    }
    custom = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": "60"} | properties
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Custom": {"Type": "Custom::Word", "Properties": custom},
        },
        "Outputs": {
            "Word": {"Value": {"Fn::GetAtt": ["Custom", "Word"]}},
            "Id": {"Value": {"Ref": "Custom"}},
        },
    }


def create(cloudformation: Any, name: str, body: dict[str, Any]) -> dict[str, str]:
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_IAM"])
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 400})
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def reason(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return next(str(one["ResourceStatusReason"]) for one in events if one["ResourceStatus"] == "CREATE_FAILED")


@pytest.mark.parametrize(("code", "runtime"), [(PYTHON, "python3.13"), (NODE, "nodejs22.x")])
def test_inline_function_has_the_module_for_responses(cloudformation: Any, code: str, runtime: str) -> None:
    word = runtime[: runtime.index("js") if "js" in runtime else runtime.index("3")]
    assert create(cloudformation, f"inline-{word}", template(code, runtime)) == {"Word": word, "Id": "mine"}


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("told", PYTHON, "no luck"),
        ("missing-module", "import nowhere\ndef handler(event, context): pass", "No module named 'nowhere'"),
        ("missing-handler", "def other(event, context): pass", "handler"),
        ("syntax", "def handler(event, context) pass", "index.py"),
        ("raising", "def handler(event, context): raise KeyError('Word')", "Word"),
    ],
)
def test_function_that_fails_is_the_reason_of_the_stack_at_once(
    cloudformation: Any, name: str, code: str, expected: str
) -> None:
    started = time.monotonic()
    with pytest.raises(WaiterError):
        create(cloudformation, name, template(code, Fail="1"))
    assert time.monotonic() - started < 40, "it waited for the time of the resource"
    assert expected in reason(cloudformation, name)
