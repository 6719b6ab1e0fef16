"""The code of the page on type checkers is clean, and each of its casts is needed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "types.md").read_text(encoding="utf-8")
PROGRAM = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
CAST = re.compile(r"cast\(\w+\.\w+, (.*)\)(?=\)?$)", re.MULTILINE)
WITHOUT = CAST.sub(r"\1", PROGRAM)
NODE = Path(sys.executable).parent / "node"
PYRIGHT = ROOT / "node_modules" / "pyright" / "index.js"


COMMENT = re.findall(r"^```\n(# pyright: .*)\n```$", PAGE, re.MULTILINE)


def test_code_of_the_page_is_the_file_that_make_types_checks() -> None:
    # mypy with an empty cache takes minutes for the CDK, so it runs where its cache is.
    assert (
        Path(__file__).with_name("typed_page.py").read_text("utf-8")
        == f'"""The program of docs/types.md."""\n\n{PROGRAM}'
    )
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert settings["mypy"]["strict"]
    assert "tests" in settings["mypy"]["files"]
    assert settings["pyright"]["typeCheckingMode"] == "standard"
    assert "tests" in settings["pyright"]["include"]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Return what pyright reports of each program, outside of the repository as in somebody's own project."""
    folder = tmp_path_factory.mktemp("project")
    programs = {"without.py": WITHOUT, "switched_off.py": "\n".join([*COMMENT, WITHOUT])}
    for name, program in programs.items():
        (folder / name).write_text(program, encoding="utf-8")
    settings = {
        "venvPath": str(ROOT),
        "venv": ".venv",
        "extraPaths": [str(ROOT / room) for room in ("constructs", "lambda")],
        "typeCheckingMode": "standard",
        "reportMissingImports": "error",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [str(NODE), str(PYRIGHT), "--outputjson", "--project", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == len(programs)
    return {name: [one for one in found["generalDiagnostics"] if Path(one["file"]).name == name] for name in programs}


@pytest.fixture
def reported(findings: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return findings["without.py"]


def test_pyright_reports_each_line_whose_cast_is_removed_and_nothing_else(reported: list[dict[str, Any]]) -> None:
    assert "cast(" not in WITHOUT
    assert {finding["rule"] for finding in reported} == {"reportArgumentType"}
    parameters = [re.findall(r'to parameter "(\w+)"', finding["message"])[0] for finding in reported]
    ours = re.findall(r"^\| `(\w+)=?`", PAGE, re.MULTILINE)
    assert set(parameters) == {*ours, "assumed_by"}
    # Without its cast the topic is reported at each of its three uses.
    assert len(reported) == PROGRAM.count("cast(") - 1 + 3


def test_page_shows_the_message_of_pyright(reported: list[dict[str, Any]]) -> None:
    (shown,) = re.findall(r"^```\nerror: (.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removesuffix(" (reportArgumentType)") for line in shown.splitlines()]
    messages = [finding["message"] for finding in reported]
    assert any(all(line in message for line in lines) for message in messages), messages


def test_comment_that_switches_the_finding_off_is_one_that_pyright_knows(
    findings: dict[str, list[dict[str, Any]]],
) -> None:
    assert len(COMMENT) == 1
    assert findings["switched_off.py"] == []


def test_page_names_the_releases_that_were_checked() -> None:
    node = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]["pyright"]
    (cdk,) = re.findall(r"^aws-cdk-lib==(\S+)", (ROOT / "requirements/dev.txt").read_text("utf-8"), re.MULTILINE)
    assert f"pyright {node} with aws-cdk-lib {cdk} reports" in PAGE
