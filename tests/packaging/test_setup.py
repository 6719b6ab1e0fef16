"""What `make` sets up by itself."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

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
