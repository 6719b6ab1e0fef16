"""The real alpha L2 beside this construct: its own resources and its imported ones are taken as they are."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_imagebuilder_alpha as alpha
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
Properties = Callable[[], dict[str, Any]]
Make = Callable[..., ImagePipeline]


def text(value: Any) -> str:
    """Return an ARN as one text, with what is known at deployment as `<name>`."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))
        case _:
            raise AssertionError(value)


def image_recipe(stack: cdk.Stack) -> Any:
    return alpha.ImageRecipe(stack, "Recipe", base_image=alpha.BaseImage.from_ami_id("ami-0123456789abcdef0"))


def container_recipe(stack: cdk.Stack) -> Any:
    repository: Any = ecr.Repository(stack, "Target")
    return alpha.ContainerRecipe(
        stack,
        "Recipe",
        base_image=alpha.BaseContainerImage.from_docker_hub("amazonlinux", "latest"),
        target_repository=alpha.Repository.from_ecr(repository),
    )


@pytest.mark.parametrize(
    ("recipe", "arn"),
    [
        (image_recipe, "<Recipe"),
        (container_recipe, "<Recipe"),
        (lambda s: alpha.ImageRecipe.from_image_recipe_name(s, "I", "web"), ":image-recipe/web/x.x.x"),
        (
            lambda s: alpha.ImageRecipe.from_image_recipe_arn(s, "I", f"{ARN}:image-recipe/web/1.0.0"),
            f"{ARN}:image-recipe/web/1.0.0",
        ),
        (lambda s: alpha.ContainerRecipe.from_container_recipe_name(s, "C", "web"), ":container-recipe/web/x.x.x"),
        (
            lambda s: alpha.ContainerRecipe.from_container_recipe_arn(s, "C", f"{ARN}:container-recipe/web/1.0.0"),
            f"{ARN}:container-recipe/web/1.0.0",
        ),
    ],
)
def test_recipe_of_the_alpha_l2_is_taken(
    stack: cdk.Stack, pipeline: Make, properties: Properties, recipe: Callable[[cdk.Stack], Any], arn: str
) -> None:
    given = recipe(stack)
    pipeline(recipe=given).on_image_build_failed("Failed")
    is_container = "container" in arn or isinstance(given, alpha.ContainerRecipe)
    found = properties()
    assert ("ContainerRecipeArn" in found, "ImageRecipeArn" in found) == (is_container, not is_container)
    assert arn in text(found["ContainerRecipeArn" if is_container else "ImageRecipeArn"])


@pytest.mark.parametrize(
    ("configuration", "arn"),
    [
        (lambda s: alpha.InfrastructureConfiguration(s, "C"), "<C"),
        (
            lambda s: alpha.InfrastructureConfiguration.from_infrastructure_configuration_name(s, "C", "web"),
            ":infrastructure-configuration/web",
        ),
        (
            lambda s: alpha.InfrastructureConfiguration.from_infrastructure_configuration_arn(
                s, "C", f"{ARN}:infrastructure-configuration/web"
            ),
            f"{ARN}:infrastructure-configuration/web",
        ),
    ],
)
def test_infrastructure_configuration_of_the_alpha_l2_is_taken(
    stack: cdk.Stack, pipeline: Make, properties: Properties, configuration: Callable[[cdk.Stack], Any], arn: str
) -> None:
    pipeline(infrastructure_configuration=configuration(stack))
    assert arn in text(properties()["InfrastructureConfigurationArn"])


@pytest.mark.parametrize(
    ("configuration", "arn"),
    [
        (
            lambda s: alpha.DistributionConfiguration(
                s, "D", ami_distributions=[alpha.AmiDistribution(ami_name="web {{ imagebuilder:buildDate }}")]
            ),
            "<D",
        ),
        (
            lambda s: alpha.DistributionConfiguration.from_distribution_configuration_name(s, "D", "web"),
            ":distribution-configuration/web",
        ),
        (
            lambda s: alpha.DistributionConfiguration.from_distribution_configuration_arn(
                s, "D", f"{ARN}:distribution-configuration/web"
            ),
            f"{ARN}:distribution-configuration/web",
        ),
    ],
)
def test_distribution_configuration_of_the_alpha_l2_is_taken(
    stack: cdk.Stack, pipeline: Make, properties: Properties, configuration: Callable[[cdk.Stack], Any], arn: str
) -> None:
    pipeline(distribution_configuration=configuration(stack))
    assert arn in text(properties()["DistributionConfigurationArn"])


@pytest.mark.parametrize(
    ("workflow", "arn"),
    [
        (
            lambda s: alpha.Workflow(
                s, "W", workflow_type=alpha.WorkflowType.TEST, data=alpha.WorkflowData.from_inline("name: smoke")
            ),
            "<W",
        ),
        (
            lambda s: alpha.Workflow.from_workflow_arn(s, "W", f"{ARN}:workflow/test/smoke/1.0.0/1"),
            f"{ARN}:workflow/test/smoke/1.0.0/1",
        ),
        (lambda s: alpha.AmazonManagedWorkflow.build_image(s, "W"), ":aws:workflow/build/build-image/x.x.x"),
    ],
)
def test_workflow_of_the_alpha_l2_is_taken(
    stack: cdk.Stack, pipeline: Make, properties: Properties, workflow: Callable[[cdk.Stack], Any], arn: str
) -> None:
    pipeline(workflows=[WorkflowConfiguration(workflow=workflow(stack))])
    assert arn in text(properties()["Workflows"][0]["WorkflowArn"])


