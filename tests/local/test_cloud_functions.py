"""The environment and the credentials that the local cloud gives to Lambda functions."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings

ANSWER_WITH_ITS_ENVIRONMENT = """
import json, os, urllib.request
NAMES = ("CUSTOM_RESOURCE_RESPONSE_HOSTS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
def handler(event, _):
    data = {name: os.environ.get(name, "") for name in NAMES} | {"ResponseURL": event["ResponseURL"]}
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "one", "Data": data}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request)
"""
NAMES = (
    "CUSTOM_RESOURCE_RESPONSE_HOSTS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "ResponseURL",
)
TEMPLATE = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": ANSWER_WITH_ITS_ENVIRONMENT},
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.13",
                "Timeout": 30,
            },
        },
        "Custom": {"Type": "Custom::Environment", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}}},
    },
    "Outputs": {name.replace("_", ""): {"Value": {"Fn::GetAtt": ["Custom", name]}} for name in NAMES},
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path_factory.mktemp("functions") / "cloud")
    cloud.start()
    yield cloud
    cloud.stop()


def client(cloud: LocalCloud, service: str, **credentials: str) -> Any:
    state = cloud.state()
    assert state is not None
    settings = client_settings(state, cloud.folder)
    root = {
        "aws_access_key_id": settings["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": settings["AWS_SECRET_ACCESS_KEY"],
    }
    make: Any = boto3.client  # typed for one service at a time
    return make(
        service,
        endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
        region_name=state.region,
        verify=settings["AWS_CA_BUNDLE"],
        **(root | credentials),
    )


@pytest.fixture(scope="module")
def function(cloud: LocalCloud) -> dict[str, str]:
    """What a function of the cloud found in its environment and in its event."""
    cloudformation = client(cloud, "cloudformation")
    cloudformation.create_stack(
        StackName="functions", TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="functions", WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
    )
    (stack,) = cloudformation.describe_stacks(StackName="functions")["Stacks"]
    cloudformation.close()
    found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return {name: found[name.replace("_", "")] for name in NAMES}


def test_functions_are_told_the_host_of_the_clouds_own_response_urls(function: dict[str, str]) -> None:
    url = urlsplit(function["ResponseURL"])
    assert url.scheme == "https"
    assert function["CUSTOM_RESOURCE_RESPONSE_HOSTS"] == url.hostname


def test_credentials_of_a_functions_role_are_let_in_and_do_not_follow_from_names(
    cloud: LocalCloud, function: dict[str, str]
) -> None:
    """ministack's own are hashes of the ARNs, which everybody can compute who knows or guesses a function's name."""
    names = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    keys = {name: function[variable] for name, variable in names.items()}
    sts = client(cloud, "sts", **keys, aws_session_token=function["AWS_SESSION_TOKEN"])
    role = sts.get_caller_identity()["Arn"].split("/")[1]
    sts.close()
    lambda_client = client(cloud, "lambda")
    (made,) = lambda_client.list_functions()["Functions"]
    assert made["Role"].endswith(f"/{role}")
    digest = hashlib.sha256(f"{made['FunctionArn']}:{made['Role']}".encode()).hexdigest()
    guessed = {digest, hashlib.sha256(f"secret:{digest}".encode()).hexdigest()}
    assert not {function["AWS_SECRET_ACCESS_KEY"], function["AWS_SESSION_TOKEN"]} & guessed
    assert function["AWS_ACCESS_KEY_ID"] != f"ASIA{digest[:16].upper()}"
    lambda_client.close()
