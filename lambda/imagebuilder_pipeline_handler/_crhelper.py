"""crhelper without its polling, and so without boto3 and the three clients that it makes for that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["CfnResource", "no_clients"]


@contextmanager
def no_clients() -> Iterator[None]:
    """Keep CfnResource's constructor from making clients."""
    before = os.environ.get("AWS_SAM_LOCAL")
    os.environ["AWS_SAM_LOCAL"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["AWS_SAM_LOCAL"]
        else:
            os.environ["AWS_SAM_LOCAL"] = before


@contextmanager
def _no_boto3() -> Iterator[None]:
    """Let `import boto3` find an empty module: the real one takes a quarter of a cold start and is never used."""
    stands_in = sys.modules.setdefault("boto3", ModuleType("boto3"))
    try:
        yield
    finally:
        if not hasattr(stands_in, "client"):
            del sys.modules["boto3"]


with _no_boto3():
    from crhelper import CfnResource
