"""What a Create, an Update and a Delete do to the pipeline."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model import (
    LOGICAL_ID_TAG,
    PIPELINE_ARN_KIND,
    STACK_ID_TAG,
    check,
    is_pipeline_arn,
    name_in_arn,
    normalized_name,
)
from imagebuilder_pipeline_handler.imagebuilder.advice import NO_ANSWER
from imagebuilder_pipeline_handler.imagebuilder.dates import (
    is_older,
    time_of,
    was_made_after,
    was_there_before,
)
from imagebuilder_pipeline_handler.imagebuilder.errors import error_code, is_gone
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.adoption import adopt, is_given_back, marks_after_update, require_adoptable
from imagebuilder_pipeline_handler.pipeline.deletion import delete_ours, look
from imagebuilder_pipeline_handler.pipeline.live import bring_to, live_pipeline, shows, succeeded
from imagebuilder_pipeline_handler.pipeline.on_delete import delete_as_wanted
from imagebuilder_pipeline_handler.pipeline.properties import Desired, desired, lenient, secrets_of
from imagebuilder_pipeline_handler.pipeline.reasons import OTHER_STACKS, OWNER_TAGS_MISSING
from imagebuilder_pipeline_handler.pipeline.runtime_attributes import with_runtime_attributes
from imagebuilder_pipeline_handler.runtime.event import (
    Event,
    is_marker,
    issued_at,
    old_properties_of,
    physical_id_of,
    properties_of,
)
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Success

__all__ = ["create", "delete", "secrets_of", "update"]

_CREATE_MAY_STILL_RUN: Final = (1.0, 2.0, 3.0, 4.0)
"""Seconds between look-ups of a pipeline whose Create got no response."""

_LONGEST_ROLLBACK: Final = timedelta(days=1)
"""The time between an event and its rollback: CloudFormation first waits for whatever else of the stack runs."""


def create(task: Task) -> Success:
    """Create the pipeline. If one of that name is owned already, or may be adopted, update it to the template."""
    wanted = desired(properties_of(task.event))
    return with_runtime_attributes(task, wanted, _create(task, wanted))


def update(task: Task) -> Success:
    """Update the pipeline in place. With a new name create one; CloudFormation then deletes the old one by its ARN."""
    wanted, before = desired(properties_of(task.event)), lenient(old_properties_of(task.event))
    arn, live = physical_id_of(task.event), None
    if is_pipeline_arn(arn) and name_in_arn(arn) == normalized_name(wanted.name):
        live = live_pipeline(task.client, arn)
    success = _create(task, wanted) if live is None else _update(task, wanted, before, live)
    success = with_runtime_attributes(task, wanted, success)
    task.progress.success = success
    _tidy_up(task, before, live, keep={arn, success.physical_id})
    return success


def delete(task: Task) -> Success:
    """Delete the pipeline if this resource owns it. CloudFormation invents an id for a Create without a response."""
    physical_id = physical_id_of(task.event)
    if is_pipeline_arn(physical_id):
        live = look(task, physical_id)
        if live is not None and was_made_after(task.event, live):
            task.progress.note = "the pipeline of this name is newer than this event, so it was kept"
        elif live is not None:
            delete_as_wanted(task, live)
    elif not is_marker(physical_id):
        _delete_without_response(task)
    return Success(physical_id)


def _create(task: Task, wanted: Desired) -> Success:
    arn = _arn_of(task.event, wanted.name)
    token = task.token("CreateImagePipeline")
    request = wanted.request | {"tags": wanted.tags | task.owner_tags, "clientToken": token}
    # From here on it may exist, until a response says otherwise.
    task.progress.physical_id = arn
    task.progress.undo = partial(_delete_if_made_since, task, arn)
    try:
        response = task.client.create_image_pipeline(**request)
    except (ClientError, BotoCoreError) as error:
        match error_code(error):
            case "ResourceAlreadyExistsException":
                return _go_on_with(task, wanted, error)
            case "IdempotentParameterMismatchException":
                raise
            case _ if "CreateImagePipeline" in task.progress.calls.unsure:
                return _go_on_with(task, wanted, error)
            case _:
                # After being turned away it is still unknown what an earlier delivery made before it was killed.
                if not task.progress.calls.was_turned_away:
                    task.progress.physical_id = ""
                raise
    made = response.get("imagePipelineArn")
    if not made:
        return _go_on_with(task, wanted, HandlerError(NO_ANSWER, arn))
    task.progress.physical_id = made
    return succeeded(made, wanted, token, response.get("requestId", ""))


def _go_on_with(task: Task, wanted: Desired, fault: Exception) -> Success:
    """Go on with the pipeline that has the name, whoever made it; raise the fault if there is none.

    The response never has the ARN of another owner's pipeline, because the Delete that follows would delete it. While
    the owner is unknown this event may have made it, so the response has the ARN: a Delete checks the tags first.
    """
    try:
        live = live_pipeline(task.client, task.progress.physical_id)
    except (ClientError, BotoCoreError, HandlerError) as error:
        is_denied = isinstance(error, HandlerError) and error.reason == OTHER_STACKS
        if is_denied:
            task.progress.physical_id = ""
        if is_denied or error_code(fault) == "ResourceAlreadyExistsException":
            raise error from fault
        raise fault from error
    if live is None:
        raise fault
    if not task.owns(live):
        task.progress.physical_id = ""
        require_adoptable(task, wanted, live)
    elif not was_there_before(task.event, live) or _is_rolled_back_to(task, live):
        return bring_to(task, wanted, live, before=None)
    return adopt(task, wanted, live)


def _is_rolled_back_to(task: Task, live: Mapping[str, Any]) -> bool:
    """Return whether this Update rolls a rename back, to a pipeline that this resource owned all the time.

    Then the pipeline that the rename made is younger, and was made in the stack update that is being rolled back.
    """
    renamed = task.event.get("PhysicalResourceId")
    if renamed is None or not is_pipeline_arn(renamed):
        return False
    younger = look(task, renamed) or {}
    made, issued = time_of(younger, "dateCreated"), issued_at(task.event)
    was_made_lately = made is not None and issued is not None and made > issued - _LONGEST_ROLLBACK
    return was_made_lately and is_older(live, younger)


def _update(task: Task, wanted: Desired, before: Desired, live: Mapping[str, Any]) -> Success:
    arn = live["arn"]
    if not task.owns(live):
        return _update_lost(task, wanted, before, live)
    try:
        return bring_to(task, wanted, live, before, marks_after_update(live, wanted))
    except ClientError as error:
        # The same code says that the pipeline is gone and that something which the request refers to does not exist.
        if not is_gone(error) or live_pipeline(task.client, arn) is not None:
            raise
    return _create(task, wanted)


def _update_lost(task: Task, wanted: Desired, before: Desired, live: Mapping[str, Any]) -> Success:
    """Update a pipeline that has lost its owner tags: adopt it, or report the fix."""
    arn, tags = live["arn"], live["tags"]
    if not wanted.adopt_existing and not task.is_of_another_stack(live):
        if shows(live, wanted, rather_than=before):
            # So the rollback of an Update that was refused for these tags does not fail as well.
            task.progress.note = "the pipeline lacks its owner tags, and matches the template all the same"
            return succeeded(arn, wanted, task.token("UpdateImagePipeline"), live["requestId"])
        if LOGICAL_ID_TAG not in tags or STACK_ID_TAG not in tags:
            missing = ", ".join(f"{key}={value}" for key, value in task.owner_tags.items())
            raise HandlerError(OWNER_TAGS_MISSING, f"{missing} of {arn}")
    require_adoptable(task, wanted, live)
    return adopt(task, wanted, live)


def _tidy_up(
    task: Task,
    before: Desired,
    kept: Mapping[str, Any] | None,
    keep: set[str],
) -> None:
    """Delete what a failed Update may have made under another name.

    Only in the rollback of such an Update do the old properties name another pipeline than the physical id. A failure
    here is only noted, because the pipeline itself is restored.
    """
    leftover = _arn_of(task.event, before.name)
    if leftover in keep or any(problem.path == ("name",) for problem in check("CreateImagePipeline", before.request)):
        return
    try:
        live = look(task, leftover)
        # If it is older than the pipeline that is kept, that Update did not make it: it was adopted or retained.
        if live is not None and (kept is None or not is_older(live, kept) or is_given_back(task, live)):
            delete_ours(task, live)
    except Exception as error:  # noqa: BLE001 (whatever it is, it must not fail the rollback)
        fault = error_code(error) or type(error).__name__
        task.progress.note = f"{leftover}, which a failed update may have made, could not be deleted: {fault}"


def _delete_without_response(task: Task) -> None:
    """Delete what a Create without a response made. That Create may still run."""
    arn = _arn_of(task.event, lenient(properties_of(task.event)).name)
    if not is_pipeline_arn(arn):
        return
    for pause in (*_CREATE_MAY_STILL_RUN, None):
        live = look(task, arn)
        if live is not None:
            made, issued = time_of(live, "dateCreated"), issued_at(task.event)
            if made is not None and issued is not None and made < issued - _LONGEST_ROLLBACK:
                task.progress.note = "the pipeline of this name is older than the stack update, so it was kept"
            else:
                delete_ours(task, live)
            return
        is_denied = bool(task.progress.note)
        if is_denied or pause is None or not task.progress.allows(pause):
            return
        task.progress.clock.sleep(pause)


def _delete_if_made_since(task: Task, arn: str, since: datetime) -> None:
    """Delete a pipeline that was made too late. An older one may be of another delivery, whose response was in time."""
    live = live_pipeline(task.client, arn)
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # the service's times have milliseconds
    made = None if live is None else time_of(live, "dateCreated")
    if live is not None and made is not None and made >= since:
        delete_ours(task, live)


def _arn_of(event: Event, name: str) -> str:
    """Return the ARN that a pipeline of this name has, or would have."""
    _, partition, _, region, account, _ = event["StackId"].split(":", 5)
    return f"arn:{partition}:imagebuilder:{region}:{account}:{PIPELINE_ARN_KIND}/{normalized_name(name)}"
