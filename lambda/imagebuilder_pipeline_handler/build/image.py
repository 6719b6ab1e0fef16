"""`Custom::ImagePipelineImage`: goes on waiting for a build, or looks up the newest image of a version."""

from imagebuilder_pipeline_handler.build.properties import image_of
from imagebuilder_pipeline_handler.build.reasons import BUILD_GONE
from imagebuilder_pipeline_handler.build.waiting import outcome_of
from imagebuilder_pipeline_handler.imagebuilder.images import live_image
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.event import Event, physical_id_of, properties_of
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Outcome, Success


def create(task: Task) -> Outcome:
    """Respond with the attributes of the image, when it is built."""
    wanted = image_of(properties_of(task.event))
    image = live_image(task.client, wanted.arn)
    if image is None:
        raise HandlerError(BUILD_GONE, wanted.arn)
    return outcome_of(task, image, wanted.wait)


def update(task: Task) -> Outcome:
    """Do as at a Create: nothing is made."""
    return create(task)


def delete(task: Task) -> Outcome:
    """Do nothing: the image is another resource's."""
    return Success(physical_id_of(task.event))


def secrets_of(_event: Event) -> frozenset[str]:
    """Return no values: these properties have no secret."""
    return frozenset()
