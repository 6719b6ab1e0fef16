"""One function for many stacks, and roles of others. The CDK CLI deploys an app of three stacks; the rest goes without."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_logs as logs
from support.cdk import Cdk, bootstrapped
from support.directly import Direct

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, ImagePipelineProviderBase

pytestmark = pytest.mark.timeout(600)

STACK_ID = "imagebuilder-pipeline:stack-id"


@pytest.fixture(scope="module")
def cdk_cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cdk]:
    with bootstrapped(tmp_path_factory.mktemp("cloud")) as cli:
        yield cli


@pytest.fixture(scope="module")
def account(cdk_cli: Cdk) -> Iterator[Direct]:
    """What deploys to the same cloud without the CDK CLI."""
    with closing(Direct(cdk_cli.cloud, cdk_cli.folder)) as made:
        yield made


def principal(service: str) -> Any:
    return iam.ServicePrincipal(service)  # pyright does not see an IPrincipal in it


def pipeline(stack: cdk.Stack, provider: ImagePipelineProviderBase | None = None, **props: Any) -> ImagePipeline:
    """Make a pipeline with the name of its stack, and what it refers to."""
    name = stack.stack_name
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name=name, version="1.0.0", parent_image="ami-1")
    role: Any = iam.Role(stack, "BuildInstance", assumed_by=principal("ec2.amazonaws.com"))
    profile = iam.InstanceProfile(stack, "InstanceProfile", role=role)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=name, instance_profile_name=profile.instance_profile_name
    )
    return ImagePipeline(
        stack,
        "Pipeline",
        image_pipeline_name=name,
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        provider=provider,
        **props,
    )


def functions(cli: Cdk) -> list[str]:
    client = cli.client("lambda")
    try:
        return [one["FunctionName"] for one in client.list_functions()["Functions"]]
    finally:
        client.close()


def shared(app: cdk.App) -> ImagePipelineProvider:
    stack = cdk.Stack(app, "Shared")
    provider = ImagePipelineProvider(stack, "Provider", stack_names=["Team*"])
    provider.policy.allow_pass(stack.format_arn(service="iam", region="", resource="role", resource_name="Team*"))
    cdk.CfnOutput(stack, "ServiceToken", value=provider.service_token, export_name="Images")
    return provider


def test_one_function_makes_changes_and_deletes_the_pipelines_of_two_stacks(
    cdk_cli: Cdk, account: Direct, tmp_path: Path
) -> None:
    def app(folder: str, *, description: str) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder))
        provider = shared(app)
        for name in ("TeamA", "TeamB"):
            stack = cdk.Stack(app, name)
            role = iam.Role(stack, "Execution", assumed_by=principal("imagebuilder.amazonaws.com"))
            group = logs.LogGroup(stack, "Image")
            pipeline(stack, provider, description=description, execution_role=role, image_log_group=group)
        return app

    cdk_cli.deploy(app("a", description="first"))
    (function,) = functions(cdk_cli)
    made = [*cdk_cli.pipelines("TeamA"), *cdk_cli.pipelines("TeamB")]
    assert [one["name"] for one in made] == ["TeamA", "TeamB"]
    assert [one["tags"][STACK_ID].split("/")[1] for one in made] == ["TeamA", "TeamB"]
    changed = app("b", description="second")
    account.deploy(changed)
    assert functions(cdk_cli) == [function]
    after = [*cdk_cli.pipelines("TeamA"), *cdk_cli.pipelines("TeamB")]
    assert [(one["arn"], one["description"]) for one in after] == [(one["arn"], "second") for one in made]
    account.destroy(changed)
    assert [*cdk_cli.pipelines("TeamA"), *cdk_cli.pipelines("TeamB")] == []


def test_app_without_a_provider_takes_the_function_of_another_app_by_its_service_token(
    account: Direct, tmp_path: Path
) -> None:
    owner = cdk.App(outdir=str(tmp_path / "owner"))
    shared(owner)
    account.deploy(owner)

    def app(folder: str, name: str) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder))
        stack = cdk.Stack(app, name)
        pipeline(stack, ImagePipelineProvider.from_service_token(stack, "Provider", cdk.Fn.import_value("Images")))
        return app

    served = app("served", "TeamC")
    account.deploy(served)
    assert [one["name"] for one in account.pipelines("TeamC")] == ["TeamC"]
    (function,) = functions(account)
    # The name of this one is not among those that the owner serves, and so IAM stops the function. With more time, it
    # would wait two minutes for a permission to come.
    with closing(account.client("lambda")) as client:
        client.update_function_configuration(FunctionName=function, Timeout=8)
    foreign = app("foreign", "Other")
    assert "AccessDenied" in account.fail_to_deploy(foreign)
    assert [one["name"] for one in account.image_builder()["pipelines"]] == ["TeamC"]
    account.destroy(foreign)
    account.destroy(served)
    account.destroy(owner)


def test_roles_of_another_stack_make_a_pipeline_and_write_its_logs(account: Direct, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "roles"))
    roles, images = cdk.Stack(app, "Roles"), cdk.Stack(app, "Images")
    provider = ImagePipelineProvider(
        images,
        "Provider",
        role=iam.Role(roles, "Function", assumed_by=principal("lambda.amazonaws.com")),
        function_name="image-pipelines",
        reserved_concurrent_executions=5,
        managed_policies_only=True,
    )
    pipeline(
        images,
        provider,
        execution_role=iam.Role(roles, "Execution", assumed_by=principal("imagebuilder.amazonaws.com")),
        image_log_group=logs.LogGroup(images, "Image"),
    )
    account.deploy(app)
    assert [one["name"] for one in account.pipelines("Images")] == ["Images"]
    assert functions(account) == ["image-pipelines"]
    account.destroy(app)
    assert account.pipelines("Images") == []
