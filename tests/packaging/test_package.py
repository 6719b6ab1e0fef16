"""The wheel and the source distribution."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "cdk_imagebuilder_pipeline",
    "imagebuilder_pipeline_handler",
    "imagebuilder_model",
    "imagebuilder_local",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_wheel_holds_four_typed_packages_and_the_service_model(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert "imagebuilder_model/data/imagebuilder/2019-12-02/service-2.json" in names


def test_source_distribution_holds_the_sources_and_nothing_that_was_set_up(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        tops = {Path(name).parts[1] for name in sources.getnames() if len(Path(name).parts) > 1}
    assert {"constructs", "lambda", "local", "tests", "README.md", "LICENSE", "pyproject.toml"} <= tops
    assert not {".venv", "node_modules", ".local", "cdk.out"} & tops
