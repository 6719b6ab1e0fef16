"""Every prop, known only when the stack is deployed, in the local cloud: what the L1 makes of it, the construct makes."""

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.cdk import ROOT, Cdk, bootstrapped
from support.directly import Direct
from support.later import WAYS, each
from support.later_app import ACCOUNT, OTHER_STACK, REFUSED_OF_L1, REGION, ROLE, app_of, name_of
from support.profile import make_instance_profile
from support.program import CACHED

pytestmark = pytest.mark.timeout(600)

ARN = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT}"
OWN = {"arn", "name", "tags", "dateCreated", "dateUpdated", "dateNextRun"}
"""Members that two pipelines do not share. A rate counts from the moment of each pipeline's creation."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Deploy the apps of `support.later_app`, and return the pipelines by name."""
    folder = tmp_path_factory.mktemp("later")
    with bootstrapped(folder) as cli:
        make_instance_profile(cli.cloud)
        with closing(Direct(cli.cloud, folder)) as account:
            account.deploy(app_of(folder / "assembly"))
        deploy_what_looks_up(cli, folder)
        return {pipeline["name"]: pipeline for pipeline in cli.image_builder()["pipelines"]}


def deploy_what_looks_up(cli: Cdk, folder: Path) -> None:
    app = folder / "app"
    app.mkdir()
    # Look-ups are made by the CDK CLI, which runs the app once more with what it found.
    (app / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} -m support.later_app"}))
    settings = CACHED | {
        "PYTHONPATH": ":".join(str(ROOT / room) for room in ("constructs", "lambda", "local", "tests"))
    }
    command = ("deploy", "--all", "--require-approval=never", f"--output={folder / 'out'}")
    done = cli.run(*command, folder=app, settings=settings)
    assert done.returncode == 0, done.stdout


def shared(pipeline: dict[str, Any]) -> dict[str, Any]:
    """Return what two pipelines can have in common."""
    found: dict[str, Any] = given({member: value for member, value in pipeline.items() if member not in OWN})
    return found


def given(value: Any) -> Any:
    """Return a value without the maps in it that say nothing."""
    if not isinstance(value, dict):
        return value
    members = {name: given(member) for name, member in value.items()}
    return {name: member for name, member in members.items() if member not in ({}, [])}


CASES = list(each(ARN, ROLE, {**WAYS, OTHER_STACK: None}))


@pytest.mark.parametrize(("way", "prop"), CASES, ids=lambda case: getattr(case, "name", str(case)))
def test_pipeline_is_as_the_l1_makes_it(made: dict[str, Any], way: str, prop: Any) -> None:
    ours = shared(made[name_of(way, prop.name, "ours")])
    if prop.name in {"image_log_group", "image_pipeline_log_group"}:
        # Without a role the service refuses a log group that turns out not to be one of its own.
        assert ("executionRole" in ours) is (way != "look-up"), "the result of a look-up is known"
        ours.pop("executionRole", None)
    if prop.is_in_l1 and prop.name != "image_pipeline_name" and (way, prop.name) not in REFUSED_OF_L1:
        assert ours == shared(made[name_of(way, prop.name, "native")])
