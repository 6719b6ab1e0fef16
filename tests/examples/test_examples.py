"""Each guide's app, as it stands in its folder, deployed to one local cloud.

The real CDK CLI deploys the one with a stage, by its `cdk.json`. The others are synthesised in this process by the program
that their `cdk.json` names, and deployed by CloudFormation itself.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cdk import ROOT, Cdk, bootstrapped
from support.directly import Direct
from support.program import CACHED, run_program

pytestmark = pytest.mark.timeout(600)

EXAMPLES = ROOT / "examples"
ACCOUNT = "000000000000"
PIPELINES = f"arn:aws:imagebuilder:us-east-1:{ACCOUNT}:image-pipeline/"

STARTED_BY = {"app": "python app.py"}
"""The `cdk.json` of each example, so that what starts one by the CDK CLI starts all."""

Pipeline = dict[str, Any]
Put = Callable[..., Pipeline]


@pytest.fixture(scope="session")
def cdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    """The CDK CLI before a bootstrapped cloud."""
    with bootstrapped(tmp_path_factory.mktemp("examples")) as cli:
        yield cli


@pytest.fixture
def put(cdk: Cdk, tmp_path: Path) -> Iterator[Put]:
    """Deploy an example by CloudFormation and return its pipeline, which its outputs name when nothing else does."""
    account = Direct(cdk.cloud, cdk.folder)

    def put(example: str, program: str = "app.py", *, arn: str | None = None) -> Pipeline:
        folder = tmp_path / program
        (app,) = run_program(EXAMPLES / example / program, folder)
        (outputs,) = account.deploy(app).values()
        assert_instances_have_a_profile_of_the_stack(folder)
        return pipeline(cdk, arn or outputs["PipelineArn"])

    yield put
    account.close()


def assert_instances_have_a_profile_of_the_stack(assembly: Path) -> None:
    """Fail for an instance profile that is only named: no account has one before somebody makes it."""
    templates = [json.loads(path.read_text())["Resources"] for path in assembly.rglob("*.template.json")]
    infrastructures = [
        (one["Properties"]["InstanceProfileName"], resources)
        for resources in templates
        for one in resources.values()
        if one["Type"] == "AWS::ImageBuilder::InfrastructureConfiguration"
    ]
    assert infrastructures
    for profile, resources in infrastructures:
        assert isinstance(profile, dict), f"nobody makes the instance profile {profile}"
        made = resources[profile["Ref"]]
        assert made["Type"] == "AWS::IAM::InstanceProfile"
        (role,) = made["Properties"]["Roles"]
        assert "EC2InstanceProfileForImageBuilder" in repr(resources[role["Ref"]]["Properties"]["ManagedPolicyArns"])


def pipeline(cdk: Cdk, arn: str) -> Pipeline:
    (found,) = [found for found in cdk.image_builder()["pipelines"] if found["arn"] == arn]
    return dict(found)


def test_ami_is_built_by_its_recipe_tested_for_an_hour_and_distributed(put: Put) -> None:
    made = put("ami")
    assert made["arn"] == f"{PIPELINES}web"
    assert made["imageRecipeArn"].endswith(":image-recipe/web/1.0.0")
    assert made["distributionConfigurationArn"].endswith(":distribution-configuration/web")
    assert made["imageTestsConfiguration"] == {"imageTestsEnabled": True, "timeoutMinutes": 720}
    assert made["imageTags"] == {"team": "web"}


def test_container_is_scanned_in_the_stack_s_repository(put: Put) -> None:
    made = put("container")
    assert made["containerRecipeArn"].endswith(":container-recipe/api/1.0.0")
    scanning = made["imageScanningConfiguration"]
    assert scanning["imageScanningEnabled"] is True
    assert scanning["ecrConfiguration"]["repositoryName"].startswith("apiimage-repository")
    assert scanning["ecrConfiguration"]["containerTags"] == ["scanned"]


def test_container_is_built_by_the_deployment_for_the_task_definition(cdk: Cdk, put: Put) -> None:
    made = put("container-build")
    assert made["lastRunStatus"] == "AVAILABLE"
    ecs = cdk.client("ecs")
    try:
        (arn,) = ecs.list_task_definitions()["taskDefinitionArns"]
        (container,) = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
    finally:
        ecs.close()
    registry, _, name = container["image"].partition("/")
    assert registry == f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
    assert re.fullmatch(r"worker-repository[^:]*:1\.0\.0-1", name)


def test_workflows_run_in_order_with_a_role_that_the_construct_made(put: Put) -> None:
    made = put("workflows")
    build, boot, large = made["workflows"]
    assert build["workflowArn"].endswith(":aws:workflow/build/build-image/x.x.x")
    assert boot["workflowArn"].endswith(":workflow/test/boot/1.0.0/1")
    assert large["parameters"] == [{"name": "instanceType", "value": ["t3.large"]}]
    assert (boot["parallelGroup"], large["parallelGroup"]) == ("tests", "tests")
    assert large["onFailure"] == "CONTINUE"
    assert ":role/" in made["executionRole"]


def test_schedule_ends_after_three_failures(put: Put) -> None:
    schedule = put("scheduled")["schedule"]
    assert schedule["scheduleExpression"] == "cron(30 2 ? * MON-FRI *)"
    assert schedule["timezone"] == "Europe/London"
    assert schedule["autoDisablePolicy"] == {"failureCount": 3}


def test_one_region_is_deployed_where_the_credentials_are_of(put: Put) -> None:
    assert put("regions")["arn"] == f"{PIPELINES}base"


def test_several_accounts_and_regions_are_a_stack_each(tmp_path: Path) -> None:
    places = ["111122223333/eu-west-1", "111122223333/us-east-1", "222233334444/eu-west-1"]
    run_program(EXAMPLES / "regions" / "app.py", tmp_path, {"environments": ",".join(places)})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    stacks = [entry for entry in manifest["artifacts"].values() if entry["type"] == "aws:cloudformation:stack"]
    assert sorted(entry["environment"] for entry in stacks) == [f"aws://{place}" for place in places]


def test_stage_that_cdk_pipelines_ships_deploys_by_itself(cdk: Cdk, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs.json"
    done = cdk.run(
        *("deploy", "Local/*", "--require-approval=never", "--method=direct", "--context=local=true"),
        f"--output={tmp_path / 'cdk.out'}",
        f"--outputs-file={outputs}",
        folder=EXAMPLES / "cdk-pipelines",
        settings=CACHED,
    )
    assert done.returncode == 0, done.stdout
    assert_instances_have_a_profile_of_the_stack(tmp_path / "cdk.out")
    (stack,) = json.loads(outputs.read_text()).values()
    assert pipeline(cdk, stack["PipelineArn"])["arn"] == f"{PIPELINES}shipped"


def test_cdk_pipelines_has_a_stage_for_each_account(tmp_path: Path) -> None:
    # The local cloud has no CodePipeline, so the delivery itself is synthesised only.
    run_program(EXAMPLES / "cdk-pipelines" / "app.py", tmp_path)
    template = json.loads((tmp_path / "Delivery.template.json").read_text())
    (delivery,) = [
        one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::CodePipeline::Pipeline"
    ]
    stages = [stage["Name"] for stage in delivery["Stages"]]
    assert stages == ["Source", "Build", "UpdatePipeline", "Assets", "Test", "Production"]


def test_native_pipeline_is_taken_over_and_not_made_again(put: Put) -> None:
    native = put("adopting", "before.py", arn=f"{PIPELINES}legacy")
    assert native.get("tags", {}) == {}
    adopted = put("adopting")
    assert (adopted["arn"], adopted["dateCreated"]) == (native["arn"], native["dateCreated"])
    assert ":stack/LegacyImage/" in adopted["tags"]["imagebuilder-pipeline:stack-id"]


def test_auto_scaling_group_runs_the_ami_that_the_deployment_builds(tmp_path: Path) -> None:
    run_program(EXAMPLES / "build-on-deploy" / "app.py", tmp_path)
    assert_instances_have_a_profile_of_the_stack(tmp_path)
    resources = json.loads((tmp_path / "WebFleet.template.json").read_text())["Resources"]
    (build,) = (name for name, one in resources.items() if one["Type"] == "Custom::ImagePipelineBuild")
    (template,) = (one for one in resources.values() if one["Type"] == "AWS::EC2::LaunchTemplate")
    assert template["Properties"]["LaunchTemplateData"]["ImageId"] == {"Fn::GetAtt": [build, "ImageId"]}


def test_every_example_is_started_by_its_cdk_json_as_the_one_that_the_cdk_cli_deploys() -> None:
    assert [path for path in EXAMPLES.glob("*/cdk.json") if json.loads(path.read_text()) != STARTED_BY] == []


def test_every_example_is_named_by_a_test() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/cdk.json")}
    named = Path(__file__).read_text(encoding="utf-8")
    assert folders
    assert [folder for folder in sorted(folders) if f'"{folder}"' not in named] == []
