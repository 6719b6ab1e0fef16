"""What `make dist` builds, deployed to an empty local cloud by a person who has the AWS CLI and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.author import IMPATIENCE, ROOT, Author
from tools.dist import main

from imagebuilder_local.cloud import LocalCloud


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that `make dist` builds, built in this process; test_dist.py holds the command against it."""
    folder = tmp_path_factory.mktemp("dist") / "imagebuilder-pipeline-provider"
    main(folder)
    return folder


@pytest.fixture(scope="session")
def author(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[Author]:
    """A cloud where the provider is deployed."""
    with before_an_empty_cloud(tmp_path_factory, dist) as author:
        author.sh("aws s3 mb s3://templates")
        author.sh(
            "aws cloudformation package --template-file imagebuilder-pipeline-provider/provider.yaml "
            "--s3-bucket templates --output-template-file provider.yaml"
        )
        author.sh(
            "aws cloudformation deploy --capabilities CAPABILITY_IAM --stack-name provider --template-file provider.yaml"
        )
        yield author


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[Author]:
    """An empty cloud."""
    with before_an_empty_cloud(tmp_path_factory, dist) as author:
        yield author


@contextmanager
def before_an_empty_cloud(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[Author]:
    """Put an author with the AWS CLI, the examples and what `make dist` builds before a cloud."""
    folder = tmp_path_factory.mktemp("author")
    shutil.copytree(ROOT / "cloudformation", folder, dirs_exist_ok=True)
    shutil.copytree(dist, folder / dist.name)
    # The page's paths are those of a clone.
    shutil.copytree(ROOT / "cloudformation", folder / "cloudformation")
    shutil.copytree(dist, folder / "dist" / dist.name)
    path = tmp_path_factory.mktemp("bin")
    (path / "aws").symlink_to(ROOT / ".venv-aws" / "bin" / "aws")
    (path / "impatience").mkdir()
    (path / "impatience" / "sitecustomize.py").write_text(IMPATIENCE)
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud") / "cloud")
    cloud.start()
    try:
        yield Author(cloud, folder, path)
        log = cloud.folder.log.read_text()
        assert "cfn-response" not in log, "a ResponseURL is in the log"
        assert "Traceback" not in log
    finally:
        cloud.stop()
