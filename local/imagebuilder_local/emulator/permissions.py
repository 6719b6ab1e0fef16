"""Permissions that each operation requires of its caller, in the terms of IAM.

These are the operation itself and the actions that the service performs as the caller: reading the resources that a
pipeline refers to, tagging it, and passing its role. Actions and condition keys are those of the Service Authorization
Reference. The recipe and workflow versions that AWS checks are unverified: here, the version that the reference
resolves to.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from imagebuilder_local.emulator.builds import next_image_arn
from imagebuilder_local.emulator.state import State
from imagebuilder_model import PIPELINE_ARN_KIND, normalized_name

Context = Mapping[str, str | list[str]]
"""Condition keys and their values, for example `aws:RequestTag/team`."""

SERVICE: Final = "imagebuilder.amazonaws.com"
SERVICE_LINKED_ROLE: Final = f"role/aws-service-role/{SERVICE}/AWSServiceRoleForImageBuilder"

_SCANNING_REPOSITORY: Final = "image-builder-image-scanning-repository"
"""The repository that the service creates for container scans if the request names none (API reference)."""


class Permission(NamedTuple):
    """An action on a resource, with the context for conditions."""

    action: str
    resource: str
    context: Context


def needed(state: State, operation: str, request: Mapping[str, Any]) -> Iterator[Permission]:
    """Yield the permissions that the caller of an operation needs. The request must be valid."""
    yield Permission(f"imagebuilder:{operation}", _target(state, request), _context(state, request))
    for also in _ALSO.get(operation, ()):
        yield from also(state, request)


def _tagging(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    if request.get("tags"):
        yield Permission("imagebuilder:TagResource", _target(state, request), _context(state, request))


def _tagging_of_image(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    """Yield the permission to tag the image that a start builds.

    The Service Authorization Reference lists TagResource as a dependent action of the start and not its resource, which
    is not verified on AWS.
    """
    pipeline = state.pipelines.get(request["imagePipelineArn"])
    if request.get("tags") and pipeline is not None:
        yield Permission("imagebuilder:TagResource", next_image_arn(state, pipeline), _request_tags(request))


def _passed_role(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    if "executionRole" in request:
        yield from _role(state, request)


def _references(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    for member, action in _READS.items():
        if member in request:
            yield _read(state, action, request[member])
    for workflow in request.get("workflows", ()):
        yield _read(state, "GetWorkflow", workflow["workflowArn"])


def _role(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    """Yield the permissions for the build role: PassRole, or creation of a missing service-linked role."""
    if "executionRole" in request:
        given = request["executionRole"]
        arn = given if given.startswith("arn:") else _global_arn(state, "iam", f"role/{given}")
        yield Permission("iam:PassRole", arn, {"iam:PassedToService": SERVICE})
    else:
        arn = _global_arn(state, "iam", SERVICE_LINKED_ROLE)
        yield Permission("iam:CreateServiceLinkedRole", arn, {"iam:AWSServiceName": SERVICE})


def _scanning(state: State, request: Mapping[str, Any]) -> Iterator[Permission]:
    scanning = request.get("imageScanningConfiguration", {})
    if not scanning.get("imageScanningEnabled"):
        return
    default = _SCANNING_REPOSITORY if "containerRecipeArn" in request else None
    name = scanning.get("ecrConfiguration", {}).get("repositoryName", default)
    if name is not None:
        repository = f"arn:{state.partition}:ecr:{state.region}:{state.account}:repository/{name}"
        yield Permission("ecr:BatchGetRepositoryScanningConfiguration", repository, {})
        yield Permission("ecr:DescribeRepositories", repository, {})
    yield Permission("inspector2:BatchGetAccountStatus", "*", {})


_ALSO: Final[Mapping[str, tuple[Callable[[State, Mapping[str, Any]], Iterator[Permission]], ...]]] = {
    "CreateImagePipeline": (_tagging, _references, _role, _scanning),
    "UpdateImagePipeline": (_references, _role, _scanning),
    "StartImagePipelineExecution": (_tagging_of_image,),
    "StartResourceStateUpdate": (_passed_role,),
}

_READS: Final = {
    "imageRecipeArn": "GetImageRecipe",
    "containerRecipeArn": "GetContainerRecipe",
    "infrastructureConfigurationArn": "GetInfrastructureConfiguration",
    "distributionConfigurationArn": "GetDistributionConfiguration",
}


_TARGETS: Final = ("imagePipelineArn", "resourceArn", "imageBuildVersionArn", "componentBuildVersionArn", *_READS)
"""Members with the ARN of the resource, in this order: a pipeline also names its recipe."""


def _read(state: State, action: str, reference: str) -> Permission:
    arn = state.resources.resolve(reference) or reference
    return Permission(f"imagebuilder:{action}", arn, _resource_tags(state, arn))


def _target(state: State, request: Mapping[str, Any]) -> str:
    """Return the resource of the authorization request; `*` for a List of all."""
    if "name" in request:
        return state.arn(f"{PIPELINE_ARN_KIND}/{normalized_name(request['name'])}")
    if "lifecycleExecutionId" in request:
        return state.arn(f"lifecycle-execution/{request['lifecycleExecutionId']}")
    if "imageVersionArn" in request:
        return f"{request['imageVersionArn']}/*"
    arn: str = next((request[member] for member in _TARGETS if member in request), "*")
    # The resource of a version that AWS checks is not verified: here, the one that it resolves to.
    return state.resolve_image(arn) or state.resources.resolve(arn) or arn


def _context(state: State, request: Mapping[str, Any]) -> Context:
    return _request_tags(request) | ({} if "name" in request else _resource_tags(state, _target(state, request)))


def _request_tags(request: Mapping[str, Any]) -> dict[str, str | list[str]]:
    tags: dict[str, str] = request.get("tags", {})
    keys = list(tags) or list(request.get("tagKeys", ()))
    values: dict[str, str | list[str]] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return values | ({"aws:TagKeys": keys} if keys else {})


def _resource_tags(state: State, arn: str) -> dict[str, str | list[str]]:
    """Return the condition keys for resource tags: empty for a missing resource, so a condition on a tag then fails."""
    return {f"aws:ResourceTag/{key}": value for key, value in (state.tags(arn) or {}).items()}


def _global_arn(state: State, service: str, resource: str) -> str:
    return f"arn:{state.partition}:{service}::{state.account}:{resource}"
