"""pytest fixture: a local cloud for the test run, with the CDK CLI configured for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Every pytest run in the environment imports this module, but few use the fixture.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagebuilder_local.cdk import Cdk


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Cdk]:
    """Start a local cloud on a free port, bootstrap it, and stop it at the end of the test run.

    All tests of a run share it: use different stack names, or destroy the stacks. It requires the extra `local`, and
    the CDK CLI in the project's `node_modules` or on the PATH; CdkError if the CLI is missing.
    """
    from imagebuilder_local.cdk import Cdk
    from imagebuilder_local.cloud import LocalCloud

    folder = tmp_path_factory.mktemp("local-cloud")
    cloud = LocalCloud(folder / "cloud")
    cloud.start()
    try:
        cdk = Cdk(cloud, folder, pytestconfig.rootpath)
        cdk.bootstrap()
        yield cdk
    finally:
        cloud.stop()
