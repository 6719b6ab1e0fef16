"""A recording can be shared: what tells whose account it was is replaced."""

import json
from pathlib import Path

import pytest
from tools.smoke_aws.account import Caller, placeholders
from tools.smoke_aws.recording import FORMAT, Recording, read

ACCOUNT = "999988887777"
CALLER = Caller(
    ACCOUNT, "aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/jane@example.com", "AROAEXAMPLEID:jane@example.com"
)


def recording(file: Path, caller: Caller = CALLER) -> Recording:
    made = Recording(file, placeholders(caller, "0a1b2c3d"))
    made.add("run", format=FORMAT)
    return made


def test_account_run_and_caller_stand_in_no_line(file: Path) -> None:
    made = recording(file)
    message = f"User: {CALLER.arn} is not authorized on arn:aws:imagebuilder:eu-west-1:{ACCOUNT}:image-pipeline/smoke-0a1b2c3d-x"
    made.add("call", error={"message": message, "id": CALLER.user_id})
    text = file.read_text()
    assert [secret for secret in (ACCOUNT, "0a1b2c3d", "jane", "AROAEXAMPLEID", "Admin") if secret in text] == []
    assert "arn:aws:sts::111122223333:user/somebody" in text
    assert "image-pipeline/smoke-00000000-x" in text


def test_root_user_whose_id_is_the_account_s_leaves_arns_valid(file: Path) -> None:
    made = recording(file, Caller(ACCOUNT, "aws", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT))
    assert made.add("call", arn=f"arn:aws:imagebuilder:x:{ACCOUNT}:y")["arn"] == "arn:aws:imagebuilder:x:111122223333:y"


def test_id_of_a_request_is_replaced_wherever_it_stands(file: Path) -> None:
    made = recording(file)
    made.replace("6f2d1c3e-1111-4000-8000-222222222222", "00000000-0000-4000-8000-000000000000")
    made.add(
        "call",
        output={"requestId": "6f2d1c3e-1111-4000-8000-222222222222"},
        error="(6f2d1c3e-1111-4000-8000-222222222222)",
    )
    assert "6f2d1c3e" not in file.read_text()


def test_id_of_a_request_in_a_reason_of_cloudformation_is_replaced(file: Path) -> None:
    made = recording(file)
    reason = "(Service: Imagebuilder, Status Code: 400, Request ID: 6f2d1c3e-1111-4000-8000-222222222222)"
    line = made.add(
        "stack", reasons=[reason, "(RequestToken: 6f2d1c3e-1111-4000-8000-222222222222, HandlerErrorCode: X)"]
    )
    assert "6f2d1c3e" not in str(line)
    assert "RequestToken: 00000000-0000-4000-8000-000000000000, HandlerErrorCode: X" in line["reasons"][1]


def test_credentials_are_not_written(file: Path) -> None:
    made = recording(file)
    with pytest.raises(ValueError, match="a line of the kind 'call' would contain a secret"):
        made.add("call", output={"Credentials": {"SecretAccessKey": "5ecre7"}})
    assert "5ecre7" not in file.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", ":1: must be a line of JSON: "),
        ("[1]", ":1: must be an object with a kind: got "),
        ('{"kind": "call"}', f": must begin with a run of format {FORMAT}"),
        ('{"kind": "run", "format": 99}', f": must begin with a run of format {FORMAT}"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_place(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        list(read(file))


def test_lines_are_read_as_they_were_written(file: Path) -> None:
    made = recording(file)
    line = made.add("finding", probe="plain", belief="b", holds=True, seen=["ä"])
    assert list(read(file))[1] == line == json.loads(file.read_text().splitlines()[1])
    assert made.lines("finding") == [line]
