"""Builds on deploy: the resources that wait, their attributes, and what is refused."""

import math
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_imagebuilder_alpha as alpha
from aws_cdk import aws_ssm as ssm

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineBuild, ImagePipelineProvider

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
BUILD, IMAGE = "Custom::ImagePipelineBuild", "Custom::ImagePipelineImage"
CONTAINER = {"recipe": f"{ARN}:container-recipe/web/1.0.0"}
TOKEN = "arn:aws:lambda:eu-west-1:123456789012:function:images"
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def chain(stack: cdk.Stack, resources: Resources) -> Callable[[], list[dict[str, Any]]]:
    """Return the build and its parts, in the order in which they wait."""

    def read() -> list[dict[str, Any]]:
        ((name, build),) = resources(stack, BUILD).items()
        found, parts = [build], resources(stack, IMAGE)
        while parts:
            ((name, _),) = ((key, one) for key, one in parts.items() if one["Properties"]["ImageArn"] == {"Ref": name})
            found.append(parts.pop(name))
        return found

    return read


def test_build_is_one_resource_that_waits_55_minutes(
    stack: cdk.Stack, pipeline: Make, resources: Resources, chain: Callable[[], list[dict[str, Any]]]
) -> None:
    build = pipeline().build_on_deploy()
    assert isinstance(build, ImagePipelineBuild)
    ((machine, _),) = resources(stack, "AWS::StepFunctions::StateMachine").items()
    (name,) = (name for name in resources(stack, "AWS::Lambda::Function") if "Watcher" not in name)
    (found,) = chain()
    properties = found["Properties"]
    assert len(properties.pop("Trigger")) == 32
    assert properties == {
        "ServiceToken": {"Fn::GetAtt": [name, "Arn"]},
        "ServiceTimeout": 3600,
        "PipelineArn": {"Ref": "Web3C8945DB"},
        "WaitSeconds": 3300,
        "TimeoutSeconds": 3300,
        "WatcherArn": {"Ref": machine},
    }


def test_ids_of_the_constructs_are_build_resource_and_part(pipeline: Make) -> None:
    build = pipeline().build_on_deploy(timeout=cdk.Duration.hours(2))
    assert build.node.path == "Stack/Web/Build"
    assert [child.node.id for child in build.node.children] == ["Resource", "Part2", "Part3"]


@pytest.mark.parametrize(
    ("minutes", "parts"),
    [(1, [1]), (55, [55]), (56, [55, 1]), (110, [55, 55]), (120, [55, 55, 10]), (720, [55] * 13 + [5])],
)
def test_further_55_minutes_are_a_part_each(
    pipeline: Make, chain: Callable[[], list[dict[str, Any]]], minutes: int, parts: list[int]
) -> None:
    pipeline().build_on_deploy(timeout=cdk.Duration.minutes(minutes))
    found = [one["Properties"] for one in chain()]
    assert [one["WaitSeconds"] for one in found] == [part * 60 for part in parts]
    assert math.fsum(one["WaitSeconds"] for one in found) == minutes * 60
    assert [one.get("IsLast", True) for one in found] == [False] * (len(parts) - 1) + [True]
    assert {one["TimeoutSeconds"] for one in found} == {minutes * 60}
    assert {one["ServiceTimeout"] for one in found} == {3600}
    assert len(found) <= 14


def test_without_waiting_the_pipeline_is_only_started(
    stack: cdk.Stack, pipeline: Make, resources: Resources, chain: Callable[[], list[dict[str, Any]]]
) -> None:
    build = pipeline().build_on_deploy(wait=False, timeout=cdk.Duration.hours(5))
    (found,) = chain()
    assert found["Properties"]["WaitSeconds"] == 0
    assert not {"WatcherArn", "TimeoutSeconds", "IsLast"} & found["Properties"].keys()
    assert resources(stack, "AWS::StepFunctions::StateMachine") == {}
    assert len(resources(stack, "AWS::Lambda::Function")) == 1
    assert stack.resolve(build.image_arn) == {"Ref": "WebBuildDA347938"}


