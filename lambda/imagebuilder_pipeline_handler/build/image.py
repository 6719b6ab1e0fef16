"""`Custom::ImagePipelineImage`: goes on waiting for a build, or looks up the newest image of a version."""

from imagebuilder_model.builds import IMAGE
from imagebuilder_pipeline_handler.build.properties import Image, image_of, string_of
from imagebuilder_pipeline_handler.build.reasons import BUILD_GONE, NO_IMAGE
from imagebuilder_pipeline_handler.build.waiting import outcome_of
from imagebuilder_pipeline_handler.imagebuilder.images import USABLE, is_image_arn, is_running, live_image, status_of
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.event import Event, old_properties_of, physical_id_of, properties_of
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Outcome, Success


def create(task: Task) -> Outcome:
    """Respond with the attributes of the image, when it is built."""
    return _look_up(task, image_of(properties_of(task.event)))


def update(task: Task) -> Outcome:
    """Keep the image while ImageArn and Trigger are the same: another change must not replace what uses it."""
    wanted, physical_id = image_of(properties_of(task.event)), physical_id_of(task.event)
    if is_image_arn(physical_id) and _asks_for_the_same(task.event, wanted):
        image = live_image(task.client, physical_id)
        if image is not None and (is_running(image) or status_of(image) in USABLE):
            return outcome_of(task, image, wanted.wait)
    return _look_up(task, wanted)


def delete(task: Task) -> Outcome:
    """Do nothing: the image is another resource's."""
    return Success(physical_id_of(task.event))


def secrets_of(_event: Event) -> frozenset[str]:
    """Return no values: these properties have no secret."""
    return frozenset()


def _look_up(task: Task, wanted: Image) -> Outcome:
    image = live_image(task.client, wanted.arn)
    if image is None:
        raise HandlerError(BUILD_GONE if is_image_arn(wanted.arn) else NO_IMAGE, wanted.arn)
    return outcome_of(task, image, wanted.wait)


def _asks_for_the_same(event: Event, wanted: Image) -> bool:
    old = old_properties_of(event)
    return (wanted.arn, wanted.trigger) == (string_of(old, "imageArn", IMAGE), string_of(old, "trigger", IMAGE))
