"""What a pipeline needs of the function's role."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.tokens import is_unresolved

if TYPE_CHECKING:
    from cdk_imagebuilder_pipeline.policy import HandlerPolicy, ReadKind

_READS: "Mapping[str, ReadKind]" = {
    "imageRecipeArn": "image-recipe",
    "containerRecipeArn": "container-recipe",
    "infrastructureConfigurationArn": "infrastructure-configuration",
    "distributionConfigurationArn": "distribution-configuration",
}

_DEFAULT_SCANNING_REPOSITORY = "image-builder-image-scanning-repository"
"""The repository that the service makes to scan container images in when it is given none."""


def allow_what_it_needs(policy: "HandlerPolicy", stack: cdk.Stack, request: Mapping[str, Any]) -> None:
    """Tell the policy what a request refers to."""
    for member, kind in _READS.items():
        if member in request:
            policy.allow_read(kind, _any_version(request[member]))
    for workflow in request.get("workflows", ()):
        policy.allow_read("workflow", *_any_build(_any_version(workflow["workflowArn"])))
    if "executionRole" in request:
        policy.allow_pass(_role_arn(stack, request["executionRole"]))
    scanning = request.get("imageScanningConfiguration", {})
    if scanning.get("imageScanningEnabled", False) is not False:
        policy.allow_scanning(_repository_arn(stack, scanning.get("ecrConfiguration", {}), request))


def _any_version(arn: str) -> str:
    """Return what IAM sees when the service has put numbers in the places of `x`."""
    head, slash, version = arn.rpartition("/")
    return arn if is_unresolved(version) else head + slash + re.sub(r"\bx\b", "*", version)


def _any_build(arn: str) -> tuple[str, ...]:
    """Return the ARNs of a workflow: IAM knows it by its build version, which the ARN given may leave open."""
    return (arn,) if is_unresolved(arn) or arn.count("/") != _SLASHES_BEFORE_BUILD else (arn, f"{arn}/*")


_SLASHES_BEFORE_BUILD = 3


def _role_arn(stack: cdk.Stack, role: str) -> str:
    if is_unresolved(role) or role.startswith("arn:"):
        return role
    return stack.format_arn(service="iam", region="", resource="role", resource_name=role)


def _repository_arn(stack: cdk.Stack, ecr: Mapping[str, Any], request: Mapping[str, Any]) -> str | None:
    name = ecr.get("repositoryName", _DEFAULT_SCANNING_REPOSITORY if "containerRecipeArn" in request else None)
    return name and stack.format_arn(service="ecr", resource="repository", resource_name=name)
