"""The script of `make smoke-aws` as tests start it."""

import json
import ssl
import subprocess
import urllib.request
from collections.abc import Callable

from support.cdk import Cdk

ACCOUNT = "000000000000"
"""Of the local cloud."""

Smoke = Callable[..., subprocess.Popen[str]]
"""Starts the script with arguments and variables."""


def order_faults(cdk: Cdk, operation: str, faults: list[dict[str, str]]) -> None:
    """Order faults of the cloud's Image Builder."""
    state = cdk.cloud.state()
    assert state is not None
    trusted = ssl.create_default_context(cafile=str(cdk.cloud.folder.certificate_authority))
    order = json.dumps({"operation": operation, "faults": faults}).encode()
    request = urllib.request.Request(f"{state.imagebuilder_endpoint}/_local/faults", order, method="POST")
    with urllib.request.urlopen(request, context=trusted) as response:
        assert response.status == 200
