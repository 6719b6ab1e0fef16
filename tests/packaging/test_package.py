"""The wheel and the source distribution."""

import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "cdk_imagebuilder_pipeline",
    "imagebuilder_pipeline_handler",
    "imagebuilder_model",
    "imagebuilder_local",
}


def test_wheel_holds_four_typed_packages_and_the_service_model(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert "imagebuilder_model/data/imagebuilder/2019-12-02/service-2.json" in names


def test_wheel_holds_the_licences_of_everything_that_ships_to_lambda(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        licences = {
            name.partition("/licenses/")[2]: archive.read(name).decode()
            for name in archive.namelist()
            if ".dist-info/licenses/" in name
        }
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        named = set(Parser().parsestr(archive.read(metadata).decode()).get_all("License-File", []))
        shipped = {name: archive.read(name).decode() for name in archive.namelist()}
    crhelper, botocore = distribution("crhelper"), distribution("botocore")
    of_data = "lambda/imagebuilder_model/data"
    assert licences == {
        "LICENSE": (ROOT / "LICENSE").read_text(),
        "licenses/crhelper/LICENSE": crhelper.read_text("LICENSE"),
        "licenses/crhelper/NOTICE": crhelper.read_text("NOTICE"),
        f"{of_data}/LICENSE.txt": botocore.read_text("LICENSE.txt"),
        f"{of_data}/NOTICE": botocore.read_text("NOTICE"),
        "lambda/imagebuilder_pipeline_handler/NOTICE": shipped["imagebuilder_pipeline_handler/NOTICE"],
    }
    assert named == licences.keys()
    # Where the function's code is put together from.
    assert shipped["imagebuilder_model/data/LICENSE.txt"] == botocore.read_text("LICENSE.txt")
    assert shipped["imagebuilder_model/data/NOTICE"] == botocore.read_text("NOTICE")
    assert shipped["imagebuilder_pipeline_handler/LICENSE"] == (ROOT / "LICENSE").read_text()


def test_source_distribution_holds_the_sources_and_nothing_that_was_set_up(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        tops = {Path(name).parts[1] for name in sources.getnames() if len(Path(name).parts) > 1}
    assert {"constructs", "lambda", "local", "tests", "README.md", "LICENSE", "pyproject.toml"} <= tops
    assert not {".venv", "node_modules", ".local", "cdk.out"} & tops
