"""Sends a response as botocore sends requests, so that the function's network is configured in one place.

The proxies (HTTPS_PROXY, NO_PROXY) and the certificates (AWS_CA_BUNDLE, `ca_bundle` of the configuration,
REQUESTS_CA_BUNDLE, else botocore's) are those of the calls to EC2 Image Builder.
"""

import logging
import os
import ssl
from contextlib import closing
from functools import cache
from typing import Any, Literal

import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session, create_urllib3_context, get_cert_path
from botocore.utils import get_environ_proxies

from imagebuilder_pipeline_handler.runtime.log import quiet_libraries

_log = logging.getLogger(__name__)
quiet_libraries()


class _Session(URLLib3Session):
    """botocore's HTTP session, with certificates that are read once and not for each connection."""

    def __init__(self, verify: Any, **options: Any) -> None:
        self._tls = tls_context(verify)
        super().__init__(verify, **options)

    def _get_ssl_context(self) -> ssl.SSLContext:
        return self._tls


def put(url: str, body: bytes, timeout: float) -> int:
    """Put a body without a content type and return the status. It follows no redirect and tries once."""
    # The signature of the URL covers an empty content type. The body is not read: it may never end.
    request = AWSRequest("PUT", url, {"Content-Type": ""}, body, stream_output=True)
    options: Any = {"proxies": get_environ_proxies(url), "timeout": timeout, "max_pool_connections": 1}
    # No connection is left open: Lambda freezes the process, and the other end would wait for it.
    with closing(_Session(_verify(), **options)) as session:
        response = session.send(request.prepare())
        response.raw.close()
        status: int = response.status_code
        return status


def prepare() -> None:
    """Read the certificates."""
    _verify()


@cache
def tls_context(verify: str | Literal[True]) -> ssl.SSLContext:  # noqa: ARG001 (what a context has read it trusts: one for each)
    """Return botocore's TLS context, which reads the same file only once: that takes 17 ms of a CPU."""
    context: ssl.SSLContext = create_urllib3_context()
    vars(context)["load_verify_locations"] = cache(context.load_verify_locations)
    return context


def _path(verify: Any) -> str | None:
    return get_cert_path(verify)  # it takes a path, which its stubs do not know


def _verify() -> str | Literal[True]:
    """Return what a client of botocore verifies certificates with.

    A configuration that cannot be read is ignored: the event that it makes fail has to get a response.
    """
    try:
        # The handlers of requests are not needed, and registering them takes 6 ms of a CPU.
        session = botocore.session.Session(include_builtin_handlers=False)
        bundle: str | None = session.get_config_variable("ca_bundle")
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") if bundle is None else bundle
        verify: str | Literal[True] = True if bundle is None else bundle
        # In the way in which urllib3 asks for it later.
        tls_context(verify).load_verify_locations(_path(verify), None, None)
    except (BotoCoreError, OSError) as error:
        _log.warning("the configured certificates cannot be read, so botocore's are used: %s", type(error).__name__)
        return True
    return verify
