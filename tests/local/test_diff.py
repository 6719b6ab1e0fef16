"""`imagebuilder-local diff` of a deployed stack, after changes by the API."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.command import Done, command
from support.directly import Direct, direct
from support.drifting_app import NESTED, PLAIN, RICH, STACK, drifting_app

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.drift import add_options, diff
from imagebuilder_local.drift.command import PERMISSIONS
from imagebuilder_model import LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_model.comparison import as_update

pytestmark = pytest.mark.timeout(600)

NOT_COMPARED = [
    "  Workflows[0].Parameters[0].Value[0]: not compared: depends on parameter Masked, which has NoEcho",
    "  Tags.owner: not compared: depends on parameter Masked, which has NoEcho",
]

Diff = Callable[..., tuple[int, list[str]]]


def parsed(*arguments: str) -> Namespace:
    parser = ArgumentParser("imagebuilder-local diff")
    add_options(parser)
    return parser.parse_args(arguments)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    """A local cloud that has the app deployed. It is where the command looks for it."""
    folder = tmp_path_factory.mktemp("app")
    (folder / ".local").mkdir()
    with direct(folder, ".local/cloud") as made:
        made.deploy(drifting_app(folder / "cdk.out"))
        yield made


@pytest.fixture
def compare(account: Direct, capsys: pytest.CaptureFixture[str]) -> Diff:
    """Run the command and return its exit code and its lines."""

    def compared(*arguments: str) -> tuple[int, list[str]]:
        code = diff(account.cloud, parsed(*(arguments or (STACK,))))
        captured = capsys.readouterr()
        return code, (captured.out + captured.err).splitlines()

    return compared


@pytest.fixture
def arns(compare: Diff) -> dict[str, str]:
    """The ARNs of the pipelines by path, and a check that nothing differs before the test."""
    code, lines = compare(STACK, "--json")
    found = json.loads("\n".join(lines))
    assert code == 0, lines
    return {pipeline["path"]: pipeline["arn"] for pipeline in found["pipelines"]}


@contextmanager
def changed(client: Any, arn: str, **changes: Any) -> Iterator[None]:
    """Change members of a pipeline as a person does, and change them back. None removes one."""
    before = as_update(client.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"])
    request = {name: value for name, value in (before | changes).items() if value is not None}
    client.update_image_pipeline(imagePipelineArn=arn, **request)
    try:
        yield
    finally:
        client.update_image_pipeline(imagePipelineArn=arn, **before)


def test_stack_as_it_was_deployed_is_in_sync_with_every_function_of_the_template(compare: Diff) -> None:
    code, lines = compare()
    assert code == 0
    assert lines[0].startswith("arn:aws:cloudformation:us-east-1:000000000000:stack/Drifting/")
    assert lines[1:] == [
        f"{PLAIN}: in sync",
        f"{RICH}: in sync",
        *NOT_COMPARED,
        f"{NESTED}: in sync",
        "3 compared: 3 in sync",
    ]


def test_changes_by_hand_are_one_line_for_each_member(compare: Diff, account: Direct, arns: dict[str, str]) -> None:
    client = account.client("imagebuilder")
    schedule = {"scheduleExpression": "rate(2 days)", "timezone": "Europe/London"}
    with (
        changed(client, arns[RICH], description="by hand", schedule=schedule, executionRole="other", workflows=None),
        changed(client, arns[NESTED], description=None, imageTestsConfiguration={"imageTestsEnabled": False}),
    ):
        code, lines = compare()
    assert code == 1
    assert f"{PLAIN}: in sync" in lines
    assert f"{RICH}: drift" in lines
    assert '  Description: template "golden in us-east-1", live "by hand"' in lines
    assert '  Schedule.ScheduleExpression: template "rate(1 day)", live "rate(2 days)"' in lines
    assert '  Schedule.Timezone: template not set, live "Europe/London"' in lines
    (role,) = (line for line in lines if line.startswith("  ExecutionRole: "))
    assert 'template "arn:aws:iam::000000000000:role/build/' in role
    assert role.endswith(', live "other"')
    # With an unknown in it, what was removed cannot be told from what a condition left out.
    assert "  Workflows: not compared: depends on parameter Masked, which has NoEcho" in lines
    assert lines[lines.index(f"{NESTED}: drift") + 1 :] == [
        '  Description: template "nested", live not set',
        "  ImageTestsConfiguration.ImageTestsEnabled: template not set, live false",
        "3 compared: 1 in sync, 2 with drift",
    ]


def test_pipeline_that_the_service_disabled_and_tags_of_others_are_no_drift(
    compare: Diff, account: Direct, arns: dict[str, str]
) -> None:
    client = account.client("imagebuilder")
    client.tag_resource(resourceArn=arns[PLAIN], tags={"added-by": "audit"})
    with changed(client, arns[PLAIN], status="DISABLED"):
        assert compare()[0] == 0


def test_missing_owner_tag_and_changed_tag_are_drift(compare: Diff, account: Direct, arns: dict[str, str]) -> None:
    client = account.client("imagebuilder")
    before = client.get_image_pipeline(imagePipelineArn=arns[RICH])["imagePipeline"]["tags"]
    client.untag_resource(resourceArn=arns[RICH], tagKeys=[STACK_ID_TAG, LOGICAL_ID_TAG])
    client.tag_resource(resourceArn=arns[RICH], tags={"team": "ops"})
    code, lines = compare()
    client.tag_resource(resourceArn=arns[RICH], tags=before)
    assert code == 1
    assert '  Tags.team: template "web", live "ops"' in lines
    owners = [line for line in lines if "Tags.imagebuilder-pipeline:" in line]
    assert [line.split(":")[1].split()[0] for line in owners] == ["stack-id", "logical-id"]
    assert all("live not set" in line and "OwnerTagsMissing" in line for line in owners)


def test_json_has_paths_values_and_what_was_not_compared(compare: Diff, account: Direct, arns: dict[str, str]) -> None:
    with changed(account.client("imagebuilder"), arns[RICH], description="by hand"):
        code, lines = compare(STACK, "--json")
    found = json.loads("\n".join(lines))
    rich = next(pipeline for pipeline in found["pipelines"] if pipeline["path"] == RICH)
    assert (code, found["hasDrift"], rich["state"]) == (1, True, "drift")
    assert rich["differs"] == [
        {"path": "Description", "template": "golden in us-east-1", "live": "by hand", "reason": ""}
    ]
    assert [entry["path"] for entry in rich["notCompared"]] == ["Workflows[0].Parameters[0].Value[0]", "Tags.owner"]


def test_command_finds_the_local_cloud_of_its_folder_whatever_aws_settings_there_are(account: Direct) -> None:
    environment = {**os.environ, "AWS_PROFILE": "no-such-profile", "AWS_REGION": "eu-west-3"}
    program = [sys.executable, "-m", "imagebuilder_local", "diff", STACK]
    done = subprocess.run(program, cwd=account.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("3 compared: 3 in sync\n")


def run(folder: Path, environment: dict[str, str], *arguments: str) -> Done:
    """Run the command as a user does."""
    return command(folder, "diff", *arguments, environment=environment)


def test_aws_option_uses_the_ordinary_settings(account: Direct, tmp_path: Path) -> None:
    done = run(tmp_path, account.cloud.environment(), STACK, "--aws")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("3 compared: 3 in sync\n")


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({}, (STACK,), "error: no local cloud is running in this folder: start it with `imagebuilder-local deploy`"),
        ({}, (STACK, "--aws"), "error: no AWS credentials: got none from the environment"),
        (
            {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
            (STACK, "--aws"),
            "error: no AWS Region: got none from AWS_REGION",
        ),
        ({"AWS_PROFILE": "nobody"}, (STACK, "--aws"), "error: The config profile (nobody) could not be found"),
        ({}, (), "imagebuilder-local diff: error: the following arguments are required: STACK"),
    ],
)
def test_command_that_cannot_tell_says_why_and_exits_with_2(
    account: Direct, tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...], message: str
) -> None:
    environment = {name: value for name, value in account.cloud.environment().items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    done = run(tmp_path, environment | nowhere | {"AWS_EC2_METADATA_DISABLED": "true"} | settings, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_bug_of_the_command_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(LocalCloud):
        def state(self) -> Any:
            raise RuntimeError("a bug")

    assert diff(Broken(tmp_path), parsed(STACK)) == 2
    assert "RuntimeError: a bug" in capsys.readouterr().err


def test_stack_that_is_not_there_or_has_no_pipeline_cannot_be_compared(compare: Diff, account: Direct) -> None:
    code, (line,) = compare("NoSuchStack")
    assert code == 2
    assert line.endswith("NoSuchStack does not exist: check the name and the Region; a stack in AWS needs --aws")
    client = account.client("cloudformation")
    client.create_stack(StackName="Bare", TemplateBody="Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n")
    client.get_waiter("stack_create_complete").wait(StackName="Bare", WaiterConfig={"Delay": 0.05})
    code, (line,) = compare("Bare")
    assert code == 2
    assert line.endswith("has no deployed Custom::ImagePipeline: name a stack that has one")
    (bare,) = client.describe_stacks(StackName="Bare")["Stacks"]
    client.delete_stack(StackName="Bare")
    client.get_waiter("stack_delete_complete").wait(StackName="Bare", WaiterConfig={"Delay": 0.05})
    code, (line,) = compare(bare["StackId"])
    assert (code, line) == (2, f"error: the stack {bare['StackId']} is deleted: name a stack that is deployed")


def test_role_needs_the_permissions_that_are_documented_and_no_others(account: Direct, tmp_path: Path) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="auditor")
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    environment = account.cloud.environment() | {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    done = run(tmp_path, environment, STACK, "--aws")
    assert done.code == 2
    assert "AccessDenied" in done.err
    assert done.err.endswith(f": allow {', '.join(PERMISSIONS)}\n")
    statement = {"Effect": "Allow", "Action": list(PERMISSIONS), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="auditor", PolicyName="Diff", PolicyDocument=policy)
    assert run(tmp_path, environment, STACK, "--aws").code == 0


def test_pipeline_that_was_deleted_by_hand_is_gone(compare: Diff, account: Direct, arns: dict[str, str]) -> None:
    client = account.client("imagebuilder")
    live = client.get_image_pipeline(imagePipelineArn=arns[PLAIN])["imagePipeline"]
    client.delete_image_pipeline(imagePipelineArn=arns[PLAIN])
    code, lines = compare()
    client.create_image_pipeline(name=live["name"], tags=live["tags"], **as_update(live))
    assert code == 1
    (line,) = (line for line in lines if line.startswith(PLAIN))
    assert line.startswith(f"{PLAIN}: gone: {arns[PLAIN]} was deleted outside of the stack")
    assert lines[-1] == "3 compared: 2 in sync, 1 gone"
