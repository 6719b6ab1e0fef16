"""A ResponseURL over TLS that functions trust."""

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_pipeline_handler.runtime import http
from support.cloudformation import ResponseServer


@contextmanager
def secure_responses() -> Iterator[ResponseServer]:
    """Serve a ResponseURL that functions of this process, and of those that it starts meanwhile, trust and may answer."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        authority.cert_pem.write_to_path(str(Path(folder) / "ca.pem"))
        patch.setenv("AWS_CA_BUNDLE", str(Path(folder) / "ca.pem"))
        patch.setenv("CUSTOM_RESOURCE_RESPONSE_HOSTS", "127.0.0.1")
        http.tls_context.cache_clear()
        with ResponseServer(context) as server:
            yield server


@contextmanager
def cloud_responses(cloud: LocalCloud) -> Iterator[ResponseServer]:
    """Serve a ResponseURL that functions in a local cloud trust and may answer."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cloud.folder.server_certificate)
    with ResponseServer(context) as server:
        yield server
