"""The function's code: what is in it, and that its hash is the same wherever and whenever it is made."""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import ImagePipelineProvider
from cdk_imagebuilder_pipeline.asset import PACKAGES, copy_packages

OF_THE_RUNTIME = {"boto3", "botocore", "urllib3", "dateutil", "jmespath", "s3transfer"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bundle")
    copy_packages(target)
    return target


def hash_of_code(outdir: Path) -> str:
    app = cdk.App(outdir=str(outdir))
    ImagePipelineProvider(cdk.Stack(app, "Stack"), "Provider")
    app.synth()
    (asset,) = outdir.glob("asset.*")
    assert (asset / "imagebuilder_pipeline_handler" / "main.py").is_file()
    return asset.name


def imported(file: Path) -> Iterator[str]:
    """Yield the top-level packages that a file imports when it runs, not those that only type checkers read."""
    waiting: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=otherwise):
                waiting.extend(otherwise)
                continue
            case ast.Import(names=names):
                yield from (name.name.split(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case _:
                pass
        waiting.extend(ast.iter_child_nodes(node))


def test_bundle_imports_itself_the_standard_library_and_what_the_runtime_has(bundle: Path) -> None:
    known = set(PACKAGES) | sys.stdlib_module_names | OF_THE_RUNTIME
    found = {name for file in bundle.rglob("*.py") for name in imported(file)}
    assert found - known == set()


def test_bundle_holds_the_three_packages_and_the_model_and_nothing_compiled(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == list(PACKAGES)
    assert (bundle / "imagebuilder_model/data/imagebuilder/2019-12-02/service-2.json").is_file()
    assert {path.suffix for path in bundle.rglob("*") if path.is_file()} == {".py", ".json", ".typed"}


def test_zipped_bundle_is_under_100_kilobytes(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle.rglob("*")):
            archive.write(path, path.relative_to(bundle))
    assert (tmp_path / "code.zip").stat().st_size < 100_000


def test_every_file_of_the_bundle_may_be_read_by_the_user_of_the_function(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        copy_packages(tmp_path)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()} == {0o755}


def test_hash_is_the_same_twice_and_in_another_folder(tmp_path: Path) -> None:
    assert hash_of_code(tmp_path / "one") == hash_of_code(tmp_path / "two" / "deeper")


def test_hash_is_the_same_from_packages_installed_elsewhere_at_another_time_with_other_modes(
    tmp_path: Path, bundle: Path
) -> None:
    installed = tmp_path / "site"
    shutil.copytree(bundle, installed)
    for path in installed.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    (installed / "crhelper" / "__pycache__").mkdir()
    (installed / "crhelper" / "__pycache__" / "utils.cpython-311.pyc").write_bytes(b"other")
    script = (
        "import sys; from pathlib import Path; sys.path[:0] = sys.argv[1:2]; "
        "from cdk_imagebuilder_pipeline.asset import copy_packages; copy_packages(Path(sys.argv[2]))"
    )
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-c", script, str(installed), str(other)], check=True)
    listed = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (bundle, other)
    ]
    assert listed[0] == listed[1]


def test_bundling_imports_no_boto3() -> None:
    script = (
        "import sys, tempfile; from pathlib import Path; from cdk_imagebuilder_pipeline.asset import copy_packages; "
        "copy_packages(Path(tempfile.mkdtemp())); sys.exit('boto3' in sys.modules or 'crhelper' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_missing_package_is_named_and_docker_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk_imagebuilder_pipeline.asset.PACKAGES", ("not_installed",))
    with pytest.raises(ModuleNotFoundError, match="the package not_installed is not installed: install cdk-image"):
        copy_packages(tmp_path)
    with pytest.raises(RuntimeError, match="the package not_installed is not installed"):
        hash_of_code(tmp_path / "cdk.out")