def test_token_of_seconds_is_for_one_resource(pipeline: Make, chain: Callable[[], list[dict[str, Any]]]) -> None:
    seconds = cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Seconds"}))
    pipeline().build_on_deploy(timeout=seconds)
    (found,) = chain()
    assert found["Properties"]["WaitSeconds"] == found["Properties"]["TimeoutSeconds"] == {"Ref": "Seconds"}


def test_image_tags_reach_the_build(pipeline: Make, chain: Callable[[], list[dict[str, Any]]]) -> None:
    pipeline().build_on_deploy(image_tags={"team": "web", "ref": cdk.Fn.ref("Tag")})
    assert chain()[0]["Properties"]["ImageTags"] == {"team": "web", "ref": {"Ref": "Tag"}}


ATTRIBUTES: list[tuple[dict[str, Any], Callable[[ImagePipelineBuild], str], str]] = [
    ({}, lambda build: build.image_id, "ImageId"),
    ({}, lambda build: build.image_id_in("us-east-1"), "ImageId.us-east-1"),
    ({}, lambda build: build.image_version, "Version"),
    (CONTAINER, lambda build: build.image_uri, "ImageUri"),
    (CONTAINER, lambda build: build.image_uri_in("us-east-1"), "ImageUri.us-east-1"),
]


@pytest.mark.parametrize(("props", "read", "attribute"), ATTRIBUTES, ids=[one for _, _, one in ATTRIBUTES])
def test_attributes_are_those_of_the_last_part(
    stack: cdk.Stack, pipeline: Make, props: dict[str, Any], read: Callable[[ImagePipelineBuild], str], attribute: str
) -> None:
    build = pipeline(**props).build_on_deploy(timeout=cdk.Duration.hours(1))
    part: Any = build.node.find_child("Part2")
    name = stack.get_logical_id(part)
    assert stack.resolve([read(build), build.image_arn]) == [{"Fn::GetAtt": [name, attribute]}, {"Ref": name}]


OTHER_TYPE = [
    ({}, lambda build: build.image_uri, "image_uri is not what the pipeline builds: got a recipe of type image, allowed is one of type container: use image_id"),
    ({}, lambda build: build.image_uri_in("eu-west-1"), "image_uri_in is not what the pipeline builds: got a recipe of type image, allowed is one of type container: use image_id_in"),
    (CONTAINER, lambda build: build.image_id, "image_id is not what the pipeline builds: got a recipe of type container, allowed is one of type image: use image_uri"),
    (CONTAINER, lambda build: build.machine_image, "image_id is not what the pipeline builds: got a recipe of type container, allowed is one of type image: use image_uri"),
]  # fmt: skip


@pytest.mark.parametrize(("props", "read", "message"), OTHER_TYPE, ids=range(len(OTHER_TYPE)))
def test_output_of_the_other_type_is_refused(
    pipeline: Make, props: dict[str, Any], read: Callable[[Any], Any], message: str
) -> None:
    build = pipeline(**props).build_on_deploy()
    with pytest.raises(ValueError, match=r"^ImagePipelineBuild 'Stack/Web/Build': ") as error:
        read(build)
    assert str(error.value).endswith(message)


def test_looked_up_recipe_may_be_of_either_type(stack: cdk.Stack, app: cdk.App, minimal: dict[str, Any]) -> None:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    own = cdk.Stack(app, "Own", env=env)
    minimal["recipe"] = ssm.StringParameter.value_from_lookup(own, "/recipe")
    build = ImagePipeline(own, "Web", **minimal).build_on_deploy()
    assert build.image_uri
    assert build.image_id


@pytest.mark.parametrize("name", ["image_id", "machine_image"])
def test_id_is_refused_when_nothing_waits_for_it(pipeline: Make, name: str) -> None:
    build = pipeline().build_on_deploy(wait=False)
    with pytest.raises(ValueError, match="image_id is not known when nothing waits for the image: got wait=False, all"):
        getattr(build, name)


@pytest.mark.parametrize("region", [cdk.Aws.REGION, "", 7, None])
def test_region_has_to_be_known_at_synth(pipeline: Make, region: Any) -> None:
    build = pipeline().build_on_deploy()
    with pytest.raises(ValueError, match="image_id_in needs a Region known at synth: got "):
        build.image_id_in(region)


