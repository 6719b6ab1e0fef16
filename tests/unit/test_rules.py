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
CONTAINER = {"imageRecipeArn": None, "containerRecipeArn": f"{ARN}:container-recipe/web/1.0.0"}
ROLE = {"executionRole": "builder"}
BUILD = f"{ARN}:workflow/build/own/1.0.0"
TEST = f"{ARN}:workflow/test/smoke/1.x.x"
DISTRIBUTION = f"{ARN}:workflow/distribution/own/1.0.0/2"
MANAGED = "arn:aws-us-gov:imagebuilder:us-gov-west-1:aws:workflow/build/build-image"
TOKEN = "${Token[TOKEN.1]}"


def problems(operation: str = "CreateImagePipeline", /, **members: Any) -> list[str]:
    request = {name: value for name, value in (MINIMAL | members).items() if value is not None}
    found = check(operation, request, is_unresolved=lambda value: isinstance(value, str) and TOKEN in value)
    return [str(problem) for problem in found]


def scanned(tests: Any, scanning: Any) -> dict[str, Any]:
    return {
        "imageTestsConfiguration": {"imageTestsEnabled": tests},
        "imageScanningConfiguration": {"imageScanningEnabled": scanning},
    }


def scan(kind: Any, **members: Any) -> dict[str, Any]:
    types = {} if kind is None else {"imageScanningTypes": [kind]}
    return {"imageScanningConfiguration": {"imageScanningEnabled": True} | types | members}


def logs(member: str, name: Any) -> dict[str, Any]:
    return {"loggingConfiguration": {member: name}}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"workflows": [{"workflowArn": BUILD}]}, "workflows require an execution role: give executionRole, or remove them"),
        (
            logs("imageLogGroupName", "/my/logs"),
            "loggingConfiguration.imageLogGroupName requires an execution role that can write to it: got '/my/logs', "
            "allowed without a role are names that begin with /aws/imagebuilder/: give executionRole or such a name",
        ),
        (
            logs("pipelineLogGroupName", "/aws/imagebuilder"),
            "loggingConfiguration.pipelineLogGroupName requires an execution role that can write to it: got '/aws/imagebuilder', "
            "allowed without a role are names that begin with /aws/imagebuilder/: give executionRole or such a name",
        ),
        (
            scanned(tests=False, scanning=True),
            "imageScanningConfiguration.imageScanningEnabled requires image tests: got true while "
            "imageTestsConfiguration.imageTestsEnabled is false, enable tests or disable scanning",
        ),
        (
            CONTAINER | scan("ON_DEMAND_AMI_CVE"),
            "imageScanningConfiguration.imageScanningTypes applies to image recipes only: got ON_DEMAND_AMI_CVE with "
            "containerRecipeArn, remove it: container images are scanned in their repository",
        ),
        (
            scan(None, scanResultCondition={"maximumSeverityLabel": "LOW"}),
            "imageScanningConfiguration.scanResultCondition requires a scan of the AMI itself: set "
            "imageScanningConfiguration.imageScanningTypes to ON_DEMAND_AMI_CVE, or remove it",
        ),
        (
            scan("TEST_INSTANCE_CVE", scanResultCondition={"maximumSeverityLabel": "LOW"}),
            "imageScanningConfiguration.scanResultCondition requires a scan of the AMI itself: set "
            "imageScanningConfiguration.imageScanningTypes to ON_DEMAND_AMI_CVE, or remove it",
        ),
        (
            scan("ON_DEMAND_AMI_CVE", scanResultCondition={"fixAvailable": False}),
            "imageScanningConfiguration.scanResultCondition.maximumSeverityLabel is missing",
        ),
        (
            scan("ON_DEMAND_AMI_CVE", scanResultCondition={"maximumSeverityLabel": "CRITICAL"}),
            "imageScanningConfiguration.scanResultCondition.maximumSeverityLabel is not an allowed value: "
            "got 'CRITICAL', allowed are INFORMATIONAL, LOW, MEDIUM, HIGH",
        ),
        (
            {"imageScanningConfiguration": {"imageScanningTypes": ["TEST_INSTANCE_CVE", "ON_DEMAND_AMI_CVE"]}},
            "imageScanningConfiguration.imageScanningTypes is too large: got 2 items, allowed 1 to 1",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/1.0.1/1"}]},
            "workflows[0].workflowArn must have version x.x.x, because AWS manages the workflow: "
            f"got '1.0.1/1', write {MANAGED}/x.x.x",
        ),
        (
            ROLE | {"workflows": [{"workflowArn": f"{MANAGED}/1.x.x"}]},
            "workflows[0].workflowArn must have version x.x.x, because AWS manages the workflow: "
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
        ROLE | {"workflows": [{"workflowArn": BUILD, "onFailure": "ABORT", "parallelGroup": "a"}]},
        ROLE | {"workflows": [{"workflowArn": DISTRIBUTION, "onFailure": "CONTINUE"}]},
        scan("ON_DEMAND_AMI_CVE", scanResultCondition={"maximumSeverityLabel": "HIGH", "fixAvailable": False}),
        scan("TEST_INSTANCE_CVE"),
        CONTAINER | scan("TEST_INSTANCE_CVE"),
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
        scan(None, imageScanningTypes=TOKEN, scanResultCondition={"maximumSeverityLabel": "LOW"}),
        scan(TOKEN, scanResultCondition={"maximumSeverityLabel": "LOW"}),
        scan(None, scanResultCondition=TOKEN),
        CONTAINER | scan(TOKEN),
        scan("ON_DEMAND_AMI_CVE") | {"containerRecipeArn": TOKEN},
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
        scan(None, imageScanningTypes="ON_DEMAND_AMI_CVE", scanResultCondition={"maximumSeverityLabel": "LOW"}),
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
        workflows=[{"workflowArn": f"{MANAGED}/1.0.0"}],
        **scanned(tests=False, scanning=True),
    )
    assert [problem.split()[0] for problem in found] == [
        "description",
        "schedule.scheduleExpression",
        "workflows",
        "imageScanningConfiguration.imageScanningEnabled",
        "workflows[0].workflowArn",
    ]


def test_other_operations_know_none_of_these_rules() -> None:
    found = check("TagResource", {"resourceArn": f"{ARN}:image-pipeline/web", "tags": {"a": "b"}, "workflows": [{}]})
    assert [problem.path for problem in found] == [("workflows",)]


def test_members_are_spelt_as_the_reader_knows_them() -> None:
    found = check("CreateImagePipeline", MINIMAL | scanned(tests=False, scanning=True), spell=str.upper)
    assert [str(problem) for problem in found] == [
        "IMAGESCANNINGCONFIGURATION.IMAGESCANNINGENABLED requires image tests: got true while "
        "IMAGETESTSCONFIGURATION.IMAGETESTSENABLED is false, enable tests or disable scanning"
    ]
