"""What `make` sets up by itself."""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest
from tools import pip_settings

from imagebuilder_local.steps import StepError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up script as a module, for a project of one source file."""
    spec = importlib.util.spec_from_file_location("project_setup", ROOT / "tools" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.syspath_prepend(str(ROOT / "local"))
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "lock.txt").write_text("one")
    return module


def made(setup: ModuleType, folder: Path) -> bool:
    """Tell whether the part was made, and not found as it should be."""
    calls: list[bool] = []
    setup.part("Part", folder, ["lock.txt"], lambda: calls.append(True))
    return bool(calls)


def test_part_is_made_once_and_again_when_its_source_changes(setup: ModuleType, tmp_path: Path) -> None:
    assert made(setup, tmp_path / "part")
    assert not made(setup, tmp_path / "part")
    (tmp_path / "lock.txt").write_text("two")
    assert made(setup, tmp_path / "part")


def test_python_of_the_environment_finds_what_the_python_it_is_made_of_has_set_up(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(setup, tmp_path / "part")
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python3"))
    assert not made(setup, tmp_path / "part")


def test_other_python_makes_it_again(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(setup, tmp_path / "part")
    monkeypatch.setattr(sys, "base_prefix", "/opt/another")
    assert made(setup, tmp_path / "part")


def test_part_that_failed_is_made_again(setup: ModuleType, tmp_path: Path) -> None:
    def fail() -> None:
        raise StepError("no network")

    with pytest.raises(StepError, match="no network"):
        setup.part("Part", tmp_path / "part", ["lock.txt"], fail)
    assert made(setup, tmp_path / "part")


def test_link_is_left_alone(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "part").symlink_to(tmp_path / "theirs")
    with pytest.raises(StepError, match="part is a link"):
        made(setup, tmp_path / "part")


def test_makefile_sets_up_with_the_users_python_also_when_everything_is_there() -> None:
    command = ["make", "--dry-run", "setup", "PYTHON=python3"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "python3 tools/setup.py" in shown
    assert "export PATH" not in (ROOT / "Makefile").read_text()


def test_settings_of_pip_become_those_of_uv() -> None:
    listed = (
        "global.index-url='https://packages.example.com/simple'\n"
        "global.extra-index-url='file:///srv/one\\nfile:///srv/two'\n"
        "global.timeout='15'\n"
        "install.index-url='https://install.example.com/simple'\n"
        "download.index-url='https://download.example.com/simple'\n"
        ":env:.default-timeout='180'\n"
        "global.cert='/etc/ssl/company.pem'\n"
        "global.no-index='true'\n"
        "no setting\n"
    )
    of_pip = pip_settings.settings(listed)
    assert pip_settings.options(of_pip) == [
        *("--default-index", "https://install.example.com/simple"),
        *("--index", "file:///srv/one", "--index", "file:///srv/two"),
        "--no-index",
        "--index-strategy=unsafe-best-match",
    ]
    assert pip_settings.variables(of_pip) == {"SSL_CERT_FILE": "/etc/ssl/company.pem", "UV_HTTP_TIMEOUT": "180"}


def test_package_is_installed_from_the_index_that_pip_is_configured_for(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "index" / "only-here" / "only_here-1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    write_wheel(wheel)
    (wheel.parent / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "lock.txt").write_text(f"only-here==1.0 --hash=sha256:{digest}\n")
    setup.separate_environment(tmp_path / "environment", "lock.txt")
    command = [str(tmp_path / "environment" / "bin" / "python"), "-c", "import only_here; print(only_here.WHERE)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "here\n"
    (tmp_path / "lock.txt").write_text(f"only-here==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(StepError, match=r"Hash mismatch for `only-here==1\.0`"):
        setup.separate_environment(tmp_path / "environment", "lock.txt")


def write_wheel(path: Path) -> None:
    """Write the smallest wheel that installs."""
    metadata = "Metadata-Version: 2.1\nName: only-here\nVersion: 1.0\n"
    with ZipFile(path, "w") as file:
        file.writestr("only_here.py", "WHERE = 'here'\n")
        file.writestr("only_here-1.0.dist-info/METADATA", metadata)
        file.writestr("only_here-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("only_here-1.0.dist-info/RECORD", "")
