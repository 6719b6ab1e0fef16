"""The script of `make smoke-aws` as tests start it."""

import json
import subprocess
from collections.abc import Callable

from imagebuilder_local.cloud.signed import ask
from support.cdk import Cdk

ACCOUNT = "000000000000"
"""Of the local cloud."""

Smoke = Callable[..., subprocess.Popen[str]]
"""Starts the script with arguments and variables."""


def order_faults(cdk: Cdk, operation: str, faults: list[dict[str, str]]) -> None:
    """Order faults of the cloud's Image Builder."""
    state = cdk.cloud.state()
    assert state is not None
    order = json.dumps({"operation": operation, "faults": faults}).encode()
    ask(state, cdk.cloud.folder, "/_local/faults", order)
