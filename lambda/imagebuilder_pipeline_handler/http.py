"""Sends a response in the way in which botocore sends requests: one source for the function's network.

Its proxies (HTTPS_PROXY, NO_PROXY) and its certificates (AWS_CA_BUNDLE, `ca_bundle` of the configuration,
REQUESTS_CA_BUNDLE, else its own) are those of the calls to EC2 Image Builder.
"""

import os
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies


def put(url: str, body: bytes, timeout: float) -> int:
    """Put a body without a content type and return the status. It follows no redirect and tries once."""
    # The signature of the URL covers an empty content type.
    request = AWSRequest(method="PUT", url=url, data=body, headers={"Content-Type": ""})
    session = _session(tuple(get_environ_proxies(url).items()), timeout)
    try:
        status: int = session.send(request.prepare()).status_code
        return status
    finally:
        # No connection is left open: Lambda freezes the process, and the other end would wait for it.
        session.close()


def prepare(timeout: float) -> None:
    """Make the session that is used where no proxy is set."""
    _session((), timeout)


# Kept, because looking for the certificates reads the configuration. They themselves are read for each connection.
@cache
def _session(proxies: tuple[tuple[str, str], ...], timeout: float) -> URLLib3Session:
    options: Any = {"verify": _verify(), "timeout": timeout}  # botocore takes more than its stubs say
    return URLLib3Session(proxies=dict(proxies), max_pool_connections=1, **options)


def _verify() -> bool | str:
    bundle: str | None = botocore.session.Session().get_config_variable("ca_bundle")
    return bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True
