"""The rules across members, on requests in the API's own spelling."""

from typing import Any

import pytest

from imagebuilder_model import check

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
MINIMAL = {
    "name": "web",
    "imageRecipeArn": f"{ARN}:image-recipe/web/1.0.0",
    "infrastructureConfigurationArn": f"{ARN}:infrastructure-configuration/web",
}
ROLE = {"executionRole": "builder"}
BUILD = f"{ARN}:workflow/build/own/1.0.0"
TEST = f"{ARN}:workflow/test/smoke/1.x.x"
DISTRIBUTION = f"{ARN}:workflow/distribution/own/1.0.0/2"
MANAGED = "arn:aws-us-gov:imagebuilder:us-gov-west-1:aws:workflow/build/build-image"
TOKEN = "${Token[TOKEN.1]}"


def problems(operation: str = "CreateImagePipeline", /, **members: Any) -> list[str]:
    found = check(operation, MINIMAL | members, is_unresolved=lambda value: isinstance(value, str) and TOKEN in value)
    return [str(problem) for problem in found]


def scanned(tests: Any, scanning: Any) -> dict[str, Any]:
    return {
        "imageTestsConfiguration": {"imageTestsEnabled": tests},
        "imageScanningConfiguration": {"imageScanningEnabled": scanning},
    }


