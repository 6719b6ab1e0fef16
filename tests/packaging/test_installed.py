"""The wheel and the source distribution as their users have them: installed somewhere else, with no repository around."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from cdk_imagebuilder_pipeline.provider.asset import copy_packages
from imagebuilder_local.cloud import LocalCloud

pytestmark = pytest.mark.timeout(600)

ROOT: Final = Path(__file__).parents[2]
UV: Final = Path(sys.executable).with_name("uv")
# Of the releases that the lock names: what comes out tomorrow is not to make a test red that is about what is ours.
LOCKED: Final = ["--constraint", str(ROOT / "requirements" / "dev.txt")]

CACHE: Final = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
NAME: Final = "cdk-imagebuilder-pipeline"

WHAT_IS_INSIDE: Final = textwrap.dedent("""
    from importlib.metadata import version
    from importlib.resources import files

    import cdk_imagebuilder_pipeline, imagebuilder_local, imagebuilder_model, imagebuilder_pipeline_handler
    assert version("cdk-imagebuilder-pipeline")
    assert "CreateImagePipeline" in imagebuilder_model.load_model().operations
    for package in (cdk_imagebuilder_pipeline, imagebuilder_local, imagebuilder_model, imagebuilder_pipeline_handler):
        assert files(package).joinpath("py.typed").is_file()
        print(package.__file__)

    import runpy, sys
    from pathlib import Path

    from cdk_imagebuilder_pipeline.provider.asset import copy_packages
    copy_packages(Path(sys.argv[1]))
    runpy.run_path("readme.py", run_name="__main__")
""")


def _pythons() -> list[Path]:
    """Return this Python, and the newest one that there is on this machine, if it is newer."""
    for minor in range(30, sys.version_info.minor, -1):
        name = f"python3.{minor}"
        folders = [*map(Path, os.get_exec_path()), *sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin"))]
        for candidate in (folder / name for folder in folders):
            # One that is there may be a stand-in for a Python that is not.
            if candidate.is_file() and _works(candidate):
                return [Path(sys.executable), candidate]
    return [Path(sys.executable)]


def _works(python: Path) -> bool:
    return subprocess.run([str(python), "-V"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def environment_of(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Make one environment for each Python."""
    (wheel,) = built.glob("*.whl")

    @cache
    def made(python: Path) -> Path:
        environment = tmp_path_factory.mktemp("installed") / "environment"
        _uv("venv", "--python", str(python), "--no-python-downloads", str(environment))
        _install(environment, f"{wheel}[local]")
        return environment

    return made


@pytest.fixture(scope="module", params=_pythons(), ids=str)
def installed(request: Any, environment_of: Callable[[Path], Path]) -> Path:
    """An environment with the wheel, its extra and what they ask for; the tests share it."""
    return environment_of(request.param)


def _install(environment: Path, *what: str) -> None:
    _uv("pip", "install", "--python", str(environment), *LOCKED, *what)


def _uv(*command: str) -> str:
    # Where there are no settings of a project.
    done = subprocess.run([str(UV), *command], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(environment: Path, folder: Path, *command: str) -> str:
    """Run a program of the environment as somebody does who has no repository; the CDK CLI is theirs."""
    path = [environment / "bin", ROOT / "node_modules" / ".bin", Path("/usr/bin"), Path("/bin")]
    settings = {
        "PATH": os.pathsep.join(map(str, path)),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # By the digests of packages. jsii unpacks the CDK into it, which takes longer than most tests.
        CACHE: os.environ.get(CACHE, str(environment.parent / "jsii")),
    }
    program, *arguments = command
    done = subprocess.run(
        [f"{environment}/bin/{program}", *arguments],
        cwd=folder,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _metadata(environment: Path) -> str:
    """Return what the installed package says of itself, among it what it requires."""
    (found,) = environment.glob(f"lib/python*/site-packages/{NAME.replace('-', '_')}-*.dist-info/METADATA")
    return found.read_text(encoding="utf-8")


def _readme_app() -> str:
    blocks: list[str] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in blocks if "cdk.App()" in block)


@dataclass
class Consumer:
    """What an environment holds, as one program of it sees it that also runs the app of the README."""

    places: list[Path]
    """Where the packages are."""
    function: Path
    """The function's code, put together by the library."""


@pytest.fixture(scope="module")
def consumer(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    return _consumer(installed, tmp_path_factory.mktemp("consumer"))


def _consumer(environment: Path, folder: Path) -> Consumer:
    (folder / "readme.py").write_text(_readme_app(), encoding="utf-8")
    printed = _run(environment, folder, "python", "-W", "error", "-c", WHAT_IS_INSIDE, str(folder / "function"))
    return Consumer([Path(place) for place in printed.split()], folder / "function")


def test_wheel_has_everything_in_it_and_the_readmes_app_synthesises_in_an_empty_folder(
    installed: Path, consumer: Consumer
) -> None:
    assert len(consumer.places) == 4
    assert all(place.is_relative_to(installed) for place in consumer.places)


def test_function_of_the_wheel_is_the_clones_byte_by_byte(consumer: Consumer, tmp_path: Path) -> None:
    copy_packages(tmp_path)
    files = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (consumer.function, tmp_path)
    ]
    assert files[0] == files[1]
    assert Path("crhelper/LICENSE") in files[0]


def test_consumers_app_is_deployed_to_the_local_cloud_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    try:
        printed = _run(installed, tmp_path, "imagebuilder-local", "deploy")
    finally:
        _run(installed, tmp_path, "imagebuilder-local", "down")
    assert ":image-pipeline/" in printed


def test_fixture_of_the_docs_deploys_a_stack_and_stops_its_cloud(installed: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guides" / "local-cloud.md").read_text(encoding="utf-8")
    (test,) = re.findall(r"```python\n((?:(?!```).)*?def test_.*?)```", page, re.DOTALL)
    (tmp_path / "test_images.py").write_text(test, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # Its own, and not that of a folder above.
    _install(installed, "pytest")
    printed = _run(installed, tmp_path, "python", "-m", "pytest", "-p", "no:cacheprovider", "test_images.py")
    assert "1 passed" in printed
    (folder,) = {folder.resolve() for folder in tmp_path.rglob("local-cloud*/cloud")}
    assert LocalCloud(folder).state() is None


def test_source_distribution_installs_what_the_wheel_does(
    built: Path, environment_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    (sources,) = built.glob("*.tar.gz")
    # A copy of the environment, whose packages uv looks for again: ours is built anew, and nothing else is asked for.
    of_wheel, environment = environment_of(Path(sys.executable)), tmp_path / "environment"
    shutil.copytree(of_wheel, environment, symlinks=True, copy_function=os.link)
    _uv("pip", "uninstall", "--python", str(environment), NAME)
    before = _uv("pip", "freeze", "--python", str(environment))
    assert NAME not in before
    _install(environment, f"{sources}[local]")
    after = _uv("pip", "freeze", "--python", str(environment)).splitlines()
    assert [line for line in after if not line.startswith(NAME)] == before.splitlines()
    assert _metadata(environment) == _metadata(of_wheel)
    consumer = _consumer(environment, tmp_path)
    assert all(place.is_relative_to(environment) for place in consumer.places)


def test_two_builds_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    # Elsewhere, and with files of other dates and modes.
    copy = tmp_path / "elsewhere"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(0o600 | (0o100 if os.access(ROOT / name, os.X_OK) else 0))
        os.utime(target, (1_000_000_000, 1_000_000_000))
    again = tmp_path / "again"
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(again), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    for first in sorted(built.iterdir()):
        assert (again / first.name).read_bytes() == first.read_bytes(), first.name
