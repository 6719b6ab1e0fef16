"""Adopts a pipeline that existed before the event, and gives it back."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from imagebuilder_model.comparison import as_update
from imagebuilder_model.ownership import (
    ADOPTED_TAG,
    FORMER_LOGICAL_ID_TAG,
    LOGICAL_ID_TAG,
    OWNED,
    OWNER_TAGS,
    RETAINED,
    STACK_ID_TAG,
)
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.live import Marks, bring_to, live_pipeline
from imagebuilder_pipeline_handler.pipeline.properties import Desired
from imagebuilder_pipeline_handler.pipeline.reasons import NOT_OURS, OTHER_STACKS
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Success


def require_adoptable(task: Task, wanted: Desired, live: Mapping[str, Any]) -> None:
    """Refuse to adopt a pipeline of another stack, or one without AdoptExisting in the template. HandlerError."""
    if task.is_of_another_stack(live):
        raise HandlerError(OTHER_STACKS, live["arn"])
    if not wanted.adopt_existing:
        raise HandlerError(NOT_OURS, live["arn"])


def adopt(task: Task, wanted: Desired, live: Mapping[str, Any]) -> Success:
    """Adopt an unowned pipeline, marked so that a Delete gives it back: a rollback sends nothing but a Delete.

    Tag it first, since IAM grants the rest by tag, and a Delete looks at the tags should this fail half way. A failure
    restores the pipeline. If this resource owns it already, for example retained by an earlier stack update, only the
    mark is new.
    """
    arn, theirs = live["arn"], live["tags"]
    tags = task.owner_tags | _mark(task, live)
    ours = {key: value for key, value in tags.items() if theirs.get(key) != value}
    restore = partial(_restore, task, live, ours.keys() | wanted.tags.keys())
    task.progress.physical_id, task.progress.undo = arn, lambda _: restore()
    try:
        if ours:
            task.client.tag_resource(resourceArn=arn, tags=ours)
        return bring_to(task, wanted, {**live, "tags": {**theirs, **ours}}, before=None)
    except BaseException:
        with suppress(Exception):
            restore()
            task.progress.undo = None
            task.progress.physical_id = arn if task.owns(live) else ""
        raise


def marks_after_update(live: Mapping[str, Any], wanted: Desired) -> Marks:
    """Return the marks of an adopted pipeline after an Update: without AdoptExisting the pipeline is owned for good.

    The mark stays and says so, because the rollback of this Update has AdoptExisting again.
    """
    tags = live["tags"]
    marks: dict[str, str | None] = {}
    if ADOPTED_TAG in tags:
        marks[ADOPTED_TAG] = RETAINED if wanted.adopt_existing else OWNED
    if FORMER_LOGICAL_ID_TAG in tags:
        # The stack update in which it was adopted is over, and so is its rollback.
        marks[FORMER_LOGICAL_ID_TAG] = None
    return marks


def is_given_back(task: Task, live: Mapping[str, Any]) -> bool:
    """Return whether a Delete has to keep this pipeline, which this resource owns."""
    return _former_owner(task, live) is not None or live["tags"].get(ADOPTED_TAG) == RETAINED


def give_back(task: Task, live: Mapping[str, Any]) -> None:
    """Remove the owner tags, or give them back to the resource of this stack that had them."""
    former = _former_owner(task, live)
    if former is None:
        keys = [key for key in OWNER_TAGS if key in live["tags"]]
        task.client.untag_resource(resourceArn=live["arn"], tagKeys=keys)
        return
    task.client.tag_resource(resourceArn=live["arn"], tags={LOGICAL_ID_TAG: former})
    task.client.untag_resource(resourceArn=live["arn"], tagKeys=[FORMER_LOGICAL_ID_TAG])


def renounce(task: Task, live: Mapping[str, Any]) -> None:
    """Give up a pipeline that another resource adopted: this former owner is deleted, so it is not given back."""
    tags = live["tags"]
    ours = (task.event["StackId"], task.event["LogicalResourceId"])
    if (tags.get(STACK_ID_TAG), tags.get(FORMER_LOGICAL_ID_TAG)) == ours:
        task.client.untag_resource(resourceArn=live["arn"], tagKeys=[FORMER_LOGICAL_ID_TAG])


def _mark(task: Task, live: Mapping[str, Any]) -> dict[str, str]:
    tags = live["tags"]
    is_of_a_sibling = tags.get(STACK_ID_TAG) == task.event["StackId"] and not task.owns(live)
    if is_of_a_sibling and LOGICAL_ID_TAG in tags:
        return {FORMER_LOGICAL_ID_TAG: tags[LOGICAL_ID_TAG]}
    # One that is ours and has a former owner was adopted by another delivery of this event.
    return {} if _former_owner(task, live) is not None else {ADOPTED_TAG: RETAINED}


def _former_owner(task: Task, live: Mapping[str, Any]) -> str | None:
    former = live["tags"].get(FORMER_LOGICAL_ID_TAG)
    return former if former != task.event["LogicalResourceId"] else None


def _restore(task: Task, live: Mapping[str, Any], touched: set[str]) -> None:
    """Restore a pipeline: first what an update changed, then the tags."""
    arn, theirs = live["arn"], live["tags"]
    now = live_pipeline(task.client, arn)
    if now is None:
        return
    try:
        if as_update(now) != as_update(live):
            token = task.token("restore")
            task.client.update_image_pipeline(**as_update(live) | {"imagePipelineArn": arn, "clientToken": token})
    finally:
        there = now["tags"]
        old = {key: theirs[key] for key in touched if key in theirs and there.get(key) != theirs[key]}
        new = sorted(key for key in touched if key in there and key not in theirs)
        if old:
            task.client.tag_resource(resourceArn=arn, tags=old)
        # The owner tags go last, since IAM grants the other calls by them.
        if new:
            task.client.untag_resource(resourceArn=arn, tagKeys=new)
