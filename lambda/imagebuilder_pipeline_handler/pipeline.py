"""One live pipeline: read, compared, brought to the wanted state."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_model import load_model
from imagebuilder_pipeline_handler.client import ImageBuilderClient
from imagebuilder_pipeline_handler.identity import Outcome, client_token, owner_tags, tags_of, was_changed_since
from imagebuilder_pipeline_handler.properties import Desired
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.retry import has_content
from imagebuilder_pipeline_handler.work import Task

Marks = Mapping[str, str | None]
"""Tags of ours beside the owner's; those with None are taken off."""

NO_MARKS: Final[Marks] = MappingProxyType({})


def live_pipeline(client: ImageBuilderClient, arn: str) -> dict[str, Any] | None:
    """Return the pipeline as the service shows it, and the `requestId` of looking; None when there is none.

    HandlerError `OtherStacks` when IAM denies looking, which it does for pipelines of other stacks alone.
    """
    try:
        response = client.get_image_pipeline(imagePipelineArn=arn)
    except ClientError as error:
        # The model lists no such error for this operation; the service sends it all the same.
        if is_gone(error):
            return None
        if is_denied(error):
            message = error.response.get("Error", {}).get("Message") or error_code(error)
            raise HandlerError("OtherStacks", f"{arn}, at which the function's role may not look: {message}") from error
        raise
    if "imagePipeline" not in response:
        raise HandlerError("NoAnswer", arn)
    return {**response["imagePipeline"], "requestId": response.get("requestId", "")}


def bring_to(
    task: Task,
    wanted: Desired,
    live: Mapping[str, Any],
    before: Desired | None,
    marks: Marks = NO_MARKS,
) -> Outcome:
    """Bring a live pipeline to the wanted state. `before` is what was last asked for, None if that is not known."""
    arn, request_id = live["arn"], live["requestId"]
    token = client_token(task.event, "UpdateImagePipeline")
    if before is None or _without_tags(before) != _without_tags(wanted):
        _refuse_other_recipe_type(wanted, live)
        keeps_status = "status" in live and not _may_be_reset(live, before, wanted)
        status = {"status": live["status"]} if keeps_status else {}
        request: dict[str, Any] = status | _without_tags(wanted) | {"imagePipelineArn": arn, "clientToken": token}
        request_id = _update(task, wanted, live, before, request)
    _reconcile_tags(task, wanted, live, before, marks)
    return Outcome(arn, wanted.name, token, request_id)


def as_request(live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that brings a pipeline to what it is now."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: live[name] for name in members if live.get(name) not in (None, "", [], {})}


def shows(live: Mapping[str, Any], wanted: Desired, rather_than: Desired) -> bool:
    """Tell whether a pipeline has what is wanted wherever that differs from something else that was asked for."""
    now, this, that = as_request(live), _without_tags(wanted), _without_tags(rather_than)
    tags, these, those = tags_of(live), wanted.tags, rather_than.tags
    return _has(now, this, that) and _has(tags, these, those)


def require_content(operation: str, response: Mapping[str, Any], arn: str) -> None:
    """Refuse an answer that is not the service's own. HandlerError."""
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


def _update(
    task: Task,
    wanted: Desired,
    live: Mapping[str, Any],
    before: Desired | None,
    request: dict[str, Any],
) -> str:
    """Update a pipeline, unless this is the late delivery of an event that later ones have overtaken."""
    arn: str = live["arn"]
    is_repeated = was_changed_since(task.event, live)
    try:
        response = task.client.update_image_pipeline(**request)
        require_content("UpdateImagePipeline", response, arn)
        request_id: str = response.get("requestId", "")
    except ClientError as error:
        # An earlier delivery of this event asked for it already, with the status that the pipeline had then.
        if error_code(error) != "IdempotentParameterMismatchException":
            raise
        is_repeated, request_id = True, live["requestId"]
    if is_repeated and before is not None:
        # The token keeps the service from doing twice what an event asks for; the tags have none.
        now = live_pipeline(task.client, arn)
        if now is not None and shows(now, before, rather_than=wanted):
            raise HandlerError("Superseded", arn)
    return request_id


def _may_be_reset(live: Mapping[str, Any], before: Desired | None, wanted: Desired) -> bool:
    """Tell whether it was the template that disabled the pipeline, which then says so no longer.

    A pipeline that the service disabled after failures must not come back because something else changed, nor because
    an Update is rolled back that said DISABLED and never came to be.
    """
    if before is None or before.request.get("status") != "DISABLED":
        return False
    was_applied = not shows(live, wanted.without("status"), rather_than=before.without("status"))
    return before.is_valid and (was_applied or _differ_in_status_alone(before, wanted))


def _differ_in_status_alone(one: Desired, other: Desired) -> bool:
    return one.without("status").request == other.without("status").request


def _has(now: Mapping[str, Any], this: Mapping[str, Any], that: Mapping[str, Any]) -> bool:
    differing = [name for name in this.keys() | that.keys() if this.get(name) != that.get(name)]
    return all(
        _is_in(this[name], now.get(name)) if name in this else not _is_in(that[name], now.get(name))
        for name in differing
    )


def _is_in(asked: object, shown: object) -> bool:
    """Tell whether the service shows what was asked for: it adds its defaults to what a structure leaves out."""
    match asked, shown:
        case Mapping(), Mapping():
            return all(_is_in(value, shown.get(name)) for name, value in asked.items())
        case list(), list():
            return len(asked) == len(shown) and all(map(_is_in, asked, shown))
        case _:
            return asked == shown


def _reconcile_tags(
    task: Task,
    wanted: Desired,
    live: Mapping[str, Any],
    before: Desired | None,
    marks: Marks,
) -> None:
    """Set and remove tags that the template gives or gave. Tags that others put on the pipeline stay."""
    arn, there = live["arn"], tags_of(live)
    tags = wanted.tags | owner_tags(task.event) | {key: value for key, value in marks.items() if value is not None}
    to_set = {key: value for key, value in tags.items() if there.get(key) != value}
    no_more = [*(before.tags if before else {}), *(key for key, value in marks.items() if value is None)]
    to_remove = [key for key in no_more if key in there and key not in tags]

    def add() -> None:
        if to_set:
            task.client.tag_resource(resourceArn=arn, tags=to_set)

    def remove() -> None:
        if to_remove:
            task.client.untag_resource(resourceArn=arn, tagKeys=to_remove)

    # Added first, so that none is missing in between, unless that would be more than a pipeline can have.
    most = load_model().shapes["TagMap"].maximum
    for step in (remove, add) if most is not None and len(there | to_set) > most else (add, remove):
        step()


def _refuse_other_recipe_type(wanted: Desired, live: Mapping[str, Any]) -> None:
    kinds = {"imageRecipeArn": "an image recipe", "containerRecipeArn": "a container recipe"}
    for member, kind in kinds.items():
        if live.get(member) and member not in wanted.request:
            raise HandlerError("OtherRecipeType", f"the pipeline {wanted.name!r} has {kind}")


def _without_tags(wanted: Desired) -> dict[str, Any]:
    """Return what UpdateImagePipeline takes of the request. It replaces everything, so everything is sent."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: value for name, value in wanted.request.items() if name in members}
