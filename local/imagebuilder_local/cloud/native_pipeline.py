"""CloudFormation's `AWS::ImageBuilder::ImagePipeline` on top of the emulator, for stacks that migrate from it."""

import uuid
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any, Final

from imagebuilder_local.cloud.api_names import api_members
from imagebuilder_local.emulator import ImageBuilder, ServiceError
from imagebuilder_model import load_model, name_in_arn, normalized_name

TYPE: Final = "AWS::ImageBuilder::ImagePipeline"

Properties = Mapping[str, Any]


def native_pipeline(service: ImageBuilder, deployments: MutableMapping[str, str]) -> dict[str, Any]:
    """Return the entry of this type for ministack's table of provisioners.

    Each DeploymentId that a pipeline gets is put into `deployments`, with the ARN of the pipeline.
    """
    return {
        "create": partial(_create, service, deployments),
        "update": partial(_update, service, deployments),
        "delete": partial(_delete, service),
    }


def _create(
    service: ImageBuilder,
    deployments: MutableMapping[str, str],
    _logical_id: str,
    properties: Properties,
    _stack_name: str,
) -> tuple[str, dict[str, str]]:
    request = _request("CreateImagePipeline", properties)
    return _answer(_call(service, "CreateImagePipeline", request)["imagePipelineArn"], properties, deployments)


def _update(
    service: ImageBuilder,
    deployments: MutableMapping[str, str],
    physical_id: str,
    old: Properties,
    new: Properties,
    _stack_name: str,
) -> tuple[str, dict[str, str]]:
    if normalized_name(new["Name"]) != name_in_arn(physical_id):
        return _create(service, deployments, "", new, "")
    _call(service, "UpdateImagePipeline", _request("UpdateImagePipeline", new) | {"imagePipelineArn": physical_id})
    before, after = old.get("Tags") or {}, new.get("Tags") or {}
    if gone := sorted(before.keys() - after.keys()):
        _call(service, "UntagResource", {"resourceArn": physical_id, "tagKeys": gone})
    if after:
        _call(service, "TagResource", {"resourceArn": physical_id, "tags": dict(after)})
    return _answer(physical_id, new, deployments)


def _delete(service: ImageBuilder, physical_id: str, _properties: Properties) -> None:
    try:
        _call(service, "DeleteImagePipeline", {"imagePipelineArn": physical_id})
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _call(service: ImageBuilder, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    takes_token = "clientToken" in load_model().input_of(operation).members
    token = {"clientToken": str(uuid.uuid4())} if takes_token else {}
    # ministack treats the account id as an access key of the root user, which also deploys the stacks.
    return service.call(operation, request | token, access_key=service.arn("").split(":")[4])


def _answer(arn: str, properties: Properties, deployments: MutableMapping[str, str]) -> tuple[str, dict[str, str]]:
    # A new id for each create and update starts the executions of images that follow the pipeline.
    deployment = str(uuid.uuid4())
    deployments[deployment] = arn
    return arn, {"Arn": arn, "Name": properties["Name"], "DeploymentId": deployment}


def _request(operation: str, properties: Properties) -> dict[str, Any]:
    request = api_members(load_model().input_of(operation), properties)
    # Published templates have empty `Tags`, for example through conditions; the API rejects an empty map.
    return {name: value for name, value in request.items() if (name, value) != ("tags", {})}
