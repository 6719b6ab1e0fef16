"""What each of CloudFormation's events does to the pipeline. Plain functions that take the client."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_model import is_pipeline_arn, load_model, name_in_arn, normalized_name
from imagebuilder_model.names import LOGICAL_ID_TAG, PIPELINE_ARN_KIND, STACK_ID_TAG
from imagebuilder_pipeline_handler.client import ImageBuilderClient
from imagebuilder_pipeline_handler.properties import Desired, desired, lenient

_TOKENS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdk-imagebuilder-pipeline:client-token")

Event = Mapping[str, Any]


class LifecycleError(Exception):
    """The event asks for something that cannot be done; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """A pipeline as CloudFormation is told of it."""

    arn: str
    name: str
    client_token: str
    request_id: str

    def attributes(self) -> dict[str, str]:
        """Return what `Fn::GetAtt` can ask for."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "ClientToken": self.client_token,
            "RequestId": self.request_id,
        }


def create(client: ImageBuilderClient, event: Event) -> Outcome:
    """Make the pipeline. One of that name which is ours already, or may be adopted, is brought to the wanted state."""
    wanted = desired(event["ResourceProperties"])
    return _create(client, event, wanted)


def update(client: ImageBuilderClient, event: Event) -> Outcome:
    """Change the pipeline in place. A new name makes a new one; CloudFormation then deletes the old one by its ARN."""
    wanted = desired(event["ResourceProperties"])
    arn = event["PhysicalResourceId"]
    if not is_pipeline_arn(arn) or name_in_arn(arn) != normalized_name(wanted.name):
        return _create(client, event, wanted)
    live = _get(client, arn)
    if live is None:
        return _create(client, event, wanted)
    before = lenient(event["OldResourceProperties"])
    return _bring_to(client, event, wanted, live, before)


def delete(client: ImageBuilderClient, event: Event) -> None:
    """Delete the pipeline. One that is gone is deleted; an id that is no pipeline's is of a Create that failed."""
    arn = event["PhysicalResourceId"]
    if not is_pipeline_arn(arn):
        return
    try:
        client.delete_image_pipeline(imagePipelineArn=arn)
    except ClientError as error:
        if _code(error) != "ResourceNotFoundException":
            raise


def client_token(event: Event, operation: str) -> str:
    """Return the token of one operation of one event: 36 characters, the same for every delivery of that event.

    Stack and logical id make it this resource's. The event's own RequestId keeps a later event with the same properties
    (made again after a delete, renamed and back) from being answered with the ARN of a pipeline that is gone.
    """
    parts = (event["StackId"], event["LogicalResourceId"], event["RequestId"], operation)
    return str(uuid.uuid5(_TOKENS, "|".join(parts)))


def _create(client: ImageBuilderClient, event: Event, wanted: Desired) -> Outcome:
    token = client_token(event, "CreateImagePipeline")
    request = wanted.request | {"tags": wanted.tags | _owner_tags(event), "clientToken": token}
    try:
        response = client.create_image_pipeline(**request)
    except ClientError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise
        return _adopt(client, event, wanted, error)
    return Outcome(response["imagePipelineArn"], wanted.name, token, response["requestId"])


def _adopt(client: ImageBuilderClient, event: Event, wanted: Desired, error: ClientError) -> Outcome:
    arn = _arn_of(event, wanted.name)
    live = _get(client, arn)
    if live is None:
        raise error
    if not wanted.adopt_existing and not _is_ours(event, live["imagePipeline"].get("tags", {})):
        raise LifecycleError(
            f"{arn} exists and was not made by this resource: choose another Name, "
            "or set AdoptExisting to true to take it over"
        ) from error
    return _bring_to(client, event, wanted, live, before=None)


def _bring_to(
    client: ImageBuilderClient, event: Event, wanted: Desired, live: Mapping[str, Any], before: Desired | None
) -> Outcome:
    """Bring a live pipeline to the wanted state. `before` is what was last asked for, None if that is not known."""
    pipeline = live["imagePipeline"]
    arn = pipeline["arn"]
    token = client_token(event, "UpdateImagePipeline")
    request_id = live["requestId"]
    if before is None or _without_tags(before) != _without_tags(wanted):
        _refuse_other_recipe_type(wanted, pipeline)
        # A pipeline that the service disabled after failures must not come back because something else changed.
        status = {"status": pipeline["status"]} if "status" in pipeline else {}
        request: dict[str, Any] = status | _without_tags(wanted) | {"imagePipelineArn": arn, "clientToken": token}
        request_id = client.update_image_pipeline(**request)["requestId"]
    _reconcile_tags(client, event, wanted, pipeline, before)
    return Outcome(arn, wanted.name, token, request_id)


def _reconcile_tags(
    client: ImageBuilderClient, event: Event, wanted: Desired, pipeline: Mapping[str, Any], before: Desired | None
) -> None:
    """Set and remove tags that the template gives or gave. Tags that others put on the pipeline stay."""
    arn, live = pipeline["arn"], pipeline.get("tags", {})
    tags = wanted.tags | _owner_tags(event)
    to_set = {key: value for key, value in tags.items() if live.get(key) != value}
    to_remove = [key for key in (before.tags if before else {}) if key in live and key not in tags]
    if to_set:
        client.tag_resource(resourceArn=arn, tags=to_set)
    if to_remove:
        client.untag_resource(resourceArn=arn, tagKeys=to_remove)


def _refuse_other_recipe_type(wanted: Desired, pipeline: Mapping[str, Any]) -> None:
    kinds = {"imageRecipeArn": "an image recipe", "containerRecipeArn": "a container recipe"}
    for member, kind in kinds.items():
        if pipeline.get(member) and member not in wanted.request:
            raise LifecycleError(
                f"the pipeline {wanted.name!r} has {kind}, and a pipeline keeps its type of recipe for life: "
                "give Name another value with the other recipe, so that a new pipeline replaces this one"
            )


def _without_tags(wanted: Desired) -> dict[str, Any]:
    """Return what UpdateImagePipeline takes of the request. It replaces everything, so everything is sent."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: value for name, value in wanted.request.items() if name in members}


def _owner_tags(event: Event) -> dict[str, str]:
    return {STACK_ID_TAG: event["StackId"], LOGICAL_ID_TAG: event["LogicalResourceId"]}


def _is_ours(event: Event, tags: Mapping[str, str]) -> bool:
    return _owner_tags(event).items() <= tags.items()


def _get(client: ImageBuilderClient, arn: str) -> Mapping[str, Any] | None:
    try:
        return client.get_image_pipeline(imagePipelineArn=arn)
    except ClientError as error:
        # The model lists no such error for this operation; the service sends it all the same.
        if _code(error) == "ResourceNotFoundException":
            return None
        raise


def _arn_of(event: Event, name: str) -> str:
    _, partition, _, region, account, _ = event["StackId"].split(":", 5)
    return f"arn:{partition}:imagebuilder:{region}:{account}:{PIPELINE_ARN_KIND}/{normalized_name(name)}"


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
