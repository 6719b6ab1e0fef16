"""`Custom::ImagePipelineBuild`: runs the pipeline when what it builds has changed."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_model.builds import DELETE
from imagebuilder_pipeline_handler.build.in_use import mark, release, release_all
from imagebuilder_pipeline_handler.build.own_images import own_images, start, trigger_of
from imagebuilder_pipeline_handler.build.own_pipeline import require_own
from imagebuilder_pipeline_handler.build.properties import Build, build_of, on_delete_of, string_of
from imagebuilder_pipeline_handler.build.removal import remove
from imagebuilder_pipeline_handler.build.result import started
from imagebuilder_pipeline_handler.build.waiting import outcome_of, wait_for
from imagebuilder_pipeline_handler.imagebuilder.images import (
    AVAILABLE,
    USABLE,
    cancel,
    is_image_arn,
    is_running,
    live_image,
    status_of,
)
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.event import (
    Event,
    is_marker,
    last_properties_of,
    old_properties_of,
    physical_id_of,
    properties_of,
)
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Outcome, Success

_CREATE_MAY_STILL_RUN: Final = (1.0, 2.0, 3.0, 4.0)
"""Seconds between look-ups of a build whose Create got no response."""


def create(task: Task) -> Outcome:
    """Take the image that was built, or is being built, for this Trigger; else run the pipeline."""
    return _take_or_start(task, build_of(properties_of(task.event)))


def update(task: Task) -> Outcome:
    """Keep the image while the Trigger is the same. Another Trigger ends what is built for any other."""
    build, physical_id = build_of(properties_of(task.event)), physical_id_of(task.event)
    if build.trigger == string_of(old_properties_of(task.event), "trigger") and is_image_arn(physical_id):
        image = live_image(task.client, physical_id)
        if image is not None and (is_running(image) or status_of(image) in USABLE):
            # Somebody may have removed its tag.
            mark(task, image)
            return outcome_of(task, image, build.wait)
        # Without the image nothing is left to keep, and a failed build is tried again.
    return _take_or_start(task, build)


def delete(task: Task) -> Outcome:
    """Cancel a build that is running. Remove what one has built if the template says so, else mark it as unused."""
    physical_id = physical_id_of(task.event)
    if is_image_arn(physical_id):
        _delete_image(task, physical_id)
    elif not is_marker(physical_id):
        _cancel_unanswered(task)
    return Success(physical_id)


def secrets_of(_event: Event) -> frozenset[str]:
    """Return no values: these properties have no secret."""
    return frozenset()


def _take_or_start(task: Task, build: Build) -> Outcome:
    own = own_images(task, build.pipeline_arn)
    same = [image for image in own if trigger_of(image) == build.trigger]
    usable = [image for image in same if status_of(image) == AVAILABLE] or [*filter(is_running, same)]
    for image in own:
        if is_running(image) and trigger_of(image) != build.trigger:
            _cancel(task, image["arn"])
    if usable:
        # Its summary does not have all of what is asked for.
        found = live_image(task.client, usable[-1]["arn"])
        if found is not None:
            mark(task, found)
            outcome = outcome_of(task, found, build.wait)
            if isinstance(outcome, Success):
                task.progress.success = outcome
                _release_others(task, own, found["arn"])
            return outcome
    return _start(task, build, own)


def _release_others(task: Task, own: Iterable[Mapping[str, Any]], arn: str) -> None:
    """Mark as unused all but the image of the event, and that of before: the stack uses it until the clean-up."""
    release_all(task, own, besides={arn, task.event.get("PhysicalResourceId", "")})


def _start(task: Task, build: Build, own: Iterable[Mapping[str, Any]]) -> Outcome:
    require_own(task, build.pipeline_arn)
    progress = task.progress
    # From here on a build may run, until a response says otherwise: a Delete then looks for it by its tags.
    progress.physical_id = f"not-known/{task.event['LogicalResourceId']}/{task.event['RequestId']}"
    try:
        arn = start(task, build)
    except ClientError:
        if "StartImagePipelineExecution" not in progress.calls.unsure and not progress.calls.was_turned_away:
            progress.physical_id = ""
        raise
    progress.physical_id = arn
    stop = partial(_cancel, task, arn)
    progress.undo = lambda _: stop()
    # Of an event that is delivered again, the image may be among them.
    _release_others(task, own, arn)
    if not build.wait.seconds:
        return started(arn)
    try:
        return wait_for(task, arn, build.wait)
    except HandlerError:
        # Nobody would look at it.
        with suppress(ClientError, BotoCoreError, HandlerError):
            stop()
        raise


def _cancel(task: Task, arn: str) -> None:
    cancel(task.client, arn, task.token(f"CancelImageCreation {arn}"))


def _delete_image(task: Task, arn: str) -> None:
    image = live_image(task.client, arn)
    if image is None:
        return
    if not task.owns(image):
        task.progress.note = "another owner has the image, so it was kept"
    elif is_running(image):
        _cancel(task, arn)
    elif on_delete_of(last_properties_of(task.event)) == DELETE:
        remove(task, image, string_of(last_properties_of(task.event), "lifecycleRoleArn"))
    else:
        task.progress.success = Success(arn)
        release(task, image)


def _cancel_unanswered(task: Task) -> None:
    """Cancel what a Create without a response has started. That Create may still run."""
    pipeline_arn = string_of(last_properties_of(task.event), "pipelineArn")
    for pause in (*_CREATE_MAY_STILL_RUN, None):
        own = own_images(task, pipeline_arn) if pipeline_arn else []
        running = [*filter(is_running, own)]
        for image in running:
            _cancel(task, image["arn"])
        if running or pause is None or not task.progress.allows(pause):
            task.progress.success = Success(physical_id_of(task.event))
            release_all(task, own, besides={image["arn"] for image in running})
            return
        task.progress.clock.sleep(pause)
