"""The function's code: what is in it, and that its hash is the same wherever and whenever it is made."""

import ast
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider.asset import PACKAGES, copy_packages

ROOT = Path(__file__).parents[2]
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


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder of installed packages, as pip leaves it."""
    site = tmp_path / "site"
    uncompiled = shutil.ignore_patterns("__pycache__")
    for root in (
        "constructs/cdk_imagebuilder_pipeline",
        "lambda/imagebuilder_model",
        "lambda/imagebuilder_pipeline_handler",
    ):
        shutil.copytree(ROOT / root, site / Path(root).name, ignore=uncompiled)
    crhelper = distribution("crhelper")
    for installed in ("crhelper", f"crhelper-{crhelper.version}.dist-info"):
        shutil.copytree(str(crhelper.locate_file(installed)), site / installed, ignore=uncompiled)
    return site


@contextmanager
def installed(*folders: Path) -> Iterator[None]:
    """Let the library be imported anew from these folders, and nothing else be installed."""
    library = "cdk_imagebuilder_pipeline"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if name.partition(".")[0] == library]:
            patch.delitem(sys.modules, name)
        others = [path for path in sys.path if "site-packages" not in path]
        patch.setattr(sys, "path", [*map(str, folders), *others])
        patch.setattr(sys, "dont_write_bytecode", True)
        yield
        for name in [name for name in sys.modules if name.partition(".")[0] == library]:
            del sys.modules[name]


def bundled(site: Path, tmp_path: Path, first: Path | None = None) -> Path:
    """Put the code together out of these packages."""
    target = tmp_path / "made"
    with installed(*([first] if first else []), site):
        asset = import_module("cdk_imagebuilder_pipeline.provider.asset")
        assert Path(str(asset.__file__)).is_relative_to(site)
        asset.copy_packages(target)
    return target


def refusal(site: Path, tmp_path: Path) -> str:
    """Return the error as Python prints it."""
    with pytest.raises(ValueError, match=r"^.") as error:
        bundled(site, tmp_path)
    return f"{type(error.value).__name__}: {error.value}"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def recorded(file: Path, change_to: bytes | None = None) -> str:
    """Return a file's hash as RECORD has it, after it is changed."""
    if change_to is not None:
        file.write_bytes(change_to)
    digest = base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


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
    kinds = {path.suffix or path.name for path in bundle.rglob("*") if path.is_file()}
    assert kinds == {".py", ".json", ".typed", ".txt", "LICENSE", "NOTICE"}
    assert [path.name for path in bundle.rglob("*.txt")] == ["LICENSE.txt"]


def test_zipped_bundle_is_under_120_kilobytes(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle.rglob("*")):
            archive.write(path, path.relative_to(bundle))
    assert (tmp_path / "code.zip").stat().st_size < 120_000


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


def test_content_is_the_same_from_packages_installed_elsewhere_at_another_time_with_other_modes(
    site: Path, tmp_path: Path, bundle: Path
) -> None:
    for path in site.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    (site / "crhelper" / "__pycache__").mkdir()
    (site / "crhelper" / "__pycache__" / "utils.cpython-311.pyc").write_bytes(b"other")
    assert content(bundled(site, tmp_path)) == content(bundle)