def test_l1_resources_are_taken_by_their_references(stack: cdk.Stack, pipeline: Make, properties: Properties) -> None:
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name="web", version="1.0.0", parent_image="ami-1")
    workflow = imagebuilder.CfnWorkflow(stack, "Workflow", name="smoke", type="TEST", version="1.0.0", data="{}")
    pipeline(recipe=recipe, workflows=[WorkflowConfiguration(workflow=workflow)])
    found = properties()
    assert (found["ImageRecipeArn"], found["Workflows"]) == ({"Ref": "Recipe"}, [{"WorkflowArn": {"Ref": "Workflow"}}])


def test_roles_repositories_and_log_groups_are_taken_imported_and_made(
    stack: cdk.Stack, properties: Properties, minimal: dict[str, Any]
) -> None:
    props: dict[str, Any] = minimal | {
        "recipe": f"{ARN}:container-recipe/web/1.0.0",
        "execution_role": iam.Role.from_role_name(stack, "Role", "build"),
        "image_scanning_enabled": True,
        "image_scanning_ecr_repository": ecr.Repository(stack, "Repository"),
        "image_log_group": logs.LogGroup(stack, "Logs"),
        "image_pipeline_log_group": logs.LogGroup.from_log_group_arn(
            stack, "Own", "arn:aws:logs:eu-west-1:123456789012:log-group:own:*"
        ),
    }
    ImagePipeline(stack, "Web", **props)
    found = properties()
    assert text(found["ExecutionRole"]).endswith(":role/build")
    assert text(found["ImageScanningConfiguration"]["EcrConfiguration"]["RepositoryName"]).startswith("<Repository")
    assert text(found["LoggingConfiguration"]["ImageLogGroupName"]).startswith("<Logs")
    assert found["LoggingConfiguration"]["PipelineLogGroupName"] == "own"


def test_values_of_the_alpha_l2_are_taken_for_those_of_ours(pipeline: Make, properties: Properties) -> None:
    value: Any = alpha.WorkflowParameterValue.from_boolean(value=True)
    workflow = f"{ARN}:workflow/test/smoke/1.0.0/1"
    pipeline(
        workflows=[WorkflowConfiguration(workflow=workflow, parameters={"fast": value})],
        status=alpha.ImagePipelineStatus.DISABLED,
    )
    found = properties()
    assert found["Workflows"][0]["Parameters"] == [{"Name": "fast", "Value": ["true"]}]
    assert found["Status"] == "DISABLED"


def schedules() -> dict[str, Any]:
    london = cdk.TimeZone.EUROPE_LONDON
    every = scheduler.ScheduleExpression
    return {
        "of the expression": ImagePipelineSchedule(expression=every.cron(hour="6", minute="0", time_zone=london)),
        "of the schedule": ImagePipelineSchedule(expression=every.rate(cdk.Duration.days(1)), timezone=london),
        "of both": ImagePipelineSchedule(
            expression=every.cron(hour="6", minute="0", time_zone=london), timezone="Europe/London"
        ),
    }


@pytest.mark.parametrize("case", ["of the expression", "of the schedule", "of both"])
def test_time_zone_of_a_schedule_expression_is_that_of_the_schedule(
    pipeline: Make, properties: Properties, case: str
) -> None:
    pipeline(schedule=schedules()[case])
    assert properties()["Schedule"]["Timezone"] == "Europe/London"


def test_two_time_zones_of_one_schedule_are_an_error(pipeline: Make) -> None:
    paris = scheduler.ScheduleExpression.cron(hour="6", time_zone=cdk.TimeZone.EUROPE_PARIS)
    schedule = ImagePipelineSchedule(expression=paris, timezone="Europe/London")
    message = "schedule.timezone differs from the time zone of the expression: got 'Europe/London' and 'Europe/Paris'"
    with pytest.raises(ValueError, match=message):
        pipeline(schedule=schedule)


def test_l1_roles_log_groups_and_repositories_are_taken_by_their_references(
    stack: cdk.Stack, pipeline: Make, properties: Properties
) -> None:
    role = iam.CfnRole(stack, "Role", assume_role_policy_document={})
    group = logs.CfnLogGroup(stack, "Group", log_group_name="/aws/imagebuilder/web")
    repository = ecr.CfnRepository(stack, "Repository", repository_name="web")
    pipeline(
        execution_role=role,
        image_log_group=group,
        image_pipeline_log_group=group,
        image_scanning_ecr_repository=repository,
    )
    found = properties()
    assert found["ExecutionRole"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert list(found["LoggingConfiguration"].values()) == [{"Ref": "Group"}, {"Ref": "Group"}]
    assert found["ImageScanningConfiguration"]["EcrConfiguration"] == {"RepositoryName": {"Ref": "Repository"}}


def test_log_group_of_the_l1_needs_a_role_that_may_write_to_it(
    stack: cdk.Stack, pipeline: Make, resources: Any
) -> None:
    pipeline(image_log_group=logs.CfnLogGroup(stack, "Group", log_group_name="web"))
    policies = resources(stack, "AWS::IAM::Policy")
    (statement,) = next(p for key, p in policies.items() if "ExecutionRole" in key)["Properties"]["PolicyDocument"][
        "Statement"
    ]
    assert statement["Resource"] == {"Fn::GetAtt": ["Group", "Arn"]}
