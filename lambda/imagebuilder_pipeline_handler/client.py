"""The Image Builder client that the function uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from imagebuilder_model import DATA_PATH
from imagebuilder_pipeline_handler import retry

if TYPE_CHECKING:
    from mypy_boto3_imagebuilder import ImagebuilderClient as ImageBuilderClient
else:
    ImageBuilderClient = object

__all__ = ["ImageBuilderClient", "make_client"]

# One attempt is all that botocore makes by itself: `retry` decides on the next. Its default timeouts of 60 s each are
# longer than the function has for a second attempt.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=12,
)


def make_client() -> ImageBuilderClient:
    """Return a client that speaks the bundled service model, whatever SDK the Lambda runtime carries."""
    core = botocore.session.Session()
    core.set_config_variable("data_path", str(DATA_PATH))
    client = boto3.session.Session(botocore_session=core).client("imagebuilder", config=_CONFIG)
    retry.extend(client)
    return client
