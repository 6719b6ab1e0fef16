"""Names that have to be taken out of a value which is known only later: by CloudFormation, or not at all."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from support.evaluation import Deployment

from cdk_imagebuilder_pipeline import ImagePipeline, RecipeType

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
REFERENCE = "{{resolve:ssm:/golden/recipe}}"
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]
UNKNOWN = r"^ImagePipeline 'Stack/Web': recipe is a dynamic reference, so CloudFormation cannot extract the recipe name"

USES: list[Callable[[Any, Any], object]] = [
    lambda pipeline, _: pipeline.on_event("Rule"),
    lambda pipeline, _: pipeline.on_image_build_failed("Rule"),
    lambda pipeline, _: pipeline.on_wait_for_action("Rule"),
    lambda pipeline, role: pipeline.grant_start_execution(role),
]


@pytest.fixture
def role(stack: cdk.Stack) -> iam.Role:
    principal: Any = iam.AccountRootPrincipal()
    return iam.Role(stack, "Operator", assumed_by=principal)


def reference() -> str:
    return cdk.CfnDynamicReference(cdk.CfnDynamicReferenceService.SSM, "/golden/recipe").to_string()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make_recipe", [lambda: REFERENCE, reference, lambda: f"{ARN}:image-recipe/{REFERENCE}"])
def test_name_in_a_dynamic_reference_is_an_error_that_says_what_to_write(
    pipeline: Make, role: iam.Role, make_recipe: Callable[[], str], use: Callable[[Any, Any], object]
) -> None:
    kind = None if ARN in make_recipe() else RecipeType.IMAGE
    made = pipeline(recipe=make_recipe(), recipe_type=kind)
    with pytest.raises(ValueError, match=UNKNOWN):
        use(made, role)


@pytest.mark.parametrize("use", USES)
def test_name_in_a_dynamic_reference_to_the_recipe_of_an_imported_pipeline_is_the_same_error(
    stack: cdk.Stack, role: iam.Role, use: Callable[[Any, Any], object]
) -> None:
    imported = ImagePipeline.from_image_pipeline_name(stack, "Web", "web", recipe=REFERENCE)
    with pytest.raises(ValueError, match=UNKNOWN.replace("ImagePipeline", "ImportedImagePipeline")):
        use(imported, role)


@pytest.mark.parametrize(
    ("recipe", "deployment"),
    [
        (f"{ARN}:image-recipe/golden/{{{{resolve:ssm:/v}}}}", Deployment(parameter_store={"resolve:ssm:/v": "1.0.0"})),
        (f"{ARN}:image-recipe/{REFERENCE}/1.x.x", Deployment(parameter_store={REFERENCE.strip("{}"): "golden"})),
        (f"{REFERENCE}/golden/1.0.0", Deployment(parameter_store={REFERENCE.strip("{}"): f"{ARN}:image-recipe"})),
    ],
)
def test_name_that_stands_by_itself_is_found(
    stack: cdk.Stack, pipeline: Make, resources: Resources, recipe: str, deployment: Deployment
) -> None:
    pipeline(recipe=recipe, recipe_type=None if ":image-recipe/" in recipe else RecipeType.IMAGE).on_image_build_failed(
        "Rule"
    )
    (rule,) = resources(stack, "AWS::Events::Rule").values()
    assert deployment.value(rule["Properties"]["EventPattern"])["resources"] == [{"prefix": f"{ARN}:image/golden/"}]


def test_name_in_a_parameter_is_found_by_cloudformation(stack: cdk.Stack, pipeline: Make, resources: Resources) -> None:
    given = cdk.CfnParameter(stack, "Given", type="String")
    pipeline(recipe=given.value_as_string, recipe_type=RecipeType.IMAGE).on_image_build_failed("Rule")
    (rule,) = resources(stack, "AWS::Events::Rule").values()
    pattern = Deployment({"Given": f"{ARN}:image-recipe/golden/1.x.x"}).value(rule["Properties"]["EventPattern"])
    assert pattern["resources"] == [{"prefix": f"{ARN}:image/golden/"}]


def test_look_up_of_a_recipe_is_made_although_rules_and_permissions_need_its_name(
    pipeline: Make, role: iam.Role
) -> None:
    made = pipeline(recipe="dummy-value-for-/golden/recipe")
    for use in USES[:2]:
        use(made, role)
        made.node.try_remove_child("Rule")
    USES[3](made, role)


def test_imported_arn_that_is_a_dynamic_reference_is_used_whole(
    stack: cdk.Stack, role: iam.Role, resources: Resources
) -> None:
    imported = ImagePipeline.from_image_pipeline_arn(stack, "Web", "{{resolve:ssm:/golden/pipeline}}")
    imported.grant_read(role)
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"][0]["Resource"] == "{{resolve:ssm:/golden/pipeline}}"


def test_name_of_an_imported_arn_that_is_a_dynamic_reference_is_an_error(stack: cdk.Stack) -> None:
    imported = ImagePipeline.from_image_pipeline_arn(stack, "Web", "{{resolve:ssm:/golden/pipeline}}")
    with pytest.raises(ValueError, match=r"image_pipeline_arn is a dynamic reference, .* from_image_pipeline_name"):
        _ = imported.image_pipeline_name


@pytest.mark.parametrize("value", ["dummy-value-for-/golden/pipeline", f"{ARN}:image-pipeline/{REFERENCE}"])
def test_imported_arn_that_is_known_later_has_a_name(stack: cdk.Stack, value: str) -> None:
    imported = ImagePipeline.from_image_pipeline_arn(stack, "Web", value)
    assert imported.image_pipeline_name == value.partition("image-pipeline/")[2] or value


SECURE = ["{{resolve:secretsmanager:golden:SecretString:name}}", "{{resolve:ssm-secure:/golden}}"]


@pytest.mark.parametrize("secure", SECURE)
@pytest.mark.parametrize("prop", ["description", "image_pipeline_name", "image_tests_enabled", "status"])
def test_secure_reference_is_refused_because_cloudformation_hands_it_to_custom_resources_as_it_is(
    pipeline: Make, prop: str, secure: str
) -> None:
    with pytest.raises(
        ValueError, match=f"{prop} is a dynamic reference that CloudFormation does not resolve in custom"
    ):
        pipeline(**{prop: secure})
