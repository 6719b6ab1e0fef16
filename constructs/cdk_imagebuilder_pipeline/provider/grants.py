"""Resource grants of a pipeline: the narrowest resources that are always sufficient for each reference."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.provider.build_grants import BUILD_TYPES
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy, ReadKind
from cdk_imagebuilder_pipeline.values.conditions import each_case
from cdk_imagebuilder_pipeline.values.references import Resolver, is_arn_of_resource, reference_in, slashes_in
from cdk_imagebuilder_pipeline.values.tokens import is_look_up, is_unresolved, text_of
from imagebuilder_model import DYNAMIC_REFERENCE

_RECIPES: Final[Mapping[str, ReadKind]] = {
    "imageRecipeArn": "image-recipe",
    "containerRecipeArn": "container-recipe",
}
_CONFIGURATIONS: Final[Mapping[str, ReadKind]] = {
    "infrastructureConfigurationArn": "infrastructure-configuration",
    "distributionConfigurationArn": "distribution-configuration",
}

_BEFORE_VERSION: Final[Mapping[ReadKind, int]] = {"image-recipe": 2, "container-recipe": 2, "workflow": 3, "image": 2}
"""Number of slashes before the version in an ARN, by kind. Configurations have no version."""

_DEFAULT_SCANNING_REPOSITORY: Final = "image-builder-image-scanning-repository"
"""The repository that the service creates to scan container images if none is given (API reference)."""

_VERSION: Final = re.compile(r"/[0-9x]+\.[0-9x]+\.[0-9x]+(?:/[0-9]+)?$")
_UNKNOWN: Final = re.compile(rf"\$\{{Token\[[^]]*\]\}}|{DYNAMIC_REFERENCE.pattern}")
_ROLE: Final = ":role/"

_OF_A_BUILD: Final = (
    "it is made of an image that the function builds or looks up first, so that the policy, on which the function "
    "waits, cannot name it; only read"
)
_NEWEST: Final = "the newest image is looked up, and the service numbers images when a build starts; only read"


def allow_what_it_needs(
    policy: HandlerPolicy, stack: cdk.Stack, request: Mapping[str, Any], *, recipe_is_made: bool
) -> None:
    """Add the grants of a request to the policy. `recipe_is_made`: the recipe is a resource of the app."""
    with policy.one_change():
        _allow(policy, _Needs(policy, stack, policy.resolver), request, recipe_is_made=recipe_is_made)


def _allow(policy: HandlerPolicy, needs: "_Needs", request: Mapping[str, Any], *, recipe_is_made: bool) -> None:
    needs.resolver.resolve_together(_references(request))
    for kind, arns in needs.to_read(request, recipe_is_made=recipe_is_made):
        if policy.has_builds and not policy.allows_any(kind) and any(needs.is_made_of_a_build(arn) for arn in arns):
            policy.allow_read(kind, needs.own(kind), reason=_OF_A_BUILD)
        else:
            policy.allow_read(kind, *arns)
    if "executionRole" in request:
        for role in each_case(needs.resolver, text_of(request["executionRole"]), needs.of_role):
            policy.allow_pass(role)
    scanning = request.get("imageScanningConfiguration", {})
    if scanning.get("imageScanningEnabled", False) is not False:
        policy.allow_scanning(*needs.of_scanning(request))


def allow_look_up(policy: HandlerPolicy, stack: cdk.Stack, image_arn: str) -> None:
    """Let the function look up an image by an ARN with or without a build, whoever built it."""
    policy.has_builds = True
    needs = _Needs(policy, stack, policy.resolver)
    if needs.is_made_of_a_build(image_arn):
        policy.allow_read("image", needs.own("image"), reason=_OF_A_BUILD)
    else:
        policy.allow_read("image", *needs.of_image(image_arn), reason=_NEWEST)


@dataclass(frozen=True)
class _Needs:
    """Converts values of a request to resources of the policy."""

    policy: HandlerPolicy
    stack: cdk.Stack
    resolver: Resolver

    def to_read(self, request: Mapping[str, Any], *, recipe_is_made: bool) -> Iterator[tuple[ReadKind, list[str]]]:
        """Yield the resources that the function reads, by kind."""
        for member, kind in _RECIPES.items():
            if member in request:
                arn = text_of(request[member])
                yield kind, [arn] if recipe_is_made else self._of_versioned(kind, arn)
        for member, kind in _CONFIGURATIONS.items():
            if member in request:
                yield kind, self._of_configuration(kind, text_of(request[member]))
        for workflow in _workflow_arns(request):
            anything = [self.policy.any_of("workflow")]
            yield "workflow", anything if workflow is None else self._of_versioned("workflow", workflow)

    def is_made_of_a_build(self, arn: str) -> bool:
        """Return whether the function has to build an image before there is a resource."""
        try:
            return self.policy.fingerprints.of(arn, self.stack).refers_to(BUILD_TYPES)
        except RuntimeError:  # how jsii raises what JavaScript throws: a resource of the alpha L2 may lack parts
            return False

    def own(self, kind: ReadKind) -> str:
        """Return what covers every resource of a kind in the stack's account and Region."""
        return self.stack.format_arn(service="imagebuilder", resource=kind, resource_name="*")

    def of_image(self, arn: str) -> list[str]:
        """Return what covers an ARN of images, and the builds that it may resolve to."""
        return self._of_versioned("image", arn)

    def _of_versioned(self, kind: ReadKind, text: str) -> list[str]:
        return each_case(self.resolver, text, lambda arn: list(self._versioned(kind, arn)))

    def _of_configuration(self, kind: ReadKind, text: str) -> list[str]:
        return each_case(self.resolver, text, lambda arn: [self.policy.any_of(kind) if is_look_up(arn) else arn])

    def _versioned(self, kind: ReadKind, arn: str) -> Iterator[str]:
        """Yield resources that cover an ARN after the service replaces `x` with numbers.

        IAM identifies a workflow or an image by its build version, which an ARN can leave to the service.
        """
        before = _BEFORE_VERSION[kind]
        version = _VERSION.search(arn)
        slashes = slashes_in(arn)
        if is_look_up(arn):
            yield self.policy.any_of(kind)
        elif version is not None:
            arn = arn[: version.start()] + version[0].replace("x", "*")
            yield arn
            if kind in {"workflow", "image"} and version[0].count("/") == 1 and not arn.endswith("*"):
                yield f"{arn}/*"
        elif len(slashes) >= before:
            # Unknown parts of the version may resolve to `x`.
            version_at = slashes[before - 1] + 1
            yield arn[:version_at] + _UNKNOWN.sub("*", arn[version_at:]).replace("x", "*")
        elif is_arn_of_resource(arn):
            yield arn
        elif self.resolver.has_dynamic_reference(arn):
            # CloudFormation cannot split a dynamic reference, as it does below.
            yield f"{arn[: slashes[-1]]}/*" if slashes else self.policy.any_of(kind)
        else:
            pieces = cdk.Fn.split("/", arn)
            yield "/".join([*(cdk.Fn.select(index, pieces) for index in range(before)), "*"])

    def of_role(self, role: str) -> list[str]:
        """Return the ARN of a role that is given by ARN or name."""
        if role.startswith("arn:"):
            return [role]
        if not is_unresolved(role):
            return [self._named_role(role)]
        reference = reference_in(role)
        if reference is not None and reference.resource_type == "AWS::IAM::Role":
            # `Ref` returns the name, which does not include the path of the role.
            return [reference.resource.attr_arn]
        if is_look_up(role) or self.resolver.has_dynamic_reference(role):
            # It cannot be split. Treat it as an ARN, or as a name if other characters precede it.
            return [role if _UNKNOWN.match(role) else self._named_role(role)]
        # For a name as well as an ARN, the name follows the first `:role/` of this concatenation.
        return [self._named_role(cdk.Fn.select(1, cdk.Fn.split(_ROLE, f"{role}{_ROLE}{role}")))]

    def of_scanning(self, request: Mapping[str, Any]) -> list[str]:
        """Return the repositories for scanning; none for an image recipe by default, because AMIs use no repository."""
        given = request["imageScanningConfiguration"].get("ecrConfiguration", {}).get("repositoryName")
        default = [self._repository(_DEFAULT_SCANNING_REPOSITORY)] if "containerRecipeArn" in request else []
        if given is None:
            return default
        return each_case(self.resolver, text_of(given), lambda name: [self._repository(name)], default)

    def _repository(self, name: str) -> str:
        return self.stack.format_arn(service="ecr", resource="repository", resource_name=name)

    def _named_role(self, name: str) -> str:
        return self.stack.format_arn(service="iam", region="", resource="role", resource_name=name)


def _references(request: Mapping[str, Any]) -> Iterator[str]:
    for member in (*_RECIPES, *_CONFIGURATIONS, "executionRole"):
        if member in request:
            yield text_of(request[member])


def _workflow_arns(request: Mapping[str, Any]) -> Iterator[str | None]:
    """Yield the ARN of each workflow, or None for a workflow that is a token."""
    workflows = request.get("workflows", [])
    for workflow in workflows if isinstance(workflows, list) else [workflows]:
        yield text_of(workflow["workflowArn"]) if isinstance(workflow, Mapping) else None
