"""The function in this process, the emulator and CloudFormation's side behind real sockets."""

import math
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from botocore.config import Config
from support.cloudformation import Resource, ResponseServer

from imagebuilder_local.service import ImageBuilder, ImageBuilderServer
from imagebuilder_pipeline_handler import answer, client, http, lifecycle, main, retry

KINDS = (
    "image-recipe/golden/1.0.0",
    "image-recipe/other/1.0.0",
    "container-recipe/golden/1.0.0",
    "infrastructure-configuration/golden",
    "infrastructure-configuration/other",
    "distribution-configuration/golden",
)


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
def environment(
    emulator: ImageBuilderServer, service: ImageBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function's environment: its client reaches the emulator and nothing of the user's own."""
    emulator.serve(service)
    monkeypatch.setenv("AWS_ENDPOINT_URL_IMAGEBUILDER", emulator.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", "127.0.0.1,no-such-host.invalid")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(scope="session", autouse=True)
def own_client() -> Iterator[None]:
    """Leave no client of the emulator to other tests."""
    main._client.cache_clear()
    yield
    main._client.cache_clear()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client that waits longer for an answer than these tests delay it."""
    monkeypatch.setattr(client, "_CONFIG", client._CONFIG.merge(Config(read_timeout=10)))
    main._client.cache_clear()
    yield
    main._client.cache_clear()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths; what is tried, and in which order, stays."""
    monkeypatch.setattr(answer, "_LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(answer, "_SECONDS_PER_TRY", 3.0)
    monkeypatch.setattr(retry, "_PAUSES", dict.fromkeys(retry._PAUSES, retry.Pauses(0.01, 2.0, 0.05)))
    # No less than half a second: a busy machine takes its time between two attempts.
    patience = {kind: max(0.5, min(seconds, 10_000) / 100) for kind, seconds in retry._PATIENCE.items()}
    monkeypatch.setattr(retry, "_PATIENCE", patience | {"busy": math.inf, "throttled": math.inf})
    monkeypatch.setattr(lifecycle, "_CREATE_MAY_STILL_RUN", (0.01, 0.02, 0.1, 0.2))
    monkeypatch.setattr(client, "_CONFIG", client._CONFIG.merge(Config(connect_timeout=0.5, read_timeout=0.5)))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries of a ResponseURL that never answers end soon."""
    monkeypatch.setattr(answer, "_SECONDS_PER_TRY", 0.4)
    monkeypatch.setattr(answer, "_TRIES", 3)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def responses(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ResponseServer]:
    """A ResponseURL over TLS that the function trusts."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    http.tls_context.cache_clear()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ResponseServer(context) as server:
        yield server


@pytest.fixture
def resource(responses: ResponseServer) -> Resource:
    main.handler._latest.clear()  # what it remembers is another test's
    return Resource(main.handler, responses)


@pytest.fixture
def minimal(service: ImageBuilder) -> dict[str, str]:
    """The fewest properties that make a pipeline."""
    return {
        "Name": "golden",
        "ImageRecipeArn": service.arn("image-recipe/golden/1.0.0"),
        "InfrastructureConfigurationArn": service.arn("infrastructure-configuration/golden"),
    }
