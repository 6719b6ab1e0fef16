"""Apps whose pipelines build on deploy, and what the local cloud has of them."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineBuild, ImagePipelineProvider
from support.cdk import Cdk


def built_app(outdir: Path, name: str, *, later_fails: bool = False, **changes: Any) -> cdk.App:
    """Return an app of one stack: a pipeline that builds on deploy, and a launch template with the AMI.

    `later_fails` adds a resource that fails after the launch template was changed. `changes` are those of `pipeline`,
    and options of the build.
    """
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    build = pipeline(stack, name, **changes)
    template = launch_template(stack, name, build.image_id)
    outputs(stack, ImageId=build.image_id, ImageArn=build.image_arn, Version=build.image_version)
    if later_fails:
        token = ImagePipelineProvider.of(stack).service_token
        gone = f"arn:aws:imagebuilder:{stack.region}:{stack.account}:image/no-such-image/1.0.0/1"
        later = cdk.CfnResource(
            stack,
            "Later",
            type="Custom::ImagePipelineImage",
            properties={"ServiceToken": token, "ServiceTimeout": 300, "ImageArn": gone, "WaitSeconds": 0},
        )
        later.add_dependency(template)
    return app


def containers_app(outdir: Path, name: str, **changes: Any) -> cdk.App:
    """Return an app of one stack: a pipeline that builds a container image, and a task definition with it."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    build = pipeline(stack, name, is_container=True, **changes)
    task = ecs.FargateTaskDefinition(stack, "Task", family=name)
    task.add_container("Main", image=ecs.ContainerImage.from_registry(build.image_uri))
    outputs(stack, ImageUri=build.image_uri, ImageArn=build.image_arn, TaskArn=task.task_definition_arn)
    return app


def waits_app(outdir: Path, name: str) -> cdk.App:
    """Return an app of one stack with a pipeline that nothing waits for, and one with three parts of a wait."""
    app = cdk.App(outdir=str(outdir))
    stack = cdk.Stack(app, name)
    started = pipeline(stack, f"{name}-started", wait=False)
    outputs(stack, StartedArn=started.image_arn, StartedVersion=started.image_version)
    long = pipeline(stack, f"{name}-long", timeout=cdk.Duration.hours(2))
    outputs(stack, LongId=long.image_id, LongArn=long.image_arn)
    launch_template(stack, f"{name}-long", long.image_id)
    return app


def pipeline(
    stack: cdk.Stack,
    name: str,
    *,
    version: str = "1.0.0",
    command: str = "true",
    description: str = "golden",
    is_container: bool = False,
    **options: Any,
) -> ImagePipelineBuild:
    """Make a pipeline with all that it refers to, whose component runs a command; return its build."""
    # One of several pipelines of a stack has a scope of its own.
    scope: Construct = stack if name == stack.stack_name else Construct(stack, name)
    steps = [{"name": "Harden", "action": "ExecuteBash", "inputs": {"commands": [command]}}]
    document = {"name": name, "schemaVersion": 1.0, "phases": [{"name": "build", "steps": steps}]}
    component = imagebuilder.CfnComponent(
        scope, "Component", name=name, platform="Linux", version=version, data=cdk.Fn.to_json_string(document)
    )
    common: dict[str, Any] = {
        "name": name,
        "version": version,
        "components": [{"componentArn": component.attr_arn}],
    }
    recipe: Any
    if is_container:
        repository = {"service": "ECR", "repositoryName": name.lower()}
        recipe = imagebuilder.CfnContainerRecipe(
            scope,
            "Recipe",
            parent_image="amazonlinux:2023",
            container_type="DOCKER",
            target_repository=repository,
            **common,
        )
    else:
        recipe = imagebuilder.CfnImageRecipe(scope, "Recipe", parent_image="ami-1", **common)
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")  # pyright does not see an IPrincipal in it
    role: Any = iam.Role(scope, "BuildInstance", assumed_by=principal)
    profile = iam.InstanceProfile(scope, "InstanceProfile", role=role)
    made = ImagePipeline(
        scope,
        "Pipeline",
        image_pipeline_name=name,
        description=description,
        recipe=recipe,
        infrastructure_configuration=imagebuilder.CfnInfrastructureConfiguration(
            scope, "Infrastructure", name=name, instance_profile_name=profile.instance_profile_name
        ),
    )
    return made.build_on_deploy(**options)


def launch_template(stack: cdk.Stack, name: str, image_id: str) -> ec2.CfnLaunchTemplate:
    return ec2.CfnLaunchTemplate(
        stack, "Template", launch_template_name=name, launch_template_data={"imageId": image_id}
    )


def outputs(stack: cdk.Stack, **values: str) -> None:
    for key, value in values.items():
        cdk.CfnOutput(stack, key, value=value)


def images(cli: Cdk, name: str) -> list[dict[str, Any]]:
    """Return the images of a pipeline, oldest first."""
    client = cli.client("imagebuilder")
    try:
        arn = f"arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/{name.lower()}"
        found = client.list_image_pipeline_images(imagePipelineArn=arn)["imageSummaryList"]
        return sorted(found, key=lambda image: image["dateCreated"])
    finally:
        client.close()


def states(cli: Cdk, name: str) -> list[str]:
    """Return the states of the images of a pipeline, oldest first."""
    return [image["state"]["status"] for image in images(cli, name)]


def state_of(cli: Cdk, image_arn: str) -> str:
    """Return the state of an image whose pipeline may be gone."""
    client = cli.client("imagebuilder")
    try:
        return str(client.get_image(imageBuildVersionArn=image_arn)["image"]["state"]["status"])
    finally:
        client.close()


def ami_in_use(cli: Cdk, name: str) -> str:
    """Return the AMI of the newest version of the launch template."""
    client = cli.client("ec2")
    try:
        (version,) = client.describe_launch_template_versions(LaunchTemplateName=name, Versions=["$Latest"])[
            "LaunchTemplateVersions"
        ]
        return str(version["LaunchTemplateData"]["ImageId"])
    finally:
        client.close()


def container_in_use(cli: Cdk, name: str) -> str:
    """Return the image of the newest active revision of the task definition."""
    client = cli.client("ecs")
    try:
        *_, newest = client.list_task_definitions(familyPrefix=name, status="ACTIVE")["taskDefinitionArns"]
        (container,) = client.describe_task_definition(taskDefinition=newest)["taskDefinition"]["containerDefinitions"]
        return str(container["image"])
    finally:
        client.close()
