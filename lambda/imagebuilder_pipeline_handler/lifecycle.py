"""What each of CloudFormation's events does to the pipeline. Plain functions that take the client."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model import check, is_pipeline_arn, name_in_arn, normalized_name
from imagebuilder_model.names import LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_pipeline_handler.adoption import adopt, is_given_back, marks_after_update, require_adoptable
from imagebuilder_pipeline_handler.deletion import delete_ours, look
from imagebuilder_pipeline_handler.event import (
    is_marker,
    issued_at,
    old_properties_of,
    physical_id_of,
    properties_of,
)
from imagebuilder_pipeline_handler.identity import (
    Outcome,
    arn_of,
    client_token,
    is_of_another_stack,
    is_ours,
    owner_tags,
    tags_of,
    time_of,
    was_made_after,
    was_there_before,
)
from imagebuilder_pipeline_handler.pipeline import bring_to, error_code, is_gone, live_pipeline, shows
from imagebuilder_pipeline_handler.properties import Desired, desired, lenient
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.work import Task

_CREATE_MAY_STILL_RUN: Final = (1.0, 2.0, 3.0, 4.0)
"""Seconds between looks for a pipeline whose Create was never answered."""

_LONGEST_ROLLBACK: Final = timedelta(days=1)
"""How long after an event its rollback may come: CloudFormation first waits for whatever else of the stack runs."""


def create(task: Task) -> Outcome:
    """Make the pipeline. One of that name which is ours already, or may be adopted, is brought to the wanted state."""
    return _create(task, desired(properties_of(task.event)))


def update(task: Task) -> Outcome:
    """Change the pipeline in place. A new name makes a new one; CloudFormation then deletes the old one by its ARN."""
    wanted, before = desired(properties_of(task.event)), lenient(old_properties_of(task.event))
    arn, live = physical_id_of(task.event), None
    if is_pipeline_arn(arn) and name_in_arn(arn) == normalized_name(wanted.name):
        live = live_pipeline(task.client, arn)
    outcome = _create(task, wanted) if live is None else _update(task, wanted, before, live)
    task.work.achieve(outcome)
    _tidy_up(task, before, live, keep={arn, outcome.arn})
    return outcome


def delete(task: Task) -> None:
    """Delete the pipeline if it is ours. An id that CloudFormation made up is of a Create that nobody answered."""
    physical_id = physical_id_of(task.event)
    if is_pipeline_arn(physical_id):
        live = look(task, physical_id)
        if live is None:
            return
        if was_made_after(task.event, live):
            task.work.note = "the pipeline of this name was made after this event was sent, and was left alone"
            return
        delete_ours(task, live)
    elif not is_marker(physical_id):
        _delete_unanswered(task)


def _create(task: Task, wanted: Desired) -> Outcome:
    arn = arn_of(task.event, wanted.name)
    token = client_token(task.event, "CreateImagePipeline")
    request = wanted.request | {"tags": wanted.tags | owner_tags(task.event), "clientToken": token}
    # From here on it may exist, until an answer says otherwise.
    task.work.physical_id = arn
    task.work.undo = partial(_delete_if_made_since, task, arn)
    try:
        response = task.client.create_image_pipeline(**request)
    except (ClientError, BotoCoreError) as error:
        match error_code(error):
            case "ResourceAlreadyExistsException":
                return _go_on_with(task, wanted, error)
            case "IdempotentParameterMismatchException":
                raise
            case _ if "CreateImagePipeline" in task.work.unsure:
                return _go_on_with(task, wanted, error)
            case _:
                # Who was only turned away does not know what an earlier delivery made before it was killed.
                if not task.work.was_turned_away:
                    task.work.physical_id = ""
                raise
    made = response.get("imagePipelineArn")
    if not made:
        return _go_on_with(task, wanted, HandlerError("NoAnswer", arn))
    task.work.physical_id = made
    return Outcome(made, wanted.name, token, response.get("requestId", ""))


def _go_on_with(task: Task, wanted: Desired, fault: Exception) -> Outcome:
    """Go on with the pipeline that has the name, whoever made it; raise the fault if there is none.

    The ARN of one that is not ours is not answered, lest it be deleted. While it is not known whose it is, it may have
    been made by this event: then the ARN is answered, for a Delete looks at the tags before all else.
    """
    try:
        live = live_pipeline(task.client, task.work.physical_id)
    except (ClientError, BotoCoreError, HandlerError) as error:
        is_denied = isinstance(error, HandlerError) and error.code == "OtherStacks"
        if is_denied:
            task.work.physical_id = ""
        if is_denied or error_code(fault) == "ResourceAlreadyExistsException":
            raise error from fault
        raise fault from error
    if live is None:
        raise fault
    if not is_ours(task.event, live):
        task.work.physical_id = ""
        require_adoptable(task.event, wanted, live)
    elif not was_there_before(task.event, live) or _is_rolled_back_to(task, live):
        return bring_to(task, wanted, live, before=None)
    return adopt(task, wanted, live)


def _is_rolled_back_to(task: Task, live: Mapping[str, Any]) -> bool:
    """Tell whether this Update rolls a rename back: what it goes back to was this resource's all the time.

    Then the pipeline that the rename made is younger, and was made in the stack update that is being rolled back.
    """
    renamed = task.event.get("PhysicalResourceId")
    if renamed is None or not is_pipeline_arn(renamed):
        return False
    younger = look(task, renamed) or {}
    made, issued = time_of(younger, "dateCreated"), issued_at(task.event)
    was_made_lately = made is not None and issued is not None and made > issued - _LONGEST_ROLLBACK
    return was_made_lately and _is_older(live, younger)


def _update(task: Task, wanted: Desired, before: Desired, live: Mapping[str, Any]) -> Outcome:
    arn = live["arn"]
    if not is_ours(task.event, live):
        return _update_lost(task, wanted, before, live)
    try:
        return bring_to(task, wanted, live, before, marks_after_update(live, wanted))
    except ClientError as error:
        # The same code says that the pipeline is gone and that something which the request refers to does not exist.
        if not is_gone(error) or live_pipeline(task.client, arn) is not None:
            raise
    return _create(task, wanted)


def _update_lost(task: Task, wanted: Desired, before: Desired, live: Mapping[str, Any]) -> Outcome:
    """Update a pipeline that does not carry the owner's tags any more: adopt it, or say what to do."""
    arn, tags = live["arn"], tags_of(live)
    if not wanted.adopt_existing and not is_of_another_stack(task.event, live):
        if shows(live, wanted, rather_than=before):
            # So the rollback of an Update that was refused for these tags does not fail as well.
            task.work.note = "the pipeline lacks the tags of its owner, and has what is asked for all the same"
            return Outcome(arn, wanted.name, client_token(task.event, "UpdateImagePipeline"), live["requestId"])
        if LOGICAL_ID_TAG not in tags or STACK_ID_TAG not in tags:
            missing = ", ".join(f"{key}={value}" for key, value in owner_tags(task.event).items())
            raise HandlerError("OwnerTagsMissing", f"{missing} of {arn}")
    require_adoptable(task.event, wanted, live)
    return adopt(task, wanted, live)


