"""A whole run before the local cloud, runs that are cut short, and what is left of them: nothing."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from support.cdk import Cdk
from support.smoke import ACCOUNT, Smoke, order_faults
from tools.smoke_aws.account import LACKING, RUN_TAG
from tools.smoke_aws.recording import read
from tools.smoke_aws.replay import LOCAL, differences
from tools.smoke_aws.run import NAMES

pytestmark = pytest.mark.timeout(600)


def findings(file: Path) -> dict[tuple[str, str], bool]:
    return {(line["probe"], line["belief"]): line["holds"] for line in read(file) if line["kind"] == "finding"}


def assert_nothing_is_left(cdk: Cdk) -> None:
    """Look with clients of our own: the script's own look is what is tested."""
    left: list[str] = []
    for service, operation, key in (
        ("s3", "list_buckets", "Buckets"),
        ("iam", "list_roles", "Roles"),
        ("lambda", "list_functions", "Functions"),
        ("sqs", "list_queues", "QueueUrls"),
        ("logs", "describe_log_groups", "logGroups"),
    ):
        client = cdk.client(service)
        found: list[Any] = getattr(client, operation)().get(key, [])
        left += [str(one) for one in found if "smoke-" in str(one)]
        client.close()
    client = cdk.client("cloudformation")
    left += [
        one["StackName"] for one in client.list_stacks()["StackSummaries"] if one["StackStatus"] != "DELETE_COMPLETE"
    ]
    client.close()
    assert left == []
    assert cdk.image_builder()["pipelines"] == []
    assert cdk.image_builder()["registered"] == {}


def test_every_probe_is_run_recorded_and_cleaned_up_and_the_recording_is_the_committed_one(
    cdk: Cdk, smoke: Smoke, file: Path
) -> None:
    process = smoke(CONFIRM=ACCOUNT, BUILD="1", RECORD=str(file))
    output, error = process.communicate()
    assert process.returncode == 0, output + error
    assert output.index("less than 1.00 USD") < output.index("CREATE_COMPLETE")
    lines = list(read(file))
    assert {line["probe"] for line in lines if "probe" in line} - {"parts"} == set(NAMES)
    assert [line for line in lines if line["kind"] == "trouble"] == []
    # What cannot be looked at here is said, each with its reason.
    lacking = {(line["what"], line["why"]) for line in lines if line["kind"] == "not available here"}
    assert lacking == set(LACKING.items())
    assert {"kind": "left", "what": []} in lines
    assert ACCOUNT not in re.sub(r"00000000-0000-4000-8000-0{12}", "", file.read_text())
    # Whoever changes the local cloud records it anew: docs/smoke.md says how.
    assert differences(file) == []
    assert findings(file) == findings(LOCAL)
    assert_nothing_is_left(cdk)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_that_is_interrupted_cleans_up_and_fails(
    cdk: Cdk, smoke: Smoke, file: Path, number: signal.Signals
) -> None:
    process = smoke(CONFIRM=ACCOUNT, ONLY="description,rename", RECORD=str(file))
    assert process.stdout is not None
    for line in process.stdout:
        if "description: CREATE_COMPLETE" in line:
            break
    assert cdk.image_builder()["pipelines"] != []
    process.send_signal(number)
    if number == signal.SIGINT:  # once more, which does not end the clean-up
        assert any("cleaning up" in line for line in process.stdout)
        process.send_signal(number)
    output, error = process.communicate()
    assert process.returncode == 1
    assert ("still cleaning up" in output) is (number == signal.SIGINT)
    assert "interrupted: all created resources are deleted" in error
    assert "Traceback" not in error
    assert {line["probe"] for line in read(file) if "probe" in line} == {"parts", "description"}
    assert_nothing_is_left(cdk)


def test_pipe_that_nobody_reads_any_more_does_not_end_the_clean_up(cdk: Cdk, smoke: Smoke, file: Path) -> None:
    process = smoke(CONFIRM=ACCOUNT, ONLY="plain", RECORD=str(file))
    assert process.stdout is not None
    assert any("parts: CREATE_COMPLETE" in line for line in process.stdout)
    process.stdout.close()
    assert process.wait() == 0
    assert findings(file).keys() == {pair for pair in findings(LOCAL) if pair[0] == "plain"}
    assert_nothing_is_left(cdk)


def test_probe_that_breaks_fails_the_run_and_leaves_nothing_and_the_others_run(
    cdk: Cdk, smoke: Smoke, file: Path
) -> None:
    # Quotas are refused at once, and a stack that is not made has no pipeline to look at.
    order_faults(cdk, "CreateImagePipeline", [{"code": "ServiceQuotaExceededException", "message": "full"}])
    process = smoke(CONFIRM=ACCOUNT, ONLY="description,tags", RECORD=str(file))
    _, error = process.communicate()
    assert process.returncode == 1
    assert "probes failed, and all created resources are deleted:\n- description: LookupError: " in error
    assert "ServiceQuotaExceededException" in error
    assert findings(file).keys() == {pair for pair in findings(LOCAL) if pair[0] == "tags"}
    assert_nothing_is_left(cdk)


def test_what_is_left_with_the_run_s_tag_fails_the_command_and_is_named(cdk: Cdk, smoke: Smoke, file: Path) -> None:
    client = cdk.client("sqs")
    queue = client.create_queue(QueueName="forgotten", tags={RUN_TAG: "0a1b2c3d"})["QueueUrl"]
    try:
        process = smoke(CONFIRM=ACCOUNT, CLEAN="0a1b2c3d", RECORD=str(file))
        _, error = process.communicate()
        assert process.returncode == 1
        assert error == f"left of run 0a1b2c3d:\n- arn:aws:sqs:us-east-1:{ACCOUNT}:forgotten\n"
    finally:
        client.delete_queue(QueueUrl=queue)
        client.close()


def test_run_that_was_killed_is_cleaned_up_afterwards(cdk: Cdk, smoke: Smoke, file: Path) -> None:
    process = smoke(CONFIRM=ACCOUNT, ONLY="plain", RECORD=str(file))
    assert process.stdout is not None
    run = ""
    for line in process.stdout:
        run = run or "".join(re.findall(r"^Run (\w+),", line))
        if "plain: CREATE_COMPLETE" in line:
            break
    process.kill()
    process.communicate()
    assert cdk.image_builder()["pipelines"] != []
    process = smoke(CONFIRM=ACCOUNT, CLEAN=run, RECORD=str(file))
    output, error = process.communicate()
    assert process.returncode == 0, error
    assert f"nothing is left of run {run}" in output
    assert_nothing_is_left(cdk)
