"""The layout: imports go downward and in no circle, and rooms stay small."""

import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
HANDLER = ROOT / "lambda" / "imagebuilder_pipeline_handler"
LIBRARY = ROOT / "constructs" / "cdk_imagebuilder_pipeline"


def test_imports_keep_every_contract_of_the_project() -> None:
    done = subprocess.run(LINT, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "5 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (
            "lambda/imagebuilder_pipeline_handler/runtime/clock.py",
            "from imagebuilder_pipeline_handler.imagebuilder import errors",
        ),
        ("lambda/imagebuilder_model/dynamic_reference.py", "import imagebuilder_model.check"),
        ("local/imagebuilder_local/steps.py", "import cdk_imagebuilder_pipeline"),
        ("constructs/cdk_imagebuilder_pipeline/props/recipe.py", "import cdk_imagebuilder_pipeline.request"),
    ],
)
def test_import_upward_or_in_a_circle_breaks_a_contract(tmp_path: Path, file: str, line: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if name.startswith(("constructs/", "lambda/", "local/", "pyproject.toml")) and (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / file).write_text(f"{(tmp_path / file).read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    path = ":".join(str(tmp_path / root) for root in ("constructs", "lambda", "local"))
    done = subprocess.run(LINT, cwd=tmp_path, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout


def test_rooms_are_small() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in HANDLER.rglob("*.py")}
    assert [str(file) for file, length in lengths.items() if length > 250] == []
    sources = [file for room in ("constructs", "lambda", "local") for file in (ROOT / room).rglob("*.py")]
    assert median(len(file.read_text(encoding="utf-8").splitlines()) for file in sources) < 80
    assert len(list(LIBRARY.glob("*.py"))) <= 14


def test_files_whose_tests_may_take_long_start_first(request: pytest.FixtureRequest) -> None:
    files: dict[Path, float] = {}
    for item in request.session.items:
        longest = max((mark.args[0] for mark in item.iter_markers("timeout")), default=0)
        files[item.path] = max(files.get(item.path, 0), longest)
    assert list(files.values()) == sorted(files.values(), reverse=True)
    # xdist would order them by their number of tests.
    assert "--dist loadfile --no-loadscope-reorder" in (ROOT / "Makefile").read_text(encoding="utf-8")