def _tidy_up(
    task: Task,
    before: Desired,
    kept: Mapping[str, Any] | None,
    keep: set[str],
) -> None:
    """Delete what an Update that failed may have made under another name.

    Its old properties name a pipeline which is not the physical id's only after such a failure, in the rollback. What
    was restored stays so whatever becomes of this: a failure is only noted.
    """
    leftover = arn_of(task.event, before.name)
    if leftover in keep or any(problem.path == ("name",) for problem in check("CreateImagePipeline", before.request)):
        return
    try:
        live = look(task, leftover)
        # One that is older than the pipeline which is kept was not made by that Update, but adopted or retained.
        if live is not None and (kept is None or not _is_older(live, kept) or is_given_back(task.event, live)):
            delete_ours(task, live)
    except Exception as error:  # noqa: BLE001 (whatever it is, it must not fail the rollback)
        fault = error_code(error) or type(error).__name__
        task.work.note = f"{leftover}, which an update that failed may have made, could not be deleted: {fault}"


def _is_older(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    made, then = time_of(one, "dateCreated"), time_of(other, "dateCreated")
    return made is not None and then is not None and made < then


def _delete_unanswered(task: Task) -> None:
    """Delete what a Create made that was never answered, and that may still run."""
    arn = arn_of(task.event, lenient(properties_of(task.event)).name)
    if not is_pipeline_arn(arn):
        return
    for pause in (*_CREATE_MAY_STILL_RUN, None):
        live = look(task, arn)
        if live is not None:
            made, issued = time_of(live, "dateCreated"), issued_at(task.event)
            if made is not None and issued is not None and made < issued - _LONGEST_ROLLBACK:
                task.work.note = "the pipeline of this name is older than what this event is about, and was left alone"
            else:
                delete_ours(task, live)
            return
        is_denied = bool(task.work.note)
        if is_denied or pause is None or not task.work.allows(pause):
            return
        time.sleep(pause)


def _delete_if_made_since(task: Task, arn: str, since: datetime) -> None:
    """Delete a pipeline that came too late. One that is older may be another delivery's, which was answered in time."""
    live = live_pipeline(task.client, arn)
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # the service's times have milliseconds
    made = None if live is None else time_of(live, "dateCreated")
    if live is not None and made is not None and made >= since:
        delete_ours(task, live)
