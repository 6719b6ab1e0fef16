"""CloudFormation's `AWS::ImageBuilder::Image` on top of the emulator."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from imagebuilder_local.cloud.api_names import api_members
from imagebuilder_local.cloud.latest_version import latest_version
from imagebuilder_local.emulator import ImageBuilder, ServiceError
from imagebuilder_model import load_model

TYPE: Final = "AWS::ImageBuilder::Image"

_RECIPES: Final = ("ImageRecipeArn", "ContainerRecipeArn")
_INFRASTRUCTURE: Final = "InfrastructureConfigurationArn"
_EXECUTION: Final = "ImagePipelineExecutionSettings"
_WITHOUT_A_BUILD: Final = frozenset({"Tags", "DeletionSettings"})
"""Properties that change without a new image."""

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]


def native_image(service: ImageBuilder, deployments: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry of this type for ministack's table of provisioners.

    `deployments` has the ARN of the pipeline for each DeploymentId of a native pipeline.
    """
    return {
        "create": partial(_create, service, deployments),
        "update": partial(_update, service, deployments),
        "delete": partial(_delete, service),
    }


def _create(
    service: ImageBuilder,
    deployments: Mapping[str, str],
    _logical_id: str,
    properties: Properties,
    _stack_name: str,
) -> Created:
    if _EXECUTION in properties:
        deployment = properties[_EXECUTION].get("DeploymentId")
        if deployment not in deployments:
            raise ValueError(f"{_EXECUTION}.DeploymentId {deployment!r} is not that of an image pipeline")
        image = service.run_at_once(deployments[deployment], properties.get("Tags") or {})
    else:
        _require(properties)
        image = service.build_at_once(_request(properties))
    if image["state"]["status"] == "FAILED":
        # The words are CloudFormation's (aws/aws-parallelcluster#3995), around the reason of the service.
        words = f"Error occurred during operation '{image['state']['reason']}'."
        raise ValueError(f'Resource handler returned message: "{words}" (HandlerErrorCode: GeneralServiceException)')
    return image["arn"], _attributes(service, image)


def _update(
    service: ImageBuilder,
    deployments: Mapping[str, str],
    physical_id: str,
    old: Properties,
    new: Properties,
    _stack_name: str,
) -> Created:
    if _is_built_anew(old, new):
        return _create(service, deployments, "", new, "")
    before, after = old.get("Tags") or {}, new.get("Tags") or {}
    if gone := sorted(before.keys() - after.keys()):
        _call(service, "UntagResource", {"resourceArn": physical_id, "tagKeys": gone})
    if after:
        _call(service, "TagResource", {"resourceArn": physical_id, "tags": dict(after)})
    return physical_id, _attributes(service, _call(service, "GetImage", {"imageBuildVersionArn": physical_id})["image"])


def _is_built_anew(old: Properties, new: Properties) -> bool:
    """Return whether a change builds a new image. A pipeline's new deployment does so with OnUpdate only."""
    if _EXECUTION in old and _EXECUTION in new and str(new[_EXECUTION].get("OnUpdate", "false")).lower() != "true":
        old, new = ({**properties, _EXECUTION: None} for properties in (old, new))
    names = (old.keys() | new.keys()) - _WITHOUT_A_BUILD
    return any(old.get(name) != new.get(name) for name in names)


def _delete(service: ImageBuilder, physical_id: str, _properties: Properties) -> None:
    try:
        _call(service, "DeleteImage", {"imageBuildVersionArn": physical_id})
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _require(properties: Properties) -> None:
    if sum(name in properties for name in _RECIPES) != 1:
        raise ValueError(f"exactly one is required of {', '.join(_RECIPES)}, or {_EXECUTION}")
    if _INFRASTRUCTURE not in properties:
        raise ValueError(f"required properties are missing: {_INFRASTRUCTURE}")


def _request(properties: Properties) -> dict[str, Any]:
    request = api_members(load_model().input_of("CreateImagePipeline"), properties)
    group = (properties.get("LoggingConfiguration") or {}).get("LogGroupName")
    return request | ({"loggingConfiguration": {"imageLogGroupName": group}} if group else {})


def _attributes(service: ImageBuilder, image: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes that CloudFormation documents: ImageId of an AMI, ImageUri of a container image."""
    region = service.arn("").split(":")[3]
    output = image["outputResources"]
    amis = [ami["image"] for ami in output.get("amis", ()) if ami["region"] == region]
    uris = [uri for one in output.get("containers", ()) if one["region"] == region for uri in one["imageUris"]]
    return (
        {"Arn": image["arn"], "Name": image["name"]}
        | latest_version(image["arn"])
        | ({"ImageId": amis[0]} if amis else {})
        | ({"ImageUri": uris[0]} if uris else {})
    )


def _call(service: ImageBuilder, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    return service.call(operation, request, access_key=service.arn("").split(":")[4])
