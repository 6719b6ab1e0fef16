"""Where the repository is, and the CDK CLI that users' tests have as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagebuilder_local.cdk import Cdk, CdkError
from imagebuilder_local.cloud import LocalCloud

__all__ = ["ROOT", "Cdk", "CdkError", "bootstrapped"]

ROOT = Path(__file__).parents[2]


@contextmanager
def bootstrapped(folder: Path, cloud_folder: str = "cloud") -> Iterator[Cdk]:
    """Run a local cloud in a folder, bootstrapped, and return the CDK CLI before it."""
    cloud = LocalCloud(folder / cloud_folder)
    cloud.start()
    try:
        cli = Cdk(cloud, folder)
        cli.bootstrap()
        yield cli
    finally:
        cloud.stop()
