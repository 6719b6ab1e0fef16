"""A fixture for pytest: an AWS of the test run's own, with the CDK CLI turned towards it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Every run of pytest in the environment imports this module, and few use the fixture.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagebuilder_local.cdk import Cdk


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Cdk]:
    """Start an AWS on this machine, on a free port, bootstrap it, and stop it at the end of the run.

    The tests of a run share it: give their stacks different names, or destroy them. Needs the extra `local`, and the
    CDK CLI in the project's `node_modules` or on the PATH; CdkError says so when it is not there.
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
