"""The local cloud's own IAM decides what a caller may do with Image Builder."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from imagebuilder_local.cloud import LocalCloud

Connect = Callable[..., Any]


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connect]:
    """A function that makes a client of a service, with the credentials of the account's root or those given."""
    cloud = LocalCloud(tmp_path_factory.mktemp("iam") / "cloud")
    state = cloud.start()
    clients = []

    def connected(service: str, keys: tuple[str, str] | None = None) -> Any:
        key, secret = keys or (state.access_key_id, state.secret_access_key)
        make: Any = boto3.client  # typed for one service at a time
        clients.append(
            make(
                service,
                region_name=state.region,
                endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                verify=str(cloud.folder.certificate_authority),
            )
        )
        return clients[-1]

    yield connected
    for client in clients:
        client.close()
    cloud.stop()


@pytest.fixture
def user(connect: Connect) -> Callable[..., Any]:
    """A function that makes a user with this statement, perhaps within a boundary, and returns a client of theirs."""
    iam = connect("iam")
    name = f"user-{uuid.uuid4()}"

    def made(boundary: dict[str, Any] | None = None, **statement: Any) -> Any:
        if boundary is None:
            iam.create_user(UserName=name)
        else:
            policy = iam.create_policy(PolicyName=name, PolicyDocument=document(boundary))["Policy"]
            iam.create_user(UserName=name, PermissionsBoundary=policy["Arn"])
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document(statement))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return connect("imagebuilder", (key["AccessKeyId"], key["SecretAccessKey"]))

    return made


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"} | statement]})


def refused(client: Any) -> str:
    with pytest.raises(ClientError) as caught:
        client.list_image_pipelines()
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return f"{response['Error']['Code']}: {response['Error']['Message']}"


def allowed(client: Any) -> bool:
    return "imagePipelineList" in client.list_image_pipelines()


def test_root_may_do_everything(connect: Connect) -> None:
    assert allowed(connect("imagebuilder"))


def test_user_may_do_what_a_policy_allows(user: Callable[..., Any]) -> None:
    assert allowed(user(Action="imagebuilder:List*"))


def test_user_may_not_do_what_no_policy_allows(user: Callable[..., Any]) -> None:
    assert re.fullmatch(
        r"AccessDeniedException: User: arn:aws:iam::000000000000:user/user-\S+ is not authorized to perform: "
        r"imagebuilder:ListImagePipelines on resource: \*",
        refused(user(Action="imagebuilder:GetImagePipeline")),
    )


def test_boundary_limits_what_a_policy_allows(user: Callable[..., Any]) -> None:
    assert "AccessDeniedException" in refused(user({"Action": "iam:*"}, Action="imagebuilder:*"))


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("StringEquals", "aws:RequestedRegion", "us-east-1"),
        ("Bool", "aws:SecureTransport", "true"),
        ("Null", "aws:TagKeys", "true"),
        ("StringLike", "AWS:PrincipalArn", "arn:aws:iam::*:user/user-*"),
    ],
)
def test_condition_that_is_met_allows(user: Callable[..., Any], operator: str, key: str, value: str) -> None:
    assert allowed(user(Action="imagebuilder:*", Condition={operator: {key: value}}))


def test_condition_that_is_not_met_refuses(user: Callable[..., Any]) -> None:
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    assert "AccessDeniedException" in refused(user(Action="imagebuilder:*", Condition=elsewhere))


def test_key_that_nobody_has_is_refused(connect: Connect) -> None:
    client = connect("imagebuilder", ("AKIAIOSFODNN7EXAMPLE", "secret"))
    assert refused(client) == (
        "UnrecognizedClientException: The security token included in the request is invalid. This local cloud accepts "
        "only requests signed with its own access key: `. .local/env` sets it in a shell."
    )
