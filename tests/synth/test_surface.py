"""What a pipeline offers, made here or imported: permissions, names, references."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk.interfaces.aws_imagebuilder import ImagePipelineReference
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineBase
from imagebuilder_model.ownership import OWNER_TAGS

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
PIPELINE = f"{ARN}:image-pipeline/web"
HERE = ["arn:", {"Ref": "AWS::Partition"}, ":imagebuilder:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def grantee(stack: cdk.Stack) -> Any:
    principal: Any = iam.AccountRootPrincipal()  # pyright does not see an IPrincipal in it
    return iam.Role(stack, "Grantee", assumed_by=principal)


@pytest.fixture
def granted(stack: cdk.Stack, resources: Resources) -> Callable[[], list[tuple[Any, Any]]]:
    """Return actions and resource of each statement that the grantee has."""

    def read() -> list[tuple[Any, Any]]:
        (policy,) = (p for key, p in resources(stack, "AWS::IAM::Policy").items() if key.startswith("Grantee"))
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        return [(statement["Action"], statement["Resource"]) for statement in statements]

    return read


READ = ["imagebuilder:GetImagePipeline", "imagebuilder:ListImagePipelineImages", "imagebuilder:ListTagsForResource"]
START = ["imagebuilder:GetImagePipeline", "imagebuilder:StartImagePipelineExecution"]
TAG = "imagebuilder:TagResource"


@pytest.fixture
def conditions(stack: cdk.Stack, resources: Resources) -> Callable[[], list[Any]]:
    """Return the resource and the condition of each statement of the grantee that has one."""

    def read() -> list[Any]:
        (policy,) = (p for key, p in resources(stack, "AWS::IAM::Policy").items() if key.startswith("Grantee"))
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        return [(one["Action"], one["Resource"], one["Condition"]) for one in statements if "Condition" in one]

    return read


def test_grant_is_of_these_actions_on_this_pipeline(
    pipeline: Make, grantee: Any, granted: Callable[[], list[Any]]
) -> None:
    grant = pipeline().grant(grantee, "imagebuilder:UpdateImagePipeline", "imagebuilder:DeleteImagePipeline")
    grant.assert_success()
    both = ["imagebuilder:UpdateImagePipeline", "imagebuilder:DeleteImagePipeline"]
    assert granted() == [(both, {"Ref": "Web3C8945DB"})]


def test_grant_read_is_to_read_this_pipeline(pipeline: Make, grantee: Any, granted: Callable[[], list[Any]]) -> None:
    pipeline().grant_read(grantee)
    assert granted() == [(READ, {"Ref": "Web3C8945DB"})]


def test_grant_start_execution_is_to_start_and_tag_it_and_to_tag_images_of_its_recipe(
    pipeline: Make, grantee: Any, granted: Callable[[], list[Any]]
) -> None:
    pipeline().grant_start_execution(grantee)
    images = {"Fn::Join": ["", [*HERE, ":image/web/*"]]}
    made = {"Ref": "Web3C8945DB"}
    assert granted() == [(TAG, images), (TAG, made), (START, made)]


def test_grant_start_execution_leaves_the_tags_that_say_whose_the_pipeline_is(
    pipeline: Make, grantee: Any, conditions: Callable[[], list[Any]]
) -> None:
    pipeline().grant_start_execution(grantee)
    shield = {"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": list(OWNER_TAGS)}}
    assert conditions() == [(TAG, {"Ref": "Web3C8945DB"}, shield)]


@pytest.mark.parametrize(
    ("keys", "decision"),
    [
        ([], "Allow"),
        (["team", "cost"], "Allow"),
        (["imagebuilder-pipeline:stack-id"], "ImplicitDeny"),
        (["team", "imagebuilder-pipeline:logical-id"], "ImplicitDeny"),
        (["Imagebuilder-Pipeline:Stack-Id"], "ImplicitDeny"),
    ],
)
def test_whoever_may_start_a_pipeline_cannot_change_whose_it_is(
    stack: cdk.Stack, grantee: Any, resources: Resources, keys: list[str], decision: str
) -> None:
    ImagePipeline.from_image_pipeline_arn(stack, "Imported", PIPELINE).grant_start_execution(grantee)
    (policy,) = resources(stack, "AWS::IAM::Policy").values()
    own = [one for one in policy["Properties"]["PolicyDocument"]["Statement"] if one["Resource"] == PIPELINE]
    question = EvalContext(
        principal_arn="arn:aws:iam::123456789012:role/grantee",
        principal_type="AssumedRole",
        principal_account="123456789012",
        action=TAG,
        resource_arn=PIPELINE,
        region="eu-west-1",
        tag_keys=keys,
    )
    assert evaluate(question, [parse_policy_document({"Statement": own})]).decision == decision


def test_grant_start_execution_with_a_recipe_that_is_a_token_names_the_recipe(
    stack: cdk.Stack, pipeline: Make, grantee: Any, granted: Callable[[], list[Any]]
) -> None:
    recipe = imagebuilder.CfnImageRecipe(stack, "Recipe", name="Web", version="1.0.0", parent_image="ami-1")
    pipeline(recipe=recipe).grant_start_execution(grantee)
    name = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Recipe"}]}]}
    assert granted()[0] == (TAG, {"Fn::Join": ["", [*HERE, ":image/", name, "/*"]]})


def test_imported_pipeline_has_the_grants_of_a_made_one(
    stack: cdk.Stack, grantee: Any, granted: Callable[[], list[Any]]
) -> None:
    recipe = f"{ARN}:container-recipe/web/x.x.x"
    made = ImagePipeline.from_image_pipeline_arn(stack, "Imported", PIPELINE, recipe=recipe)
    made.grant(grantee, "imagebuilder:UpdateImagePipeline")
    made.grant_read(grantee)
    made.grant_start_execution(grantee)
    images = ["arn:", {"Ref": "AWS::Partition"}, ":imagebuilder:eu-west-1:123456789012:image/web/*"]
    assert granted() == [
        ("imagebuilder:UpdateImagePipeline", PIPELINE),
        (READ, PIPELINE),
        (TAG, {"Fn::Join": ["", images]}),
        (TAG, PIPELINE),
        (START, PIPELINE),
    ]


def test_imported_pipeline_without_a_recipe_may_tag_images_of_the_account(
    stack: cdk.Stack, grantee: Any, granted: Callable[[], list[Any]]
) -> None:
    ImagePipeline.from_image_pipeline_name(stack, "Imported", "web").grant_start_execution(grantee)
    assert granted()[0] == (TAG, {"Fn::Join": ["", [*HERE, ":image/*"]]})


def test_pipeline_of_a_name_has_the_arn_that_the_service_makes_of_it(stack: cdk.Stack) -> None:
    made = ImagePipeline.from_image_pipeline_name(stack, "Imported", "My Web_Server")
    assert stack.resolve(made.image_pipeline_arn) == {"Fn::Join": ["", [*HERE, ":image-pipeline/my-web-server"]]}
    assert "my-web-server" in repr(stack.resolve(made.image_pipeline_name))


def test_pipeline_of_a_name_that_is_a_token_has_it_as_it_is(stack: cdk.Stack) -> None:
    made = ImagePipeline.from_image_pipeline_name(stack, "Imported", cdk.Fn.import_value("Name"))
    arn = {"Fn::Join": ["", [*HERE, ":image-pipeline/", {"Fn::ImportValue": "Name"}]]}
    assert stack.resolve(made.image_pipeline_arn) == arn


@pytest.mark.parametrize("name", ["a", "a.b", " web", "web ", "ä" * 5, "w" * 129])
def test_name_that_no_pipeline_can_have_is_refused(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/Imported': image_pipeline_name "):
        ImagePipeline.from_image_pipeline_name(stack, "Imported", name)


def test_pipeline_of_an_arn_has_its_name_account_and_region(stack: cdk.Stack) -> None:
    made = ImagePipeline.from_image_pipeline_arn(stack, "Imported", PIPELINE)
    assert (made.image_pipeline_arn, made.image_pipeline_name) == (PIPELINE, "web")
    assert (made.env.account, made.env.region) == ("123456789012", "eu-west-1")


def test_pipeline_of_an_arn_that_is_a_token_is_taken_apart_at_deployment(stack: cdk.Stack) -> None:
    made = ImagePipeline.from_image_pipeline_arn(stack, "Imported", cdk.Fn.import_value("Arn"))
    assert stack.resolve([made.image_pipeline_arn, made.image_pipeline_name]) == [
        {"Fn::ImportValue": "Arn"},
        {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": "Arn"}]}]},
    ]


@pytest.mark.parametrize("arn", ["web", f"{ARN}:image-recipe/web/1.0.0", f"{ARN}:image-pipeline/Web"])
def test_arn_of_something_else_is_refused(stack: cdk.Stack, arn: str) -> None:
    with pytest.raises(
        ValueError, match=r"^ImagePipeline 'Stack/Imported': image_pipeline_arn is not a pipeline ARN: "
    ):
        ImagePipeline.from_image_pipeline_arn(stack, "Imported", arn)


def test_recipe_that_is_none_is_refused_and_a_token_is_taken(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipeline 'Stack/A': recipe must be a recipe construct or the ARN of"):
        ImagePipeline.from_image_pipeline_arn(stack, "A", PIPELINE, recipe="web")
    token = cdk.Fn.import_value("Recipe")
    ImagePipeline.from_image_pipeline_arn(stack, "B", PIPELINE, recipe=token).on_image_build_failed("Rule")


def test_both_kinds_are_one_type_and_what_the_cdk_refers_to(stack: cdk.Stack, pipeline: Make) -> None:
    both: list[ImagePipelineBase] = [pipeline(), ImagePipeline.from_image_pipeline_arn(stack, "Imported", PIPELINE)]
    for made in both:
        reference = made.image_pipeline_ref
        assert isinstance(reference, ImagePipelineReference)
        assert reference.image_pipeline_arn == made.image_pipeline_arn
        assert isinstance(made, ImagePipelineBase)


def test_no_permission_prints_that_something_is_deprecated(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(GRANTS, encoding="utf-8")
    done = subprocess.run([sys.executable, str(app)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "deprecated" not in done.stdout + done.stderr


GRANTS = f"""
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from cdk_imagebuilder_pipeline import ImagePipeline

stack = cdk.Stack(cdk.App(), "Stack")
made = ImagePipeline(
    stack,
    "Web",
    recipe="{ARN}:image-recipe/web/1.0.0",
    infrastructure_configuration="{ARN}:infrastructure-configuration/web",
)
role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
made.grant(role, "imagebuilder:UpdateImagePipeline")
made.grant_read(role)
made.grant_start_execution(role)
made.notify_auto_disabled()
"""
