"""The generated data: current, complete, without prose, readable by botocore."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from imagebuilder_model import DATA_PATH, Shape, load_model

ROOT = Path(__file__).parents[2]
FILE = DATA_PATH / "imagebuilder" / "2019-12-02" / "service-2.json"


def run(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=280
    )


def test_committed_data_is_what_the_botocore_that_is_named_generates() -> None:
    script = (
        "import json; from tools import generate_model as made, model_source as source\n"
        "try: print(json.dumps(made.generate(source.pinned_wheel())))\n"
        "except source.SourceError as error: print(json.dumps(str(error)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    generated = json.loads(done.stdout)
    if isinstance(generated, str):
        pytest.skip(generated)
    files = [file for file in DATA_PATH.rglob("*") if file.is_file()]
    committed = {file.relative_to(DATA_PATH).as_posix(): file.read_text(encoding="utf-8") for file in files}
    assert generated == committed, "run `make model`"


def test_lock_names_the_release_that_is_asked_for_with_hashes_and_no_host() -> None:
    asked = (ROOT / "requirements" / "model.in").read_text().strip()
    lock = (ROOT / "requirements" / "model.txt").read_text()
    assert re.fullmatch(r"botocore==[0-9.]+", asked)
    assert lock.startswith(f"{asked} \\\n    --hash=sha256:")
    assert "://" not in lock


def index_with(folder: Path, version: str, model: dict[str, Any]) -> dict[str, str]:
    """Make a package index of one wheel, and return the settings that have pip see no other."""
    data = {
        "imagebuilder/2019-12-02/service-2.json": model,
        "imagebuilder/2019-12-02/endpoint-rule-set-1.json": {},
        "endpoints.json": {"partitions": []},
        "partitions.json": {"partitions": []},
        "sdk-default-configuration.json": {},
    }
    described = f"botocore-{version}.dist-info"
    with zipfile.ZipFile(folder / f"botocore-{version}-py3-none-any.whl", "w") as wheel:
        for name, content in data.items():
            wheel.writestr(f"botocore/data/{name}", json.dumps(content))
        wheel.writestr(f"{described}/METADATA", f"Metadata-Version: 2.1\nName: botocore\nVersion: {version}\n")
        wheel.writestr(f"{described}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{described}/RECORD", "")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def test_newer_botocore_with_another_model_is_told_with_the_command_that_takes_it(tmp_path: Path) -> None:
    model = json.loads(FILE.read_text(encoding="utf-8"))
    model["shapes"]["ImageType"]["enum"].append("ISO")
    del model["shapes"]["TagValue"]["max"]
    model["shapes"]["Schedule"]["members"]["jitter"] = {"shape": "Jitter"}
    model["shapes"]["Jitter"] = {"type": "integer", "documentation": "<p>New.</p>"}
    done = run("tools.newer_model", **index_with(tmp_path, "99.1.0", model))
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        [
            "botocore 99.1.0 has another model: make model VERSION=99.1.0",
            "changed in shapes: ImageType",
            "new in shapes: Jitter",
            "changed in shapes: Schedule",
            "changed in shapes: TagValue",
        ],
    ), done.stderr


def test_newer_botocore_with_other_prose_only_has_the_committed_model(tmp_path: Path) -> None:
    model = json.loads(FILE.read_text(encoding="utf-8"))
    model["shapes"]["Schedule"]["documentation"] = "<p>Other words.</p>"
    model["metadata"]["serviceFullName"] = "Another name"
    done = run("tools.newer_model", **index_with(tmp_path, "99.2.0", model))
    assert (done.returncode, done.stdout) == (0, "botocore 99.2.0 has the committed model\n"), done.stderr


def test_without_a_package_index_the_newest_model_is_not_looked_at(tmp_path: Path) -> None:
    done = run("tools.newer_model", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.startswith(
        "skipped: botocore cannot be downloaded: check the network, the package index in pip's "
    )


def test_release_that_cannot_be_found_is_one_error_and_changes_nothing(tmp_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in (ROOT / "requirements").glob("model.*")}
    done = run("tools.generate_model", "0.0.0", UV_NO_INDEX="1", UV_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("error: botocore cannot be downloaded: check the network, the package index")
    assert {file.name: file.read_bytes() for file in (ROOT / "requirements").glob("model.*")} == before


def test_wheel_with_another_hash_is_not_taken(tmp_path: Path) -> None:
    version = (ROOT / "requirements" / "model.in").read_text().strip().removeprefix("botocore==")
    settings = index_with(tmp_path, version, {})
    script = (
        "import pathlib, sys; from tools import model_source as source; "
        "source.CACHE = pathlib.Path(sys.argv[1]); source.pinned_wheel()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "cache")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert "SourceError: botocore cannot be downloaded" in done.stderr
    assert "HASHES" in done.stderr
    assert not (tmp_path / "cache").exists()


def test_model_carries_no_prose() -> None:
    assert "<p>" not in FILE.read_text(encoding="utf-8")
    assert "documentation" not in json.loads(FILE.read_text(encoding="utf-8"))["shapes"]["CreateImagePipelineRequest"]


def test_every_shape_that_is_referred_to_is_there() -> None:
    model = load_model()
    for shape in model.shapes.values():
        for name in [*(member.shape for member in shape.members.values()), shape.element, shape.key, shape.value]:
            assert name is None or name in model.shapes
    for operation in model.operations.values():
        assert {operation.input, operation.output, *operation.errors} <= model.shapes.keys()


@pytest.mark.parametrize(
    "shape", [shape for shape in load_model().shapes.values() if shape.pattern], ids=lambda s: s.name
)
def test_every_pattern_compiles_without_a_warning(shape: Shape) -> None:
    assert isinstance(shape.regex, re.Pattern)


def test_botocore_reads_the_cut_model_through_aws_data_path() -> None:
    script = (
        "import botocore.session; "
        "client = botocore.session.Session().create_client('imagebuilder', region_name='eu-west-1'); "
        "print(sorted(client.meta.service_model.operation_names))"
    )
    environment = os.environ | {"AWS_DATA_PATH": str(DATA_PATH)}
    listed = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert listed.stdout.strip() == str(sorted(load_model().operations))
