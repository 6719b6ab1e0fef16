"""The endpoints that a measured function calls: the emulator and the server behind the ResponseURL."""

import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import botocore
import trustme
from support.cloudformation import Resource, ResponseServer

from imagebuilder_bench.paths import VENV, WORK
from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer

_HOST: Final = "127.0.0.1"
TRUSTED_ALONE: Final = WORK / "trusted-alone.pem"
"""Trusts our servers only."""


@dataclass(frozen=True)
class TimedCall:
    """A request with the time at which it arrived."""

    at: float
    operation: str
    token: str
    succeeded: bool


class TimedImageBuilder(ImageBuilder):
    """Records when each request arrives."""

    def __init__(self, rate_limit: float | None = None) -> None:
        super().__init__(strict_references=False, rate_limit=rate_limit, clock=time.monotonic)
        self.timed: list[TimedCall] = []

    def call(
        self,
        operation: str,
        request: Mapping[str, Any],
        *,
        request_id: str | None = None,
        access_key: str | None = None,
    ) -> dict[str, Any]:
        """Handle a request."""
        at, succeeded = time.monotonic(), False
        try:
            response = super().call(operation, request, request_id=request_id, access_key=access_key)
            succeeded = True
        finally:
            self.timed.append(TimedCall(at, operation, request.get("clientToken", ""), succeeded))
        return response


@dataclass
class Services:
    """Both endpoints, and the environment of a function that calls them."""

    image_builder: TimedImageBuilder
    server: ImageBuilderServer
    responses: ResponseServer
    environment: dict[str, str]
    _names: int = field(default=0)

    def restart(self, rate_limit: float) -> None:
        """Replace the emulator with one that limits the rate, and close all connections."""
        self.server.stop()
        self.image_builder = TimedImageBuilder(rate_limit)
        self.server = ImageBuilderServer(self.image_builder, port=int(self.server.url.rpartition(":")[2]))
        self.server.start()

    def resource(self) -> Resource:
        """Return a new custom resource."""
        self._names += 1
        return Resource(lambda _event, _context: None, self.responses, logical_id=f"Pipeline{self._names}")

    def properties(self, **more: Any) -> dict[str, Any]:
        """Return the required properties of a pipeline with a unique name."""
        self._names += 1
        return {
            "Name": f"golden-{self._names}",
            "ImageRecipeArn": self.image_builder.arn("image-recipe/golden/1.0.0"),
            "InfrastructureConfigurationArn": self.image_builder.arn("infrastructure-configuration/golden"),
        } | more

    def create_event(self) -> dict[str, Any]:
        """Return the Create event of a new pipeline."""
        return self.resource().event("Create", self.properties())


@contextmanager
def services(*, tls: bool = False) -> Iterator[Services]:
    """Serve on loopback. The ResponseURL always uses HTTPS, the emulator only with `tls`."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(_HOST).configure_cert(context)
    # As many certificates as on AWS: loading them is part of a connection's cost.
    trusted = WORK / "trusted.pem"
    trusted.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes() + authority.cert_pem.bytes())
    authority.cert_pem.write_to_path(str(TRUSTED_ALONE))
    image_builder = TimedImageBuilder()
    server = ImageBuilderServer(image_builder, ssl_context=context if tls else None)
    with ResponseServer(context) as responses:
        aws = Services(image_builder, server, responses, _environment(server.url, responses, trusted))
        server.start()
        try:
            yield aws
        finally:
            aws.server.stop()


def _environment(endpoint: str, responses: ResponseServer, trusted: Path) -> dict[str, str]:
    return {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.defpath}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_SESSION_TOKEN": "example",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_ENDPOINT_URL_IMAGEBUILDER": endpoint,
        "AWS_CA_BUNDLE": str(trusted),
        "SSL_CERT_FILE": str(trusted),
        "NODE_EXTRA_CA_CERTS": str(trusted),
        "CUSTOM_RESOURCE_RESPONSE_HOSTS": _HOST,
        "BENCH_RESPONSE_PORT": str(responses.url.split(":")[2].split("/")[0]),
    }