def test_machine_image_is_that_of_launch_templates_and_groups(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    build = pipeline().build_on_deploy()
    vpc: Any = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    template: Any = ec2.LaunchTemplate(
        stack,
        "Template",
        machine_image=build.machine_image,
        instance_type=ec2.InstanceType("t3.small"),
        user_data=ec2.UserData.for_linux(),
    )
    autoscaling.AutoScalingGroup(stack, "Group", vpc=vpc, launch_template=template)
    (found,) = resources(stack, "AWS::EC2::LaunchTemplate").values()
    assert found["Properties"]["LaunchTemplateData"]["ImageId"] == {"Fn::GetAtt": ["WebBuildDA347938", "ImageId"]}


def l1_recipe(stack: cdk.Stack, platform: str) -> Any:
    component = imagebuilder.CfnComponent(
        stack, "Component", name="harden", version="1.0.0", platform=platform, data="phases: []"
    )
    parts = [{"componentArn": component.attr_arn}]
    return imagebuilder.CfnImageRecipe(
        stack, "Recipe", name="web", version="1.0.0", parent_image="ami-1", components=parts
    )


def alpha_recipe(stack: cdk.Stack, platform: str) -> Any:
    component = alpha.Component(
        stack,
        "Component",
        platform=getattr(alpha.Platform, platform.upper()),
        data=alpha.ComponentData.from_json_object({}),
    )
    parts = [alpha.ComponentConfiguration(component=component)]
    return alpha.ImageRecipe(stack, "Recipe", base_image=alpha.BaseImage("ami-1"), components=parts)


@pytest.mark.parametrize("recipe", [l1_recipe, alpha_recipe])
@pytest.mark.parametrize(
    ("platform", "os_type"),
    [("Windows", ec2.OperatingSystemType.WINDOWS), ("Linux", ec2.OperatingSystemType.LINUX)],
)
def test_operating_system_is_that_of_the_components_of_the_app(
    stack: cdk.Stack, pipeline: Make, recipe: Any, platform: str, os_type: ec2.OperatingSystemType
) -> None:
    build = pipeline(recipe=recipe(stack, platform)).build_on_deploy()
    assert build.machine_image.get_image(stack).os_type == os_type


def test_construct_that_depends_on_the_build_waits_for_the_last_part(
    stack: cdk.Stack, pipeline: Make, resources: Resources
) -> None:
    build = pipeline().build_on_deploy(timeout=cdk.Duration.hours(1))
    dependent = cdk.CfnResource(stack, "Dependent", type="AWS::SNS::Topic")
    dependent.node.add_dependency(build)
    assert set(resources(stack, "AWS::SNS::Topic")["Dependent"]["DependsOn"]) == {
        *resources(stack, BUILD),
        *resources(stack, IMAGE),
    }


def test_build_depends_on_what_its_pipeline_depends_on(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    made = pipeline()
    made.build_on_deploy()
    made.node.add_dependency(cdk.CfnResource(stack, "First", type="AWS::SNS::Topic"))
    (build,) = resources(stack, BUILD).values()
    assert build["DependsOn"] == ["First"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"timeout": cdk.Duration.seconds(59)}, "timeout is too small: got 59 seconds, allowed 1 minute to 12 hours"),
    ({"timeout": cdk.Duration.hours(13)}, "timeout is too large: got 13 hours, allowed 1 minute to 12 hours"),
    ({"timeout": 55}, "timeout must be a Duration: got 55, write Duration.minutes(...)"),
    ({"wait": "yes"}, "wait must be true or false: got 'yes'"),
    ({"triggers": ["a"]}, "triggers must be a map: got a list"),
    ({"triggers": {"a": 1}}, "triggers['a'] must be a string: got 1"),
    ({"triggers": {1: "a"}}, "triggers must be a map with strings as keys: got 1"),
    ({"image_tags": "a"}, "image_tags must be a map: got 'a'"),
    ({"image_tags": {"aws:a": "b"}}, "image_tags['aws:a'] has a key that does not match the pattern: got 'aws:a', allowed is "),
    ({"image_tags": {"a": "b" * 257}}, "image_tags['a'] is too large: got 257 characters, allowed at most 256"),
    ({"image_tags": {"imagebuilder-pipeline:stack-id": "x"}}, "image_tags['imagebuilder-pipeline:stack-id'] is set by the resource itself: remove it"),
    ({"image_tags": {"ImageBuilder-Pipeline:What-Is-Built": "x"}}, "image_tags['ImageBuilder-Pipeline:What-Is-Built'] is set by the resource itself: remove it"),
    ({"image_tags": {f"k{n}": "" for n in range(47)}}, "image_tags is too large: got 47 entries, allowed 46, because the resource adds 4 of its own"),
    ({"removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "removal_policy is not an allowed value: got SNAPSHOT, allowed are RETAIN, DESTROY"),
    ({"removal_policy": "DESTROY"}, "removal_policy is not an allowed value: got 'DESTROY', allowed are RETAIN, DESTROY"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=range(len(REFUSED)))
def test_option_that_cannot_be_is_refused_with_what_is_allowed(
    pipeline: Make, options: dict[str, Any], message: str
) -> None:
    made = pipeline()
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Web': ") as error:
        made.build_on_deploy(**options)
    assert str(error.value).startswith(f"ImagePipeline 'Stack/Web': {message}")
    assert made.node.try_find_child("Build") is None


def test_46_tags_are_allowed(pipeline: Make) -> None:
    pipeline().build_on_deploy(image_tags={f"k{n}": "" for n in range(46)})


def test_token_of_minutes_is_refused_with_the_way_out(pipeline: Make) -> None:
    minutes = cdk.Duration.minutes(cdk.Token.as_number({"Ref": "Minutes"}))
    with pytest.raises(ValueError, match=r"timeout is a token of another unit than seconds: .*Duration.seconds\(...\)"):
        pipeline().build_on_deploy(timeout=minutes)


def test_all_problems_are_reported_at_once(pipeline: Make) -> None:
    untyped: Any = pipeline().build_on_deploy
    with pytest.raises(
        ValueError, match=r"2 problems:\n- timeout must be a Duration: .*\n- wait must be true or false"
    ):
        untyped(timeout=5, wait="no")


def test_second_build_of_a_pipeline_is_refused(pipeline: Make) -> None:
    made = pipeline()
    made.build_on_deploy()
    with pytest.raises(
        ValueError, match="build_on_deploy makes the one build of a pipeline: got a second call, allowed"
    ):
        made.build_on_deploy()


def test_imported_pipeline_is_refused(stack: cdk.Stack) -> None:
    imported: Any = ImagePipeline.from_image_pipeline_name(stack, "Imported", "web")
    with pytest.raises(
        ValueError, match="build_on_deploy is for pipelines created in the app: got an imported one, which"
    ):
        imported.build_on_deploy(wait=False)


def test_images_are_deleted_with_the_role_for_it(
    stack: cdk.Stack, pipeline: Make, resources: Resources, chain: Callable[[], list[dict[str, Any]]]
) -> None:
    pipeline().build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    roles = resources(stack, "AWS::IAM::Role")
    (name,) = (name for name in roles if "LifecycleRole" in name)
    properties = chain()[0]["Properties"]
    assert (properties["OnDelete"], properties["LifecycleRoleArn"]) == ("DELETE", {"Fn::GetAtt": [name, "Arn"]})
    assert "EC2ImageBuilderLifecycleExecutionPolicy" in repr(roles[name]["Properties"]["ManagedPolicyArns"])


def l1_distribution(stack: cdk.Stack, template_id: str | None) -> Any:
    templates = [{"launchTemplateId": template_id}] if template_id else []
    regions = [{"region": "eu-west-1", "licenseConfigurationArns": [], "launchTemplateConfigurations": templates}]
    return imagebuilder.CfnDistributionConfiguration(stack, "Distribution", name="web", distributions=regions)


def alpha_distribution(stack: cdk.Stack, template_id: str | None) -> Any:
    made = alpha.DistributionConfiguration(stack, "Distribution")
    launch: Any = ec2.LaunchTemplate.from_launch_template_attributes(stack, "Template", launch_template_id="lt-1")
    templates = [alpha.LaunchTemplateConfiguration(launch_template=launch)] if template_id else None
    made.add_ami_distributions(alpha.AmiDistribution(region="eu-west-1", ami_name="web", launch_templates=templates))
    return made


@pytest.mark.parametrize("distribution", [l1_distribution, alpha_distribution])
def test_images_of_launch_templates_are_not_deleted(stack: cdk.Stack, pipeline: Make, distribution: Any) -> None:
    made = pipeline(distribution_configuration=distribution(stack, "lt-1"))
    with pytest.raises(
        ValueError, match="got DESTROY with a distribution that has launchTemplateConfigurations, allowed"
    ):
        made.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    made.build_on_deploy()


@pytest.mark.parametrize("distribution", [l1_distribution, alpha_distribution])
def test_images_of_other_distributions_are_deleted(stack: cdk.Stack, pipeline: Make, distribution: Any) -> None:
    made = pipeline(distribution_configuration=distribution(stack, None))
    made.build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)


def test_launch_template_that_is_added_later_is_an_error_of_the_synthesis(
    app: cdk.App, stack: cdk.Stack, pipeline: Make
) -> None:
    distribution = alpha.DistributionConfiguration(stack, "Distribution")
    untyped: Any = distribution
    pipeline(distribution_configuration=untyped).build_on_deploy(removal_policy=cdk.RemovalPolicy.DESTROY)
    launch: Any = ec2.LaunchTemplate.from_launch_template_attributes(stack, "Template", launch_template_id="lt-1")
    templates = [alpha.LaunchTemplateConfiguration(launch_template=launch)]
    distribution.add_ami_distributions(alpha.AmiDistribution(region="eu-west-1", launch_templates=templates))
    with pytest.raises(RuntimeError, match="got DESTROY with a distribution that has launchTemplateConfigurations"):
        app.synth()


def test_imported_provider_needs_what_waits(stack: cdk.Stack, pipeline: Make, chain: Callable[[], list[Any]]) -> None:
    made = pipeline("A", provider=ImagePipelineProvider.from_service_token(stack, "P", TOKEN))
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/A': the provider does not say what waits for a build"):
        made.build_on_deploy()
    made.build_on_deploy(wait=False)
    assert chain()[0]["Properties"]["ServiceToken"] == TOKEN


def test_imported_provider_says_what_waits(
    stack: cdk.Stack, pipeline: Make, chain: Callable[[], list[dict[str, Any]]]
) -> None:
    watcher = "arn:aws:states:eu-west-1:123456789012:stateMachine:images"
    provider = ImagePipelineProvider.from_service_token(stack, "P", TOKEN, watcher_arn=watcher)
    pipeline(provider=provider).build_on_deploy()
    assert chain()[0]["Properties"]["WatcherArn"] == watcher


@pytest.mark.parametrize("arn", ["images", TOKEN])
def test_arn_that_is_no_state_machine_is_refused(stack: cdk.Stack, arn: str) -> None:
    with pytest.raises(
        ValueError, match=r"watcher_arn is not the ARN of a state machine: got '.*', one is arn:aws:sta"
    ):
        ImagePipelineProvider.from_service_token(stack, "P", TOKEN, watcher_arn=arn)


def test_imported_provider_deletes_no_images(stack: cdk.Stack, pipeline: Make) -> None:
    made = pipeline(provider=ImagePipelineProvider.from_service_token(stack, "P", TOKEN))
    with pytest.raises(ValueError, match="got DESTROY with a provider that is deployed elsewhere, allowed is RETAIN"):
        made.build_on_deploy(wait=False, removal_policy=cdk.RemovalPolicy.DESTROY)


def test_provider_of_another_stack_waits_in_its_own(app: cdk.App, pipeline: Make) -> None:
    shared, own = cdk.Stack(app, "Shared"), cdk.Stack(app, "Own")
    provider = ImagePipelineProvider(shared, "Provider", stack_names=["Own"])
    pipeline(scope=own, provider=provider).build_on_deploy()
    templates = {name: app.synth().get_stack_by_name(name).template["Resources"] for name in ("Shared", "Own")}
    types = {name: [one["Type"] for one in template.values()] for name, template in templates.items()}
    assert "AWS::StepFunctions::StateMachine" in types["Shared"]
    assert sorted(types["Own"]) == ["Custom::ImagePipeline", BUILD]
