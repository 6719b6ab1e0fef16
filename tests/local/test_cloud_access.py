"""Only who has the access key of a local cloud can do something with it: others on the machine can reach its ports."""

import json
import os
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from support.cdk import ROOT

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings
from imagebuilder_local.cloud.state import State

WAY_OUT = "This local cloud accepts only requests signed with its own access key: `. .local/env` sets it in a shell."
KNOWN_BY_EVERYBODY = [("test", "test"), ("000000000000", "test"), ("AKIAIOSFODNN7EXAMPLE", "secret")]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path_factory.mktemp("access") / "cloud")
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def state(cloud: LocalCloud) -> State:
    found = cloud.state()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def connect(cloud: LocalCloud, state: State) -> Iterator[Callable[..., Any]]:
    """A function that makes a client, with the access key of the cloud or another one."""
    clients = []

    def connected(service: str, key: str | None = None, secret: str | None = None, token: str | None = None) -> Any:
        make: Any = boto3.client  # typed for one service at a time
        clients.append(
            make(
                service,
                region_name=state.region,
                endpoint_url=state.imagebuilder_endpoint if service == "imagebuilder" else state.endpoint,
                aws_access_key_id=key or state.access_key_id,
                aws_secret_access_key=secret or state.secret_access_key,
                aws_session_token=token,
                verify=str(cloud.folder.certificate_authority),
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
        )
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


@pytest.fixture
def ask(cloud: LocalCloud) -> Callable[..., tuple[int, bytes]]:
    """A function that sends a request that nobody signed."""
    trusted = ssl.create_default_context(cafile=str(cloud.folder.certificate_authority))

    def asked(method: str, url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, body, given, method=method)
        try:
            with urllib.request.urlopen(request, context=trusted) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    return asked


def refused(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    response: Any = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return f"{response['Error']['Code']}: {response['Error']['Message']}"


def test_access_key_is_another_one_for_each_cloud_and_is_not_shown(cloud: LocalCloud, state: State) -> None:
    assert len(state.access_key_id) == 21
    assert len(state.secret_access_key) == 40
    assert state.secret_access_key not in repr(state)
    settings = client_settings(state, cloud.folder)
    assert settings["AWS_ACCESS_KEY_ID"] == state.access_key_id
    assert settings["AWS_SECRET_ACCESS_KEY"] == state.secret_access_key
    again = LocalCloud(cloud.folder.path.with_name("again"))
    other = again.start()
    again.stop()
    assert (state.access_key_id, state.secret_access_key) != (other.access_key_id, other.secret_access_key)


@pytest.mark.parametrize(("key", "secret"), KNOWN_BY_EVERYBODY)
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudformation", "list_stacks"),  # XML, by form
        ("s3", "list_buckets"),  # XML
        ("lambda", "list_functions"),  # JSON, by path
        ("ssm", "describe_parameters"),  # JSON, by header
        ("sts", "get_caller_identity"),
        ("imagebuilder", "list_image_pipelines"),
    ],
)
def test_key_that_is_not_the_clouds_is_refused(
    connect: Callable[..., Any], key: str, secret: str, service: str, operation: str
) -> None:
    assert refused(getattr(connect(service, key, secret), operation)) == (
        f"UnrecognizedClientException: The security token included in the request is invalid. {WAY_OUT}"
    )


@pytest.mark.parametrize("service", ["cloudformation", "s3", "imagebuilder"])
def test_signature_with_another_secret_is_refused(connect: Callable[..., Any], service: str) -> None:
    operation = {"cloudformation": "list_stacks", "s3": "list_buckets", "imagebuilder": "list_image_pipelines"}
    told = refused(getattr(connect(service, secret="guessed"), operation[service]))
    assert told.startswith("SignatureDoesNotMatch: The request signature we calculated does not match")
    assert told.endswith(WAY_OUT)