def test_folder_beside_the_app_never_ships(tmp_path: Path, bundle: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(bundle / package, tmp_path / package)
        with (tmp_path / package / "__init__.py").open("a") as file:
            file.write("SHADOWED = True\n")
    script = "from pathlib import Path; from cdk_imagebuilder_pipeline.provider.asset import copy_packages; copy_packages(Path('made'))"
    (tmp_path / "app.py").write_text(script)
    # Python puts the folder of the program before all others.
    subprocess.run([sys.executable, "app.py"], cwd=tmp_path, check=True)
    assert content(tmp_path / "made") == content(bundle)


STRAY = [
    ".env",
    "main.py~",
    "main.py.orig",
    "#main.py#",
    ".main.py.swp",
    ".hidden.py",
    ".idea/workspace.json",
    "id_rsa",
    "notes.txt",
    "LICENSE~",
    "__pycache__/main.cpython-311.pyc",
    "main.pyi",
    "data.json.gz",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_file_of_another_kind_is_left_out(package: str, site: Path, tmp_path: Path, bundle: Path) -> None:
    for name in STRAY:
        (site / package / name).parent.mkdir(exist_ok=True)
        (site / package / name).write_text("secret")
    assert content(bundled(site, tmp_path)) == content(bundle)


def test_file_that_crhelper_did_not_bring_is_left_out(site: Path, tmp_path: Path, bundle: Path) -> None:
    (site / "crhelper" / "added.py").write_text("import os\n")
    (site / "crhelper" / "linked.py").symlink_to("/etc/passwd")
    assert content(bundled(site, tmp_path)) == content(bundle)


def test_link_that_nothing_imports_is_left_out(site: Path, tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (site / "imagebuilder_model" / "secret").symlink_to(tmp_path / "secret")
    (site / "imagebuilder_model" / ".#model.py").symlink_to("nobody@nowhere:1")
    assert content(bundled(site, tmp_path)) == content(bundle)


@pytest.mark.parametrize("name", ["secret.py", "data/secret.json", "LICENSE.md", "secrets"])
def test_link_of_a_kind_that_ships_is_refused(name: str, site: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.mkdir()
    if "." in name:
        target /= "secret"
        target.write_text("secret")
    link = site / "imagebuilder_model" / name
    link.symlink_to(target)
    assert refusal(site, tmp_path) == (
        f"ValueError: {link} is a symbolic link: got a link to {target}, allowed are files and folders: "
        "put a copy in its place (uv: --link-mode=copy)"
    )


def test_changed_file_of_crhelper_is_refused(site: Path, tmp_path: Path) -> None:
    file = site / "crhelper" / "utils.py"
    before, after = recorded(file), recorded(file, b"import os\n")
    assert before != after
    assert refusal(site, tmp_path) == (
        f"ValueError: {file} is not the file that was installed: got {after}, allowed {before}: "
        "pip install --force-reinstall --no-deps crhelper==2.0.12"
    )


def test_lost_file_of_crhelper_is_refused(site: Path, tmp_path: Path) -> None:
    file = site / "crhelper" / "utils.py"
    before = recorded(file)
    file.unlink()
    assert refusal(site, tmp_path) == (
        f"ValueError: {file} is not the file that was installed: got no file, allowed {before}: "
        "pip install --force-reinstall --no-deps crhelper==2.0.12"
    )


def test_file_of_crhelper_without_a_hash_is_refused(site: Path, tmp_path: Path) -> None:
    (info,) = site.glob("crhelper-*.dist-info")
    kept = [line for line in (info / "RECORD").read_text().splitlines() if not line.startswith("crhelper/utils.py,")]
    (info / "RECORD").write_text("\n".join([*kept, "crhelper/utils.py,,", ""]))
    assert "allowed a hash in RECORD" in refusal(site, tmp_path)


def test_another_build_of_the_same_release_of_crhelper_is_refused(site: Path, tmp_path: Path) -> None:
    # As the head of its repository is: another program under the same version, with a RECORD of its own.
    file = site / "crhelper" / "utils.py"
    before, after = recorded(file), recorded(file, b"import os\n")
    (info,) = site.glob("crhelper-*.dist-info")
    (info / "RECORD").write_text((info / "RECORD").read_text().replace(before, after))
    said = refusal(site, tmp_path)
    assert said.startswith("ValueError: crhelper 2.0.12 is not the tested build: got files of sha256 ")
    assert said.endswith(": pip install --force-reinstall --no-deps crhelper==2.0.12")


def test_another_release_of_crhelper_is_refused(site: Path, tmp_path: Path) -> None:
    (info,) = site.glob("crhelper-*.dist-info")
    (info / "METADATA").write_text((info / "METADATA").read_text().replace("Version: 2.0.12", "Version: 2.0.11"))
    assert refusal(site, tmp_path) == (
        "ValueError: crhelper is not the tested release: got 2.0.11, allowed 2.0.12: "
        "pip install --force-reinstall --no-deps crhelper==2.0.12"
    )


def test_crhelper_without_a_record_is_refused(site: Path, tmp_path: Path) -> None:
    (info,) = site.glob("crhelper-*.dist-info")
    (info / "RECORD").unlink()
    assert refusal(site, tmp_path) == (
        "ValueError: crhelper has no record of its files: got no RECORD in its metadata, allowed is a package that pip or "
        "uv installed: pip install --force-reinstall --no-deps crhelper==2.0.12"
    )


def test_metadata_of_a_source_tree_beside_the_app_is_passed_over(site: Path, tmp_path: Path, bundle: Path) -> None:
    tree = tmp_path / "app"
    (tree / "crhelper.egg-info").mkdir(parents=True)
    (tree / "crhelper.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: crhelper\nVersion: 2.0.12\n")
    (tree / "crhelper.egg-info" / "SOURCES.txt").write_text("crhelper/__init__.py\n")
    assert content(bundled(site, tmp_path, first=tree)) == content(bundle)


def test_mismatch_stops_the_synth_with_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk_imagebuilder_pipeline.provider.asset.CRHELPER_RELEASE", "2.0.13")
    with pytest.raises(RuntimeError, match=r"crhelper is not the tested release: got 2\.0\.12"):
        hash_of_code(tmp_path / "cdk.out")


def test_licences_ship_with_what_they_are_of(bundle: Path) -> None:
    crhelper, botocore = distribution("crhelper"), distribution("botocore")
    for name in ("LICENSE", "NOTICE"):
        assert (bundle / "crhelper" / name).read_text() == crhelper.read_text(name)
    for name in ("LICENSE.txt", "NOTICE"):
        assert (bundle / "imagebuilder_model" / "data" / name).read_text() == botocore.read_text(name)
    assert (bundle / "imagebuilder_pipeline_handler" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    notice = (bundle / "imagebuilder_pipeline_handler" / "NOTICE").read_text()
    assert [folder for folder in PACKAGES if f"{folder}/" not in notice] == []


def test_bundling_imports_no_boto3() -> None:
    script = (
        "import sys, tempfile; from pathlib import Path; from cdk_imagebuilder_pipeline.provider.asset import copy_packages; "
        "copy_packages(Path(tempfile.mkdtemp())); sys.exit('boto3' in sys.modules or 'crhelper' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_missing_package_is_named_and_docker_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk_imagebuilder_pipeline.provider.asset.PACKAGES", ("not_installed",))
    with pytest.raises(ModuleNotFoundError, match="the package not_installed is not installed: install cdk-image"):
        copy_packages(tmp_path)
    with pytest.raises(RuntimeError, match="the package not_installed is not installed"):
        hash_of_code(tmp_path / "cdk.out")
