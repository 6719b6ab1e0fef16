"""One live pipeline: read, compared with a template, and updated to match it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_model import load_model
from imagebuilder_model.comparison import as_update, is_shown
from imagebuilder_pipeline_handler.imagebuilder.advice import require_content
from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
from imagebuilder_pipeline_handler.imagebuilder.dates import was_changed_since
from imagebuilder_pipeline_handler.imagebuilder.errors import error_code, is_denied, is_gone
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.properties import Desired
from imagebuilder_pipeline_handler.pipeline.reasons import OTHER_RECIPE_TYPE, OTHER_STACKS, SUPERSEDED
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Success

Marks = Mapping[str, str | None]
"""Our tags besides the two of the owner; those with None are removed."""

NO_MARKS: Final[Marks] = MappingProxyType({})


def live_pipeline(client: ImageBuilderClient, arn: str) -> dict[str, Any] | None:
    """Return the pipeline as the service has it, always with `tags`, and the look-up's `requestId`; None if it is gone.

    HandlerError `OtherStacks` when IAM denies the look-up, which it does only for pipelines of other stacks.
    """
    try:
        response = client.get_image_pipeline(imagePipelineArn=arn)
    except ClientError as error:
        # The model lists no such error for this operation, but the service sends it.
        if is_gone(error):
            return None
        if is_denied(error):
            message = error.response.get("Error", {}).get("Message") or error_code(error)
            detail = f"{arn}, which the function's role may not look up: {message}"
            raise HandlerError(OTHER_STACKS, detail) from error
        raise
    require_content("GetImagePipeline", response, arn)
    pipeline = response["imagePipeline"]
    return {**pipeline, "tags": pipeline.get("tags") or {}, "requestId": response.get("requestId", "")}


def succeeded(arn: str, wanted: Desired, token: str, request_id: str) -> Success:
    """Return the success of an event: the pipeline's ARN, and the attributes for `Fn::GetAtt`."""
    attributes = {"Name": wanted.name, "ClientToken": token, "RequestId": request_id}
    return Success(arn, {"Arn": arn, **attributes, "WhatIsBuilt": wanted.what_is_built})


def bring_to(
    task: Task,
    wanted: Desired,
    live: Mapping[str, Any],
    before: Desired | None,
    marks: Marks = NO_MARKS,
) -> Success:
    """Update a live pipeline to the template. `before` is the template of the last event, None if that is not known."""
    arn, request_id = live["arn"], live["requestId"]
    token = task.token("UpdateImagePipeline")
    if before is None or _without_tags(before) != _without_tags(wanted):
        _refuse_other_recipe_type(wanted, live)
        keeps_status = "status" in live and not _may_be_reset(live, before, wanted)
        status = {"status": live["status"]} if keeps_status else {}
        request: dict[str, Any] = status | _without_tags(wanted) | {"imagePipelineArn": arn, "clientToken": token}
        request_id = _update(task, wanted, live, before, request)
    _reconcile_tags(task, wanted, live, before, marks)
    return succeeded(arn, wanted, token, request_id)


def shows(live: Mapping[str, Any], wanted: Desired, rather_than: Desired) -> bool:
    """Return whether a pipeline matches a template wherever that differs from another template."""
    now, this, that = as_update(live), _without_tags(wanted), _without_tags(rather_than)
    return _has(now, this, that) and _has(live["tags"], wanted.tags, rather_than.tags)


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
        # The token keeps the service from updating twice for one event; tags have no token.
        now = live_pipeline(task.client, arn)
        if now is not None and shows(now, before, rather_than=wanted):
            raise HandlerError(SUPERSEDED, arn)
    return request_id


def _may_be_reset(live: Mapping[str, Any], before: Desired | None, wanted: Desired) -> bool:
    """Return whether the template disabled the pipeline and no longer does.

    A pipeline that the service disabled after failures must not be enabled because something else changed, nor because
    an Update is rolled back that said DISABLED and was never applied.
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
        is_shown(this[name], now.get(name)) if name in this else not is_shown(that[name], now.get(name))
        for name in differing
    )


def _reconcile_tags(
    task: Task,
    wanted: Desired,
    live: Mapping[str, Any],
    before: Desired | None,
    marks: Marks,
) -> None:
    """Set and remove tags that the template has or had. Tags that others put on the pipeline stay."""
    arn, there = live["arn"], live["tags"]
    tags = wanted.tags | task.owner_tags | {key: value for key, value in marks.items() if value is not None}
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
    types = {"imageRecipeArn": "an image recipe", "containerRecipeArn": "a container recipe"}
    for member, described in types.items():
        if live.get(member) and member not in wanted.request:
            raise HandlerError(OTHER_RECIPE_TYPE, f"the pipeline {wanted.name!r} has {described}")


def _without_tags(wanted: Desired) -> dict[str, Any]:
    """Return the members of UpdateImagePipeline. It replaces everything, so everything is sent."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: value for name, value in wanted.request.items() if name in members}
