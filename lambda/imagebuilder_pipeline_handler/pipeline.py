"""One live pipeline: read, brought to the wanted state, deleted."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from imagebuilder_model import load_model
from imagebuilder_pipeline_handler.client import ImageBuilderClient
from imagebuilder_pipeline_handler.event import Event
from imagebuilder_pipeline_handler.identity import Outcome, client_token, is_ours, owner_tags
from imagebuilder_pipeline_handler.properties import Desired
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.retry import has_content
from imagebuilder_pipeline_handler.work import Work


def live_pipeline(client: ImageBuilderClient, arn: str) -> dict[str, Any] | None:
    """Return the pipeline as the service shows it, and the `requestId` of looking; None when there is none."""
    try:
        response = client.get_image_pipeline(imagePipelineArn=arn)
    except ClientError as error:
        # The model lists no such error for this operation; the service sends it all the same.
        if is_gone(error):
            return None
        raise
    if "imagePipeline" not in response:
        raise HandlerError("NoAnswer", arn)
    return {**response["imagePipeline"], "requestId": response.get("requestId", "")}


def bring_to(
    client: ImageBuilderClient, event: Event, wanted: Desired, live: Mapping[str, Any], before: Desired | None
) -> Outcome:
    """Bring a live pipeline to the wanted state. `before` is what was last asked for, None if that is not known."""
    arn, request_id = live["arn"], live["requestId"]
    token = client_token(event, "UpdateImagePipeline")
    if before is None or _without_tags(before) != _without_tags(wanted):
        _refuse_other_recipe_type(wanted, live)
        # A pipeline that the service disabled after failures must not come back because something else changed; one
        # that the template disabled must, when it says so no longer, or the Update that said so is rolled back.
        was_ours = before is not None and before.request.get("status") == "DISABLED"
        status = {"status": live["status"]} if "status" in live and not was_ours else {}
        request: dict[str, Any] = status | _without_tags(wanted) | {"imagePipelineArn": arn, "clientToken": token}
        response = client.update_image_pipeline(**request)
        _require_content("UpdateImagePipeline", response, arn)
        request_id = response.get("requestId", "")
    _reconcile_tags(client, event, wanted, live, before)
    return Outcome(arn, wanted.name, token, request_id)


def delete_ours(client: ImageBuilderClient, event: Event, work: Work, arn: str) -> bool:
    """Delete the pipeline if it is ours, and leave it alone if not; False when there is none."""
    live = live_pipeline(client, arn)
    if live is None:
        return False
    if not is_ours(event, live):
        work.note = "the pipeline of this name is not this resource's, and was left alone"
        return True
    try:
        _require_content("DeleteImagePipeline", client.delete_image_pipeline(imagePipelineArn=arn), arn)
    except ClientError as error:
        # An attempt whose answer was lost may have deleted it; IAM, which goes by its tags, then denies the next.
        if not is_gone(error) and not (is_denied(error) and live_pipeline(client, arn) is None):
            raise
    return True


def _require_content(operation: str, response: Mapping[str, Any], arn: str) -> None:
    if not has_content(operation, response):
        raise HandlerError("NoAnswer", arn)


def is_gone(error: BaseException) -> bool:
    """Tell whether the service says that something is not there, which may be what a request refers to."""
    return error_code(error) == "ResourceNotFoundException"


def is_denied(error: BaseException) -> bool:
    """Tell whether the function's role may not do it."""
    return error_code(error) in {"AccessDeniedException", "ForbiddenException"}


def error_code(error: BaseException) -> str:
    """Return the service's code for an error, empty when the error is none of the service's."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def _reconcile_tags(
    client: ImageBuilderClient, event: Event, wanted: Desired, live: Mapping[str, Any], before: Desired | None
) -> None:
    """Set and remove tags that the template gives or gave. Tags that others put on the pipeline stay."""
    arn, there = live["arn"], live.get("tags", {})
    tags = wanted.tags | owner_tags(event)
    to_set = {key: value for key, value in tags.items() if there.get(key) != value}
    to_remove = [key for key in (before.tags if before else {}) if key in there and key not in tags]
    if to_set:
        client.tag_resource(resourceArn=arn, tags=to_set)
    if to_remove:
        client.untag_resource(resourceArn=arn, tagKeys=to_remove)


def _refuse_other_recipe_type(wanted: Desired, live: Mapping[str, Any]) -> None:
    kinds = {"imageRecipeArn": "an image recipe", "containerRecipeArn": "a container recipe"}
    for member, kind in kinds.items():
        if live.get(member) and member not in wanted.request:
            raise HandlerError("OtherRecipeType", f"the pipeline {wanted.name!r} has {kind}")


def _without_tags(wanted: Desired) -> dict[str, Any]:
    """Return what UpdateImagePipeline takes of the request. It replaces everything, so everything is sent."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: value for name, value in wanted.request.items() if name in members}
