"""The Image Builder client that the function uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from imagebuilder_model import DATA_PATH

if TYPE_CHECKING:
    from mypy_boto3_imagebuilder import ImagebuilderClient as ImageBuilderClient
else:
    ImageBuilderClient = object

__all__ = ["ImageBuilderClient", "make_client"]

# botocore's `legacy` mode is the one that retries this service's CallRateLimitExceededException (429); `standard` and
# `adaptive` do not. The default timeouts of 60 s each are longer than the function has for a retry.
_CONFIG = Config(
    retries={"mode": "legacy", "total_max_attempts": 6},
    connect_timeout=5,
    read_timeout=20,
)


def make_client() -> ImageBuilderClient:
    """Return a client that speaks the bundled service model, whatever SDK the Lambda runtime carries."""
    core = botocore.session.Session()
    core.set_config_variable("data_path", str(DATA_PATH))
    return boto3.session.Session(botocore_session=core).client("imagebuilder", config=_CONFIG)
