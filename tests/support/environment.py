"""The function as one of Lambda's environments has it, with its own state."""

import importlib.util
import math
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from botocore.config import Config

from imagebuilder_pipeline_handler import answer, client, lifecycle, main, retry


def new_environment(shared: Any) -> ModuleType:
    """Return the function anew. It shares a client, for making one takes longer than a hundred events."""
    spec = importlib.util.spec_from_file_location("another_environment", main.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["_client"] = lambda: shared
    return module


@cache
def shared_client() -> Any:
    """Return the function's client, made with nothing of this user's own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, "/dev/null")
        patch.delenv("AWS_PROFILE", raising=False)
        return client.make_client()


def make_hasty() -> None:
    """Make seconds hundredths, for the rest of this process; what is tried, and in which order, stays."""
    patience = {kind: min(seconds, 10_000) / 10 for kind, seconds in retry._PATIENCE.items()}
    changes: list[tuple[ModuleType, str, Any]] = [
        (answer, "_LONGEST_PAUSE", 0.01),
        (answer, "_SECONDS_PER_TRY", 0.5),
        (retry, "_PAUSES", dict.fromkeys(retry._PAUSES, retry.Pauses(0.01, 2.0, 0.05))),
        (retry, "_PATIENCE", patience | {"busy": math.inf, "throttled": math.inf}),
        (lifecycle, "_CREATE_MAY_STILL_RUN", (0.01, 0.02, 0.1, 0.2)),
        (client, "_CONFIG", client._CONFIG.merge(Config(connect_timeout=1, read_timeout=0.5))),
    ]
    for module, name, value in changes:
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)