def test_nobody_else_can_run_code(connect: Callable[..., Any]) -> None:
    zipped = BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): open('/tmp/pwned', 'w')")
    refused(
        connect("lambda", "test", "test").create_function,
        FunctionName="pwned",
        Role="arn:aws:iam::000000000000:role/pwned",
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zipped.getvalue()},
    )
    assert connect("lambda").list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/bucket/key", {}),
        ("PUT", "/bucket", {}),
        ("POST", "/_ministack/config", {}),
        ("POST", "/_ministack/reset", {}),
        ("GET", "/_ministack/lambda-code/pwned", {}),
        ("GET", "/_localstack/health", {}),
        ("OPTIONS", "/", {"Origin": "https://attacker.example"}),
        ("GET", "/latest/meta-data/iam/security-credentials/", {}),
        ("POST", "/_ministack/rds/iam-auth", {}),
        ("GET", "/", {"Host": "abc.lambda-url.us-east-1.localhost"}),
        ("GET", "/_ministack/health/../config", {}),
        ("POST", "/_ministack/health", {}),
        ("PUT", "/_ministack/cfn-response/../../bucket", {}),
        ("GET", "/", {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/aws4_request"}),
        ("GET", "/", {"Authorization": "AWS test:signature"}),
        ("GET", "/?X-Amz-Credential=test/20200101/us-east-1/s3/aws4_request&X-Amz-Signature=0", {}),
        ("GET", "/bucket/key?AWSAccessKeyId=test&Signature=0&Expires=9999999999", {}),
    ],
)
def test_request_that_nobody_signed_is_refused(
    ask: Callable[..., tuple[int, bytes]], state: State, method: str, path: str, headers: dict[str, str]
) -> None:
    status, body = ask(method, f"{state.endpoint}{path}", **headers)
    assert status == 403
    assert WAY_OUT.encode() in body


@pytest.mark.parametrize(("method", "path"), [("GET", "/_local/state"), ("POST", "/_local/faults"), ("GET", "/x")])
def test_emulators_own_paths_are_refused_to_who_does_not_sign(
    ask: Callable[..., tuple[int, bytes]], state: State, method: str, path: str
) -> None:
    status, body = ask(method, f"{state.imagebuilder_endpoint}{path}", b"{}" if method == "POST" else None)
    assert status == 403
    assert WAY_OUT.encode() in body


@pytest.mark.parametrize("path", ["/_ministack/health", "/_ministack/ready"])
def test_whether_it_lives_is_told_to_everybody(ask: Callable[..., tuple[int, bytes]], state: State, path: str) -> None:
    assert ask("GET", f"{state.endpoint}{path}")[0] == 200


def test_response_to_cloudformation_needs_only_its_url_and_reaches_nothing_else(
    ask: Callable[..., tuple[int, bytes]], state: State
) -> None:
    url = f"{state.endpoint}/_ministack/cfn-response/3f1a"
    assert ask("PUT", url, b"{}")[0] == 200  # as a late one of nobody's is taken
    assert ask("PUT", url, b"{}", Host="abc.lambda-url.us-east-1.localhost")[0] == 200
    assert ask("PUT", url, b" " * (2**18 + 1))[0] == 413


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_url_is_taken_as_long_as_it_lasts(
    connect: Callable[..., Any], ask: Callable[..., tuple[int, bytes]], cloud: LocalCloud, state: State, version: str
) -> None:
    connect("s3").create_bucket(Bucket="presigned")
    connect("s3").put_object(Bucket="presigned", Key="a file", Body=b"content")
    make: Any = boto3.client
    signer = make(
        "s3",
        region_name=state.region,
        endpoint_url=state.endpoint,
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
        config=Config(signature_version=version, proxies={}),
    )
    target = {"Bucket": "presigned", "Key": "a file"}
    url = signer.generate_presigned_url("get_object", target, ExpiresIn=600)
    assert ask("GET", url) == (200, b"content")
    assert ask("GET", url.replace("presigned/", "presigned/another"))[0] == 403
    assert ask("PUT", url, b"changed")[0] == 403
    status, body = ask("GET", signer.generate_presigned_url("get_object", target, ExpiresIn=-60))
    assert (status, b"Request has expired" in body) == (403, True)
    put = signer.generate_presigned_url("put_object", target, ExpiresIn=600)
    assert ask("PUT", put, b"changed", Content_Type="")[0] == 200
    assert ask("GET", url) == (200, b"changed")
    signer.close()


