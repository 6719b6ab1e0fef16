"""The Image Builder client that the function uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

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


class _OwnData(Loader):
    """Sees no data but ours: botocore would look through 400 services' folders, and read the endpoints of them all."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(DATA_PATH)], include_default_search_paths=False)

    def is_builtin_path(self, path: str) -> bool:  # noqa: ARG002 (botocore's signature)
        """Say that it is botocore's own: endpoints that are somebody's would count for more than its rules."""
        return True


def make_client() -> ImageBuilderClient:
    """Return a client that speaks the bundled service model, whatever SDK the Lambda runtime carries.

    It is the client that boto3 would give, without boto3, which takes longer to import than all that is ours.
    """
    session = botocore.session.Session()
    session.register_component("data_loader", _OwnData())
    client: Any = session.create_client("imagebuilder", config=_CONFIG)
    retry.extend(client)
    typed: ImageBuilderClient = client
    return typed
