"""What a pipeline needs of the function's role."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.policy import HandlerPolicy, ReadKind
from cdk_imagebuilder_pipeline.tokens import is_unresolved

_READS: Final[Mapping[str, ReadKind]] = {
    "imageRecipeArn": "image-recipe",
    "containerRecipeArn": "container-recipe",
    "infrastructureConfigurationArn": "infrastructure-configuration",
    "distributionConfigurationArn": "distribution-configuration",
}

_DEFAULT_SCANNING_REPOSITORY: Final = "image-builder-image-scanning-repository"
"""The repository that the service makes to scan container images in when it is given none (its API reference)."""

_VERSION_WITH_X: Final = re.compile(r"/[0-9x]+\.[0-9x]+\.[0-9x]+$")
_WORKFLOW_WITHOUT_BUILD: Final = re.compile(r":workflow/[^/]+/[^/]+/[^/]*[^/*]$")


def allow_what_it_needs(policy: HandlerPolicy, stack: cdk.Stack, request: Mapping[str, Any]) -> None:
    """Tell the policy what a request refers to."""
    for member, kind in _READS.items():
        if member in request:
            policy.allow_read(kind, _any_version(request[member]))
    for workflow in request.get("workflows", ()):
        policy.allow_read("workflow", *_workflow_arns(workflow["workflowArn"]))
    if "executionRole" in request:
        policy.allow_pass(_role_arn(stack, request["executionRole"]))
    scanning = request.get("imageScanningConfiguration", {})
    if scanning.get("imageScanningEnabled", False) is not False:
        policy.allow_scanning(_repository_arn(stack, request))


def _any_version(arn: str) -> str:
    """Return what the ARN is after the service has put numbers in the places of `x`."""
    return _VERSION_WITH_X.sub(lambda version: version[0].replace("x", "*"), arn)


def _workflow_arns(arn: str) -> Iterator[str]:
    """Yield the ARNs of a workflow: IAM knows it by its build version, which a pipeline may leave to the service."""
    arn = _any_version(arn)
    yield arn
    if _WORKFLOW_WITHOUT_BUILD.search(arn):
        yield f"{arn}/*"


def _role_arn(stack: cdk.Stack, role: str) -> str:
    if is_unresolved(role) or role.startswith("arn:"):
        return role
    return stack.format_arn(service="iam", region="", resource="role", resource_name=role)


def _repository_arn(stack: cdk.Stack, request: Mapping[str, Any]) -> str | None:
    """Return the repository for scanning, None for an image recipe without one: AMIs are scanned where they run."""
    given = request["imageScanningConfiguration"].get("ecrConfiguration", {})
    name = given.get("repositoryName", _DEFAULT_SCANNING_REPOSITORY if "containerRecipeArn" in request else None)
    return None if name is None else stack.format_arn(service="ecr", resource="repository", resource_name=name)