def test_assumed_role_is_let_in_and_its_key_alone_is_not(connect: Callable[..., Any]) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "000000000000"}}
    may = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = connect("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    connect("iam").put_role_policy(
        RoleName="r", PolicyName="p", PolicyDocument=json.dumps(document | {"Statement": [may]})
    )
    keys = connect("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    key, secret, token = keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
    assert "Buckets" in connect("s3", key, secret, token).list_buckets()
    assert "AccessDenied" in refused(connect("imagebuilder", key, secret, token).list_image_pipelines)
    assert "SignatureDoesNotMatch" in refused(connect("s3", key, "guessed", token).list_buckets)
    assert "InvalidToken" in refused(connect("s3", key, secret, "guessed").list_buckets)
    assert "InvalidToken" in refused(connect("imagebuilder", key, secret).list_image_pipelines)


def test_request_that_names_two_keys_is_refused(
    ask: Callable[..., tuple[int, bytes]], connect: Callable[..., Any], state: State
) -> None:
    connect("iam").create_user(UserName="u")
    key = connect("iam").create_access_key(UserName="u")["AccessKey"]
    request = AWSRequest("GET", f"{state.endpoint}/", headers={"Host": urlsplit(state.endpoint).netloc})
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "s3", state.region).add_auth(request)
    headers = dict(request.headers.items())
    scope = headers["Authorization"].partition("/")[2].partition(",")[0]
    root = f"AWS4-HMAC-SHA256 Credential={state.access_key_id}/{scope}, "
    headers["Authorization"] = headers["Authorization"].replace("AWS4-HMAC-SHA256 ", root)
    status, body = ask("GET", f"{state.endpoint}/", **headers)
    assert status == 403
    assert b"The request has two access keys" in body


def test_body_that_the_signature_does_not_cover_is_refused(ask: Callable[..., tuple[int, bytes]], state: State) -> None:
    url = f"{state.endpoint}/"
    form = "Action=CreateUser&UserName=signed&Version=2010-05-08"
    request = AWSRequest("POST", url, data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    key = Credentials(state.access_key_id, state.secret_access_key)
    SigV4Auth(key, "iam", state.region).add_auth(request)
    headers = dict(request.headers.items())
    status, body = ask("POST", url, form.replace("signed", "other").encode(), **headers)
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    assert ask("POST", url, form.encode(), **headers)[0] == 200


def test_body_of_an_unknown_key_is_not_waited_for(cloud: LocalCloud, state: State) -> None:
    trusted = ssl.create_default_context(cafile=str(cloud.folder.certificate_authority))
    place = urlsplit(state.endpoint)
    with (
        socket.create_connection((place.hostname, place.port), timeout=60) as raw,
        trusted.wrap_socket(raw, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(b"PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\nx")
        assert client.recv(12) == b"HTTP/1.1 403"


def test_refusals_leave_nothing_in_the_log(
    ask: Callable[..., tuple[int, bytes]], cloud: LocalCloud, state: State
) -> None:
    before = cloud.folder.log.stat().st_size
    for url in (f"{state.endpoint}/flood", f"{state.imagebuilder_endpoint}/flood"):
        assert ask("GET", url)[0] == 403
    assert cloud.folder.log.stat().st_size == before


def test_shell_of_another_environment_gets_nothing(cloud: LocalCloud, state: State) -> None:
    settings = client_settings(state, cloud.folder)
    command = ["aws", "cloudformation", "list-stacks"]
    path = f"{ROOT / '.venv-aws' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    mine = subprocess.run(command, env=settings | {"PATH": path}, capture_output=True, text=True, check=False)
    assert mine.returncode == 0, mine.stderr
    theirs = settings | {"PATH": path, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(command, env=theirs, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert WAY_OUT in done.stderr
