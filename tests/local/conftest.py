"""The emulated service on a free port, and a real boto3 client of it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer

Served = tuple[ImageBuilderServer, Any]
"""A server, and a client of it."""

OWN = "arn:aws:imagebuilder:us-east-1:000000000000:"


@pytest.fixture
def clock() -> SimpleNamespace:
    """The time of the service: a test moves `now`."""
    return SimpleNamespace(now=1_700_000_000.0)


@pytest.fixture
def service(clock: SimpleNamespace) -> ImageBuilder:
    """A service that knows an image recipe, a container recipe and an infrastructure configuration."""
    builder = ImageBuilder(clock=lambda: clock.now)
    for resource in ("image-recipe/web/1.0.0", "container-recipe/app/2.0.0", "infrastructure-configuration/small"):
        builder.register(OWN + resource)
    return builder


@pytest.fixture(scope="session")
def session() -> Iterator[boto3.Session]:
    """One session for all, since reading botocore's data is slow; it knows nothing of this user's settings."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            environment.setenv(name, "/dev/null")
        yield boto3.Session()


@pytest.fixture(scope="session")
def idle() -> Iterator[dict[boto3.Session, list[Served]]]:
    """Servers with their clients that no test uses: most tests take less time than it takes to make a client."""
    pairs: dict[boto3.Session, list[Served]] = defaultdict(list)
    yield pairs
    for server, client in chain.from_iterable(pairs.values()):
        client.close()
        server.stop()


@pytest.fixture
def connect(session: boto3.Session, idle: dict[boto3.Session, list[Served]]) -> Iterator[Callable[..., Any]]:
    """Serve a service and return a client of it that makes no retries."""
    taken: list[Served] = []

    def connected(service: ImageBuilder) -> Any:
        server, client = idle[session].pop() if idle[session] else _served(session)
        server.serve(service)
        taken.append((server, client))
        return client

    yield connected
    for _, client in taken:
        client.close()  # its connections: it can be used again
    idle[session] += taken


def _served(session: boto3.Session) -> Served:
    server = ImageBuilderServer(ImageBuilder())
    server.start()
    client = session.client(
        "imagebuilder",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=20),
    )
    return server, client


@pytest.fixture
def client(connect: Callable[..., Any], service: ImageBuilder) -> Any:
    return connect(service)


@pytest.fixture
def minimal() -> dict[str, Any]:
    """The least that CreateImagePipeline takes, less the token that the SDK fills in."""
    return {
        "name": "My Pipe",
        "imageRecipeArn": f"{OWN}image-recipe/web/1.0.0",
        "infrastructureConfigurationArn": f"{OWN}infrastructure-configuration/small",
    }


@pytest.fixture
def refusal() -> Callable[..., tuple[str, int]]:
    """Make a call that must fail and return the error's code and HTTP status as the SDK reads them."""

    def refused(call: Callable[..., object], **request: Any) -> tuple[str, int]:
        with pytest.raises(ClientError) as caught:
            call(**request)
        response: Any = caught.value.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    return refused