def logs(member: str, name: Any) -> dict[str, Any]:
    return {"loggingConfiguration": {member: name}}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"workflows": [{"workflowArn": BUILD}]}, "workflows need a role to run with: give executionRole, or remove them"),
        (
            logs("imageLogGroupName", "/my/logs"),
            "loggingConfiguration.imageLogGroupName needs a role that may write to it: got '/my/logs', "
            "allowed without one are names that begin with /aws/imagebuilder/, give executionRole or such a name",
        ),
        (
            logs("pipelineLogGroupName", "/aws/imagebuilder"),
            "loggingConfiguration.pipelineLogGroupName needs a role that may write to it: got '/aws/imagebuilder', "
            "allowed without one are names that begin with /aws/imagebuilder/, give executionRole or such a name",
        ),
        (
            scanned(tests=False, scanning=True),
            "imageScanningConfiguration.imageScanningEnabled needs tests: got true while "
            "imageTestsConfiguration.imageTestsEnabled is false, enable tests or leave scanning out",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": TEST}, {"workflowArn": BUILD, "onFailure": "ABORT"}]},
            "workflows[1].onFailure is for test workflows only: got 'ABORT' for a build workflow, remove it",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": DISTRIBUTION, "onFailure": "CONTINUE"}]},
            "workflows[0].onFailure is for test workflows only: got 'CONTINUE' for a distribution workflow, remove it",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/1.0.1/1"}]},
            "workflows[0].workflowArn must be of version x.x.x, as every workflow that AWS manages: "
            f"got '1.0.1/1', write {MANAGED}/x.x.x",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/1.x.x"}]},
            "workflows[0].workflowArn must be of version x.x.x, as every workflow that AWS manages: "
            f"got '1.x.x', write {MANAGED}/x.x.x",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", ["CreateImagePipeline", "UpdateImagePipeline"])
def test_broken_rule_is_told_with_got_allowed_and_the_way_out(
    operation: str, members: dict[str, Any], message: str
) -> None:
    request = {"imagePipelineArn": f"{ARN}:image-pipeline/web"} if operation == "UpdateImagePipeline" else {}
    found = problems(operation, **request, **members)
    assert [problem for problem in found if not problem.startswith("name ")] == [message]


@pytest.mark.parametrize(
    "members",
    [
        ROLE | {"workflows": [{"workflowArn": BUILD}]},
        {"workflows": []},
        ROLE | logs("imageLogGroupName", "/my/logs"),
        logs("imageLogGroupName", "/aws/imagebuilder/web"),
        logs("pipelineLogGroupName", "/aws/imagebuilder/x"),
        scanned(tests=True, scanning=True),
        scanned(tests=False, scanning=False),
        {"imageScanningConfiguration": {"imageScanningEnabled": True}},
        {"imageScanningConfiguration": {"imageScanningEnabled": True}, "imageTestsConfiguration": {"timeoutMinutes": 60}},
        {"imageTestsConfiguration": {"imageTestsEnabled": False}},
        ROLE | {"workflows": [{"workflowArn": TEST, "onFailure": "ABORT", "parallelGroup": "a"}]},
        ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/x.x.x"}]},
        ROLE | {"workflows": [{"workflowArn": f"{ARN}:workflow/build/build-image/1.0.1/1"}]},
        {"imageScanningConfiguration": {"ecrConfiguration": {"repositoryName": "a"}}},
    ],
)  # fmt: skip
def test_request_at_the_edge_of_a_rule_has_no_problem(members: dict[str, Any]) -> None:
    assert problems(**members) == []


@pytest.mark.parametrize(
    "members",
    [
        {"workflows": TOKEN},
        {"workflows": [TOKEN]},
        {"workflows": [{"workflowArn": f"{ARN}:workflow/build/{TOKEN}/1.0.0"}]},
        {"workflows": [{"workflowArn": BUILD}], "executionRole": TOKEN},
        {"loggingConfiguration": TOKEN},
        logs("imageLogGroupName", f"/my/{TOKEN}"),
        logs("pipelineLogGroupName", TOKEN),
        logs("imageLogGroupName", "/my/logs") | {"executionRole": TOKEN},
        logs("pipelineLogGroupName", "/my/logs") | {"executionRole": TOKEN},
        scanned(tests=TOKEN, scanning=True),
        scanned(tests=False, scanning=TOKEN),
        {"imageTestsConfiguration": TOKEN, "imageScanningConfiguration": {"imageScanningEnabled": True}},
        {"imageScanningConfiguration": TOKEN, "imageTestsConfiguration": {"imageTestsEnabled": False}},
        ROLE | {"workflows": [{"workflowArn": f"{BUILD}{TOKEN}", "onFailure": "ABORT"}]},
        ROLE | {"workflows": [{"workflowArn": BUILD, "onFailure": TOKEN}]},
        ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/{TOKEN}"}]},
        {"containerRecipeArn": TOKEN},
        {"imageRecipeArn": TOKEN, "containerRecipeArn": f"{ARN}:container-recipe/web/1.0.0"},
    ],
)
def test_rule_passes_an_unresolved_member(members: dict[str, Any]) -> None:
    assert problems(**members) == []


@pytest.mark.parametrize(
    "members",
    [
        {"workflows": 5},
        {"workflows": [5]},
        {"workflows": [{}]},
        {"workflows": [{"workflowArn": 5, "onFailure": 5}]},
        {"workflows": {"workflowArn": BUILD}},
        {"loggingConfiguration": []},
        logs("imageLogGroupName", 5),
        logs("imageLogGroupName", ""),
        {"imageScanningConfiguration": "on", "imageTestsConfiguration": "off"},
        scanned(tests="false", scanning="true"),
    ],
)
def test_value_of_a_wrong_type_is_told_by_the_model_and_breaks_no_rule(members: dict[str, Any]) -> None:
    found = problems(**members)
    assert found
    assert not [problem for problem in found if " need" in problem or " only" in problem]


def test_rules_are_told_together_with_what_the_model_refuses() -> None:
    found = problems(
        description="",
        schedule={"scheduleExpression": "cron(0 0 * * 0)"},
        workflows=[{"workflowArn": f"{MANAGED}/1.0.0", "onFailure": "ABORT"}],
        **scanned(tests=False, scanning=True),
    )
    assert [problem.split()[0] for problem in found] == [
        "description",
        "schedule.scheduleExpression",
        "workflows",
        "imageScanningConfiguration.imageScanningEnabled",
        "workflows[0].onFailure",
        "workflows[0].workflowArn",
    ]


def test_other_operations_know_none_of_these_rules() -> None:
    found = check("TagResource", {"resourceArn": f"{ARN}:image-pipeline/web", "tags": {"a": "b"}, "workflows": [{}]})
    assert [problem.path for problem in found] == [("workflows",)]


def test_members_are_spelt_as_the_reader_knows_them() -> None:
    found = check("CreateImagePipeline", MINIMAL | scanned(tests=False, scanning=True), spell=str.upper)
    assert [str(problem) for problem in found] == [
        "IMAGESCANNINGCONFIGURATION.IMAGESCANNINGENABLED needs tests: got true while "
        "IMAGETESTSCONFIGURATION.IMAGETESTSENABLED is false, enable tests or leave scanning out"
    ]
