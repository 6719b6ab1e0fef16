"""Keeps the newest images of a pipeline's recipe, in all its versions, and deletes the others."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from constructs import Construct

from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.provider.lifecycle_role import allow_deletion_of_images
from cdk_imagebuilder_pipeline.provider.roles import AnyRole
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model import described
from imagebuilder_model.ownership import IN_USE

LIFECYCLE_ID: Final = "Lifecycle"

_MOST_IMAGES: Final = 1000
"""The largest count of a rule: `LifecyclePolicyDetailFilterValue` of the API, which the function does not call."""

_MOST_CHARACTERS: Final = 128
_ALL_VERSIONS: Final = "x.x.x"

_Policy = imagebuilder.CfnLifecyclePolicy


def problem_with_count(count: object) -> str | None:
    """Return why a number of images cannot be kept; None if it can, or if it is a token."""
    if isinstance(count, bool) or not isinstance(count, int | float):
        return f"count must be a number: got {described(count)}, allowed 1 to {_MOST_IMAGES}"
    if is_unresolved(count) or (isinstance(count, int) and 1 <= count <= _MOST_IMAGES):
        return None
    return f"count is not a number of images that can be kept: got {count}, allowed 1 to {_MOST_IMAGES}"


def keep_newest(
    pipeline: Construct, kind: RecipeType, recipe_name: str, count: int, role: AnyRole | None
) -> imagebuilder.CfnLifecyclePolicy:
    """Create the policy under a pipeline, and a role for it if none is given."""
    scope = Construct(pipeline, LIFECYCLE_ID)
    recipes = [_Policy.RecipeSelectionProperty(name=recipe_name, semantic_version=_ALL_VERSIONS)]
    rule = _Policy.PolicyDetailProperty(
        action=_Policy.ActionProperty(type="DELETE", include_resources=_outputs_of(kind)),
        filter=_Policy.FilterProperty(type="COUNT", value=count),
        # A stack may use an image that is not among the newest: after a rollback, or beside a schedule.
        exclusion_rules=_Policy.ExclusionRulesProperty(tag_map=dict(IN_USE)),
    )
    return _Policy(
        scope,
        "Resource",
        name=_generated_name(scope),
        resource_type="CONTAINER_IMAGE" if kind == RecipeType.CONTAINER else "AMI_IMAGE",
        execution_role=(_make_role(scope) if role is None else role).role_arn,
        policy_details=[rule],
        resource_selection=_Policy.ResourceSelectionProperty(recipes=recipes),
    )


def _outputs_of(kind: RecipeType) -> imagebuilder.CfnLifecyclePolicy.IncludeResourcesProperty:
    if kind == RecipeType.CONTAINER:
        return _Policy.IncludeResourcesProperty(containers=True)
    return _Policy.IncludeResourcesProperty(amis=True, snapshots=True)


def _generated_name(scope: Construct) -> str:
    return cdk.Names.unique_resource_name(
        scope, max_length=_MOST_CHARACTERS, separator="-", allowed_special_characters="_-"
    )


def _make_role(scope: Construct) -> iam.Role:
    principal: Any = iam.ServicePrincipal("imagebuilder.amazonaws.com")
    description = "Image Builder deletes old images of a recipe with it"
    role = iam.Role(scope, "Role", assumed_by=principal, description=description)
    allow_deletion_of_images(role)
    return role
