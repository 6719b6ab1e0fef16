"""The function behind a deployed pipeline is changed in place, or the pipeline is handed over to another one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from support.directly import Direct, direct

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineProvider, ImagePipelineProviderOptions

pytestmark = pytest.mark.timeout(600)

OWNER_TAGS = {"imagebuilder-pipeline:stack-id", "imagebuilder-pipeline:logical-id"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Direct]:
    with direct(tmp_path_factory.mktemp("cloud")) as made:
        yield made


def app_of(
    outdir: Path,
    name: str,
    construct_id: str = "Pipeline",
    *,
    options: ImagePipelineProviderOptions | None = None,
    own_provider: bool = False,
    **props: Any,
) -> cdk.App:
    """Return an app of one stack with a pipeline of the stack's name: of the shared provider, or of one of its own."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name=name, version="1.0.0", parent_image="ami-1")
    role = iam_role(stack)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=name, instance_profile_name=role
    )
    if options is not None:
        ImagePipelineProvider.of(stack, **options)
    pipeline = ImagePipeline(
        stack,
        construct_id,
        image_pipeline_name=name,
        recipe=recipe,
        infrastructure_configuration=infrastructure,
        provider=ImagePipelineProvider(stack, "Provider") if own_provider else None,
        **props,
    )
    cdk.CfnOutput(stack, "Arn", value=pipeline.image_pipeline_arn)
    return app


def iam_role(stack: cdk.Stack) -> str:
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")  # pyright does not see an IPrincipal in it
    role: Any = iam.Role(stack, "BuildInstance", assumed_by=principal)
    return iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name


def functions(cli: Direct) -> dict[str, dict[str, Any]]:
    """Return the configuration of each function of the cloud, by its name."""
    client = cli.client("lambda")
    try:
        return {one["FunctionName"]: one for one in client.list_functions()["Functions"]}
    finally:
        client.close()


def test_options_of_the_shared_provider_change_the_function_of_deployed_pipelines(
    account: Direct, tmp_path: Path
) -> None:
    account.deploy(app_of(tmp_path / "a", "Adjusted"))
    (before,) = (one for name, one in functions(account).items() if name.startswith("Adjusted-"))
    (made,) = account.pipelines("Adjusted")
    options: ImagePipelineProviderOptions = {
        "architecture": lambda_.Architecture.X86_64,
        "timeout": cdk.Duration.minutes(2),
    }
    account.deploy(app_of(tmp_path / "b", "Adjusted", options=options))
    (after,) = (one for name, one in functions(account).items() if name.startswith("Adjusted-"))
    assert after["FunctionArn"] == before["FunctionArn"]
    assert (before["Architectures"], after["Architectures"]) == (["arm64"], ["x86_64"])
    assert (before["Timeout"], after["Timeout"]) == (300, 120)
    assert [(one["arn"], one["dateCreated"]) for one in account.pipelines("Adjusted")] == [
        (made["arn"], made["dateCreated"])
    ]


def test_provider_with_a_key_moves_into_a_network_and_out_where_role_and_key_are_checked(
    account: Direct, tmp_path: Path
) -> None:
    def app(folder: str, *, in_network: bool) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder))
        stack = cdk.Stack(app, "Guarded")
        vpc = ec2.Vpc(
            stack,
            "Network",
            max_azs=1,
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[ec2.SubnetConfiguration(name="own", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
        )
        network: Any = (
            {"vpc": vpc, "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)}
            if in_network
            else {}
        )
        key: Any = kms.Key(stack, "Key", removal_policy=cdk.RemovalPolicy.DESTROY)
        ImagePipelineProvider.of(stack, encryption_key=key, **network)
        recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name="guarded", version="1.0.0", parent_image="ami-1")
        infrastructure = imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name="guarded", instance_profile_name=iam_role(stack)
        )
        ImagePipeline(stack, "Pipeline", recipe=recipe, infrastructure_configuration=infrastructure)
        return app

    logs = account.client("logs")
    try:
        account.deploy(app("a", in_network=True))
        (group,) = logs.describe_log_groups(logGroupNamePrefix="Guarded-")["logGroups"]
        assert ":key/" in group["kmsKeyId"]
        made = [one["dateCreated"] for one in account.pipelines("Guarded")]
        out = app("b", in_network=False)
        account.deploy(out)
        account.deploy(app("c", in_network=True))
        assert [one["dateCreated"] for one in account.pipelines("Guarded")] == made != []
        account.destroy(out)
    finally:
        logs.close()
    assert account.pipelines("Guarded") == []


def test_pipeline_goes_to_another_provider_by_a_new_id_and_is_never_deleted(account: Direct, tmp_path: Path) -> None:
    arn = account.deploy(app_of(tmp_path / "a", "Moved"))["Moved"]["Arn"]
    (before,) = account.pipelines("Moved")
    (old,) = (name for name in functions(account) if name.startswith("Moved-"))

    moved = account.deploy(app_of(tmp_path / "b", "Moved", "Handed", own_provider=True, adopt_existing=True))
    assert moved["Moved"]["Arn"] == arn
    (after,) = account.pipelines("Moved")
    assert (after["arn"], after["dateCreated"]) == (arn, before["dateCreated"])
    assert after["tags"]["imagebuilder-pipeline:logical-id"].startswith("Handed")
    (new,) = (name for name in functions(account) if name.startswith("Moved-"))
    assert new != old

    # Without adopt_existing it is this resource's for good, and goes with it.
    app = app_of(tmp_path / "c", "Moved", "Handed", own_provider=True)
    account.deploy(app)
    (kept,) = account.pipelines("Moved")
    assert (kept["arn"], kept["dateCreated"]) == (arn, before["dateCreated"])
    assert kept["tags"].keys() == OWNER_TAGS
    account.destroy(app)
    assert account.pipelines("Moved") == []


def test_pipeline_stays_where_it_was_when_the_deployment_that_moves_it_is_rolled_back(
    account: Direct, tmp_path: Path
) -> None:
    arn = account.deploy(app_of(tmp_path / "a", "Kept"))["Kept"]["Arn"]
    (before,) = account.pipelines("Kept")
    app = app_of(tmp_path / "b", "Kept", "Handed", own_provider=True, adopt_existing=True)
    stack: Any = app.node.find_child("Kept")
    missing = "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/missing/1.0.0"
    failing = ImagePipeline(
        stack,
        "Failing",
        recipe=missing,
        infrastructure_configuration="arn:aws:imagebuilder:us-east-1:000000000000:infrastructure-configuration/kept",
    )
    failing.node.add_dependency(stack.node.find_child("Handed"))
    assert "image-recipe/missing/1.0.0" in account.fail_to_deploy(app)
    # The Delete of the rollback takes its own tags off, so the pipeline is looked for by its ARN.
    left = {one["arn"]: one["dateCreated"] for one in account.image_builder()["pipelines"]}
    assert left.get(arn) == before["dateCreated"]
