"""The generated data: current, complete, without prose, readable by botocore."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imagebuilder_model import DATA_PATH, Shape, load_model

ROOT = Path(__file__).parents[2]
FILE = DATA_PATH / "imagebuilder" / "2019-12-02" / "service-2.json"


def test_committed_data_is_what_the_pinned_botocore_generates() -> None:
    script = "import json, sys; sys.path.insert(0, 'tools'); import generate_model; print(json.dumps(generate_model.generate()))"
    generated = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [file for file in DATA_PATH.rglob("*") if file.is_file()]
    committed = {file.relative_to(DATA_PATH).as_posix(): file.read_text(encoding="utf-8") for file in files}
    assert json.loads(generated.stdout) == committed, "run `make model`"


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
