"""The function in this process, the emulator and CloudFormation's side behind real sockets."""

import os
import ssl
from collections.abc import Iterator

import pytest
import trustme
from support.clock import CLOCK, SkippingClock
from support.cloudformation import Resource, ResponseServer
from support.environment import new_handler
from support.registered import KINDS

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer
from imagebuilder_pipeline_handler.runtime.clock import Timeouts


@pytest.fixture
def service() -> ImageBuilder:
    """Image Builder with a few recipes and configurations to refer to."""
    service = ImageBuilder()
    for kind in KINDS:
        service.register(service.arn(kind))
    return service


@pytest.fixture(scope="session")
def emulator() -> Iterator[ImageBuilderServer]:
    """One server for all tests, so that one client does for them: making a client takes longer than most tests."""
    with ImageBuilderServer(ImageBuilder()) as server:
        yield server


@pytest.fixture(autouse=True)
def environment(emulator: ImageBuilderServer, service: ImageBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's environment: its client reaches the emulator and nothing of the user's own."""
    emulator.serve(service)
    monkeypatch.setenv("AWS_ENDPOINT_URL_IMAGEBUILDER", emulator.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", "127.0.0.1,no-such-host.invalid")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def patient(resource: Resource) -> None:
    """A function that waits longer for the service than these tests delay it."""
    resource.handler = new_handler(clock=SkippingClock(Timeouts(read=10), of=CLOCK))


@pytest.fixture
def hasty(resource: Resource) -> None:
    """A function whose attempts to send a response that nobody takes end soon."""
    resource.handler = new_handler(clock=SkippingClock(Timeouts(connect=0.5, read=0.5, response=0.4), of=CLOCK))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def authority_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("authority") / "ca.pem")
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def responses(
    authority_file: str, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ResponseServer]:
    """A ResponseURL over TLS that the function trusts."""
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    with ResponseServer(server_context) as server:
        yield server


@pytest.fixture
def resource(responses: ResponseServer) -> Resource:
    return Resource(new_handler(), responses)


@pytest.fixture
def minimal(service: ImageBuilder) -> dict[str, str]:
    """The fewest properties that make a pipeline."""
    return {
        "Name": "golden",
        "ImageRecipeArn": service.arn("image-recipe/golden/1.0.0"),
        "InfrastructureConfigurationArn": service.arn("infrastructure-configuration/golden"),
    }
