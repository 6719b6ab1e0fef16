"""The operations of the service."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from imagebuilder_local.emulator.executions import list_image_pipeline_images, start_image_pipeline_execution
from imagebuilder_local.emulator.image_operations import cancel_image_creation, delete_image, get_image
from imagebuilder_local.emulator.lifecycle import get_lifecycle_execution, start_resource_state_update
from imagebuilder_local.emulator.pipelines import (
    create_image_pipeline,
    delete_image_pipeline,
    get_image_pipeline,
    list_image_pipelines,
    update_image_pipeline,
)
from imagebuilder_local.emulator.reads import READS
from imagebuilder_local.emulator.state import State
from imagebuilder_local.emulator.tags import list_tags_for_resource, tag_resource, untag_resource

OPERATIONS: Final[Mapping[str, Callable[[State, Mapping[str, Any]], dict[str, Any]]]] = {
    "CreateImagePipeline": create_image_pipeline,
    "UpdateImagePipeline": update_image_pipeline,
    "DeleteImagePipeline": delete_image_pipeline,
    "GetImagePipeline": get_image_pipeline,
    "ListImagePipelines": list_image_pipelines,
    "StartImagePipelineExecution": start_image_pipeline_execution,
    "ListImagePipelineImages": list_image_pipeline_images,
    "GetImage": get_image,
    "CancelImageCreation": cancel_image_creation,
    "DeleteImage": delete_image,
    "StartResourceStateUpdate": start_resource_state_update,
    "GetLifecycleExecution": get_lifecycle_execution,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
    **READS,
}
