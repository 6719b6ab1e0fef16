"""What each of CloudFormation's events does to the pipeline. Plain functions that take the client."""

import time
from datetime import datetime
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model import is_pipeline_arn, name_in_arn, normalized_name
from imagebuilder_pipeline_handler.adoption import take_over
from imagebuilder_pipeline_handler.client import ImageBuilderClient
from imagebuilder_pipeline_handler.event import Event, is_marker, old_properties_of, physical_id_of, properties_of
from imagebuilder_pipeline_handler.identity import Outcome, arn_of, client_token, is_ours, owner_tags
from imagebuilder_pipeline_handler.pipeline import bring_to, delete_ours, error_code, is_denied, is_gone, live_pipeline
from imagebuilder_pipeline_handler.properties import Desired, desired, lenient
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.work import Work

_CREATE_MAY_STILL_RUN: Final = (1.0, 2.0, 3.0, 4.0)
"""Seconds between looks for a pipeline whose Create was never answered."""


def create(client: ImageBuilderClient, event: Event, work: Work) -> Outcome:
    """Make the pipeline. One of that name which is ours already, or may be adopted, is brought to the wanted state."""
    return _create(client, event, work, desired(properties_of(event)))


def update(client: ImageBuilderClient, event: Event, work: Work) -> Outcome:
    """Change the pipeline in place. A new name makes a new one; CloudFormation then deletes the old one by its ARN."""
    wanted, before = desired(properties_of(event)), lenient(old_properties_of(event))
    arn = physical_id_of(event)
    if is_pipeline_arn(arn) and name_in_arn(arn) == normalized_name(wanted.name):
        outcome = _update(client, event, work, wanted, before)
    else:
        outcome = _create(client, event, work, wanted)
    _delete_leftover(client, event, work, before, keep={arn, outcome.arn})
    return outcome


def delete(client: ImageBuilderClient, event: Event, work: Work) -> None:
    """Delete the pipeline if it is ours. An id that CloudFormation made up is of a Create that nobody answered."""
    physical_id = physical_id_of(event)
    if is_pipeline_arn(physical_id):
        delete_ours(client, event, work, physical_id)
    elif not is_marker(physical_id):
        _delete_unanswered(client, event, work)


def _create(client: ImageBuilderClient, event: Event, work: Work, wanted: Desired) -> Outcome:
    arn = arn_of(event, wanted.name)
    token = client_token(event, "CreateImagePipeline")
    request = wanted.request | {"tags": wanted.tags | owner_tags(event), "clientToken": token}
    # From here on it may exist, until an answer says otherwise.
    work.physical_id = arn
    work.undo = partial(_delete_if_made_since, client, event, work, arn)
    try:
        response = client.create_image_pipeline(**request)
    except (ClientError, BotoCoreError) as error:
        match error_code(error):
            case "ResourceAlreadyExistsException":
                return _adopt(client, event, work, wanted, error)
            case "IdempotentParameterMismatchException":
                raise
            case _ if "CreateImagePipeline" in work.unsure:
                return _find(client, event, work, wanted, error)
            case _:
                # Who was only turned away does not know what an earlier delivery made before it was killed.
                if not work.was_turned_away:
                    work.physical_id = ""
                raise
    made = response.get("imagePipelineArn")
    if not made:
        return _find(client, event, work, wanted, HandlerError("NoAnswer", arn))
    work.physical_id = made
    return Outcome(made, wanted.name, token, response.get("requestId", ""))


def _find(client: ImageBuilderClient, event: Event, work: Work, wanted: Desired, fault: Exception) -> Outcome:
    """Look for the pipeline that may have been made although no answer says so; raise the fault if it is not there."""
    try:
        live = live_pipeline(client, work.physical_id)
    except (ClientError, BotoCoreError, HandlerError):
        raise fault from None
    if live is None:
        raise fault
    if not is_ours(event, live):
        work.physical_id = ""
        raise fault
    return bring_to(client, event, wanted, live, before=None)


def _adopt(client: ImageBuilderClient, event: Event, work: Work, wanted: Desired, error: Exception) -> Outcome:
    """Go on with a pipeline that has the name already. Until it is ours its ARN is not answered, lest it be deleted."""
    arn, work.physical_id = work.physical_id, ""
    try:
        live = live_pipeline(client, arn)
    except ClientError as denied:
        if is_denied(denied):
            raise HandlerError("OtherStacks", arn) from error
        raise
    if live is None:
        raise error
    if is_ours(event, live):
        work.physical_id = arn
        return bring_to(client, event, wanted, live, before=None)
    outcome = take_over(client, event, work, wanted, live)
    work.physical_id = arn
    return outcome


def _update(client: ImageBuilderClient, event: Event, work: Work, wanted: Desired, before: Desired) -> Outcome:
    arn = physical_id_of(event)
    live = live_pipeline(client, arn)
    if live is None:
        return _create(client, event, work, wanted)
    if not is_ours(event, live):
        return take_over(client, event, work, wanted, live)
    try:
        return bring_to(client, event, wanted, live, before)
    except ClientError as error:
        # The same code says that the pipeline is gone and that something which the request refers to does not exist.
        if not is_gone(error) or live_pipeline(client, arn) is not None:
            raise
    return _create(client, event, work, wanted)


def _delete_leftover(client: ImageBuilderClient, event: Event, work: Work, before: Desired, keep: set[str]) -> None:
    """Delete what an Update that failed may have made under another name.

    Its old properties name a pipeline which is not the physical id's only after such a failure, in the rollback.
    """
    leftover = arn_of(event, before.name)
    if is_pipeline_arn(leftover) and leftover not in keep:
        delete_ours(client, event, work, leftover)


def _delete_unanswered(client: ImageBuilderClient, event: Event, work: Work) -> None:
    """Delete what a Create made that was never answered, and that may still run."""
    arn = arn_of(event, lenient(properties_of(event)).name)
    if not is_pipeline_arn(arn):
        return
    try:
        for pause in (*_CREATE_MAY_STILL_RUN, None):
            if delete_ours(client, event, work, arn) or pause is None or not work.allows(pause):
                return
            time.sleep(pause)
    except ClientError as error:
        if not is_denied(error):
            raise
        work.note = "the function's role may not look at a pipeline of this name, so it is not this stack's"


def _delete_if_made_since(client: ImageBuilderClient, event: Event, work: Work, arn: str, since: datetime) -> None:
    """Delete a pipeline that came too late. One that is older may be another delivery's, which was answered in time."""
    live = live_pipeline(client, arn)
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # the service's times have milliseconds
    if live is not None and datetime.fromisoformat(live["dateCreated"]) >= since:
        delete_ours(client, event, work, arn)
