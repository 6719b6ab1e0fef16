"""crhelper's frame without its polling, and so without boto3 and the three clients that it makes for that."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from imagebuilder_pipeline_handler.runtime.log import quiet_libraries

__all__ = ["CfnResource", "without_side_effects"]


@contextmanager
def without_side_effects() -> Iterator[None]:
    """Keep CfnResource's constructor from making clients, and from setting the levels that Lambda has set."""
    before, level = os.environ.get("AWS_SAM_LOCAL"), logging.root.level
    os.environ["AWS_SAM_LOCAL"] = "true"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("AWS_SAM_LOCAL", None)
        else:
            os.environ["AWS_SAM_LOCAL"] = before
        logging.root.setLevel(level)
        quiet_libraries()


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
