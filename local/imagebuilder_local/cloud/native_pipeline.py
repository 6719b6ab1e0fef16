"""CloudFormation's `AWS::ImageBuilder::ImagePipeline` on top of the emulator, for stacks that migrate from it."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from imagebuilder_local.cloud.api_names import api_members
from imagebuilder_local.emulator import ImageBuilder, ServiceError
from imagebuilder_model import load_model, name_in_arn, normalized_name

TYPE: Final = "AWS::ImageBuilder::ImagePipeline"

Properties = Mapping[str, Any]


def native_pipeline(service: ImageBuilder) -> dict[str, Any]:
    """Return the entry of this type for ministack's table of provisioners."""
    return {
        "create": partial(_create, service),
        "update": partial(_update, service),
        "delete": partial(_delete, service),
    }


def _create(
    service: ImageBuilder, _logical_id: str, properties: Properties, _stack_name: str
) -> tuple[str, dict[str, str]]:
    request = _request("CreateImagePipeline", properties)
    return _answer(_call(service, "CreateImagePipeline", request)["imagePipelineArn"], properties)


def _update(
    service: ImageBuilder, physical_id: str, old: Properties, new: Properties, stack_name: str
) -> tuple[str, dict[str, str]]:
    if normalized_name(new["Name"]) != name_in_arn(physical_id):
        return _create(service, "", new, stack_name)
    _call(service, "UpdateImagePipeline", _request("UpdateImagePipeline", new) | {"imagePipelineArn": physical_id})
    before, after = old.get("Tags") or {}, new.get("Tags") or {}
    if gone := sorted(before.keys() - after.keys()):
        _call(service, "UntagResource", {"resourceArn": physical_id, "tagKeys": gone})
    if after:
        _call(service, "TagResource", {"resourceArn": physical_id, "tags": dict(after)})
    return _answer(physical_id, new)


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


def _answer(arn: str, properties: Properties) -> tuple[str, dict[str, str]]:
    return arn, {"Arn": arn, "Name": properties["Name"]}


def _request(operation: str, properties: Properties) -> dict[str, Any]:
    request = api_members(load_model().input_of(operation), properties)
    # Published templates have empty `Tags`, for example through conditions; the API rejects an empty map.
    return {name: value for name, value in request.items() if (name, value) != ("tags", {})}
