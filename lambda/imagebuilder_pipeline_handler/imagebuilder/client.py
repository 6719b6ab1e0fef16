"""The client of EC2 Image Builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from imagebuilder_model import DATA_PATH
from imagebuilder_pipeline_handler.imagebuilder import retry

if TYPE_CHECKING:
    from mypy_boto3_imagebuilder import ImagebuilderClient as ImageBuilderClient

    from imagebuilder_pipeline_handler.runtime.clock import Timeouts
else:
    ImageBuilderClient = object

__all__ = ["ImageBuilderClient", "make_client"]


class _OwnData(Loader):
    """Loads our data only: botocore would search the folders of 400 services, and read the endpoints of all."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(DATA_PATH)], include_default_search_paths=False)

    def is_builtin_path(self, path: str) -> bool:  # noqa: ARG002 (botocore's signature)
        """Treat our data as built in: custom endpoint data would override botocore's rules."""
        return True


def make_client(timeouts: Timeouts) -> ImageBuilderClient:
    """Return a client of the bundled service model, whatever SDK the Lambda runtime has.

    It is the client that boto3 would make, without boto3, which takes longer to import than all of our code.
    """
    session = botocore.session.Session()
    session.register_component("data_loader", _OwnData())
    config = Config(
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        # botocore makes one attempt: `retry` decides about the next.
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    client: Any = session.create_client("imagebuilder", config=config)
    retry.extend(client)
    typed: ImageBuilderClient = client
    return typed
