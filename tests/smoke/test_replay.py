"""Every recording is held against the emulator, so that what somebody saw on AWS stays true of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.cdk import ROOT
from support.smoke import Smoke
from tools.smoke_aws.probes import PROBES
from tools.smoke_aws.replay import LOCAL, differences

RECORDINGS = sorted((ROOT / "tests" / "recordings").glob("*.jsonl"))

Line = dict[str, Any]


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_emulator_responds_as_it_was_recorded(file: Path) -> None:
    assert differences(file) == []


def test_recording_of_the_local_cloud_says_so_and_has_every_probe_of_the_api() -> None:
    lines = [json.loads(line) for line in LOCAL.read_text().splitlines()]
    assert lines[0]["place"] == "local cloud"
    assert {line["probe"] for line in lines if line["kind"] == "call"} == set(PROBES)


def changed(file: Path, probe: str, kind: str = "call", **fields: Any) -> Path:
    """Write the local cloud's recording with another first line of a probe."""
    lines: list[Line] = [json.loads(line) for line in LOCAL.read_text().splitlines()]
    first = next(line for line in lines if (line["kind"], line.get("probe")) == (kind, probe))
    first.update(fields)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.mark.parametrize(
    ("probe", "fields", "expected"),
    [
        ("get-absent", {"status": 400}, "get-absent: call 1, GetImagePipeline: status: recorded 400, the emulator 404"),
        (
            "get-absent",
            {"error": {"code": "NotFound", "message": "gone"}},
            "get-absent: call 1, GetImagePipeline: error: recorded 'NotFound', the emulator 'ResourceNotFoundException'",
        ),
        (
            "get-absent",
            {"error": {"code": "ResourceNotFoundException", "message": "gone"}},
            "get-absent: call 1, GetImagePipeline: message: recorded 'gone', the emulator \"The resource with ARN ",
        ),
        (
            "list-images-of-absent",
            {"output": {"requestId": "x", "imageSummaryList": [], "more": 1}},
            "ListImagePipelineImages: output.more: recorded 1, the emulator nothing",
        ),
        (
            "list-images-of-absent",
            {"output": {"requestId": "x"}},
            "ListImagePipelineImages: output.imageSummaryList: recorded nothing, the emulator []",
        ),
        (
            "list-images-of-absent",
            {"output": {"requestId": "x", "imageSummaryList": [{}]}},
            "ListImagePipelineImages: output.imageSummaryList: recorded [{}], the emulator []",
        ),
        ("create", {"status": 200, "error": None, "output": {}}, "create: call "),
    ],
)
def test_difference_is_listed_with_its_probe_and_call(
    file: Path, probe: str, fields: dict[str, Any], expected: str
) -> None:
    found = differences(changed(file, probe, **fields))
    assert any(expected in difference for difference in found), found
    assert {difference.split(":")[0] for difference in found} == {probe}


def test_belief_about_a_stack_that_aws_answers_otherwise_is_listed(file: Path) -> None:
    found = differences(changed(file, "plain", "finding", holds=False, seen="denied"))
    assert found == [
        "plain: the policy allows everything that a plain pipeline needs: recorded that it does not hold, "
        "in the local cloud it holds; seen 'denied'"
    ]


def test_account_with_inspector_is_replayed_before_an_emulator_with_it(file: Path) -> None:
    lines: list[Line] = [json.loads(line) for line in LOCAL.read_text().splitlines()]
    for line in lines:
        if line.get("probe") == "scanning-without-inspector" and line["kind"] == "call":
            made = line["operation"] == "CreateImagePipeline" and "imageRecipeArn" in line["parameters"]
            gone = "scan-image" in line["parameters"].get("imagePipelineArn", "")
            if made or gone:
                arn = line["parameters"].get("imagePipelineArn") or (
                    "arn:aws:imagebuilder:us-east-1:111122223333:image-pipeline/smoke-00000000-scan-image"
                )
                token = {"clientToken": line["parameters"]["clientToken"]} if made else {}
                line |= {"status": 200, "error": None, "output": {"requestId": "x", "imagePipelineArn": arn} | token}
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert differences(file) == []


def test_command_fails_and_counts_when_there_is_a_difference(smoke: Smoke, file: Path) -> None:
    process = smoke("replay", str(changed(file, "get-absent", status=400)))
    _, error = process.communicate()
    assert process.returncode == 1
    assert "1 differences:\n- get-absent: " in error


def test_command_says_that_all_is_as_recorded(smoke: Smoke) -> None:
    process = smoke("replay", str(LOCAL))
    output, _ = process.communicate()
    assert (process.returncode, output) == (0, f"{LOCAL}: the emulator responds as recorded\n")


def test_command_names_the_file_that_is_no_recording(smoke: Smoke, file: Path) -> None:
    process = smoke("replay", str(file))
    _, error = process.communicate()
    assert process.returncode == 1
    assert error.startswith(f"{file} is not a valid recording: ")
