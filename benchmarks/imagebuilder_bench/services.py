"""AWS's side of a function, in this process: the emulator and the server behind the ResponseURL."""

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

from imagebuilder_bench.paths import VENV
from imagebuilder_local.service import ImageBuilder, ImageBuilderServer

HOST: Final = "127.0.0.1"
TRUSTED: Final = "trusted.pem"
TRUSTED_ALONE: Final = "trusted-alone.pem"
"""The certificate that our servers need and no other one."""


@dataclass(frozen=True)
class TimedCall:
    """A request: when it arrived, what it asked for, its token, and whether it was granted."""

    at: float
    operation: str
    token: str
    succeeded: bool


class TimedImageBuilder(ImageBuilder):
    """Remembers when each request arrived."""

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
        """Answer a request."""
        at, succeeded = time.monotonic(), False
        try:
            response = super().call(operation, request, request_id=request_id, access_key=access_key)
            succeeded = True
        finally:
            self.timed.append(TimedCall(at, operation, request.get("clientToken", ""), succeeded))
        return response


@dataclass
class Services:
    """What a function talks to."""

    image_builder: TimedImageBuilder
    server: ImageBuilderServer
    responses: ResponseServer
    environment: dict[str, str]
    _made: int = field(default=0)

    def begin_anew(self, rate_limit: float) -> None:
        """Put a new service, with a limit, in place of the one that served; every connection to that one ends."""
        self.server.stop()
        self.image_builder = TimedImageBuilder(rate_limit)
        self.server = ImageBuilderServer(self.image_builder, port=int(self.server.url.rpartition(":")[2]))
        self.server.start()

    def resource(self) -> Resource:
        """Return a custom resource of which nothing has been sent yet."""
        self._made += 1
        return Resource(lambda _event, _context: None, self.responses, logical_id=f"Pipeline{self._made}")

    def properties(self, **more: Any) -> dict[str, Any]:
        """Return the fewest properties that make a pipeline, with a name that no other one has."""
        self._made += 1
        return {
            "Name": f"golden-{self._made}",
            "ImageRecipeArn": self.image_builder.arn("image-recipe/golden/1.0.0"),
            "InfrastructureConfigurationArn": self.image_builder.arn("infrastructure-configuration/golden"),
        } | more

    def create_event(self) -> dict[str, Any]:
        """Return the Create of a new pipeline."""
        return self.resource().event("Create", self.properties())


@contextmanager
def services(folder: Path, *, tls: bool = False) -> Iterator[Services]:
    """Serve on loopback. The ResponseURL is always HTTPS, the Image Builder endpoint when `tls` is set."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    # As long as what clients trust on AWS: reading it is a part of what a connection costs.
    trusted = folder / TRUSTED
    trusted.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes() + authority.cert_pem.bytes())
    authority.cert_pem.write_to_path(str(folder / TRUSTED_ALONE))
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
    """Return the environment of a function in Lambda, whose calls come here."""
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
        "CUSTOM_RESOURCE_RESPONSE_HOSTS": HOST,
        "BENCH_RESPONSE_PORT": str(responses.url.split(":")[2].split("/")[0]),
    }
