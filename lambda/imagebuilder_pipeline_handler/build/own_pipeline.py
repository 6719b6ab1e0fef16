"""The pipeline that an event's resource builds: one of its own stack."""

from botocore.exceptions import ClientError

from imagebuilder_pipeline_handler.build.reasons import NOT_OWN_PIPELINE
from imagebuilder_pipeline_handler.imagebuilder.advice import require_content
from imagebuilder_pipeline_handler.imagebuilder.errors import is_gone
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.runtime.failure import HandlerError


def require_own(task: Task, pipeline_arn: str) -> None:
    """Refuse a pipeline of another stack. HandlerError `NotOwnPipeline`.

    IAM keeps a function from pipelines of stacks that it does not serve, and cannot tell those that it does apart.
    """
    try:
        response = task.client.get_image_pipeline(imagePipelineArn=pipeline_arn)
    except ClientError as error:
        if is_gone(error):
            return  # the start says so
        raise
    require_content("GetImagePipeline", response, pipeline_arn)
    tags = response["imagePipeline"].get("tags") or {}
    if task.is_of_another_stack({"tags": tags}):
        raise HandlerError(NOT_OWN_PIPELINE, pipeline_arn)
