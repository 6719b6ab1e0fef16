"""A CDK construct for EC2 Image Builder pipelines."""

from cdk_imagebuilder_pipeline.image_pipeline import ImagePipeline
from cdk_imagebuilder_pipeline.image_pipeline_base import ImagePipelineBase, OnEventOptions
from cdk_imagebuilder_pipeline.images.built_image import BuiltImage
from cdk_imagebuilder_pipeline.images.image_build import ImagePipelineBuild
from cdk_imagebuilder_pipeline.images.latest_image import LatestImage
from cdk_imagebuilder_pipeline.props.image_pipeline_props import (
    ImagePipelineOnDelete,
    ImagePipelineProps,
    ImagePipelineStatus,
)
from cdk_imagebuilder_pipeline.props.recipe import RecipeType
from cdk_imagebuilder_pipeline.props.scanning import ImageScanningType, MaximumSeverityLabel, ScanResultCondition
from cdk_imagebuilder_pipeline.props.schedule import ImagePipelineSchedule, ScheduleStartCondition
from cdk_imagebuilder_pipeline.props.workflow import WorkflowConfiguration, WorkflowOnFailure, WorkflowParameterValue
from cdk_imagebuilder_pipeline.provider.base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider.options import ImagePipelineProviderOptions
from cdk_imagebuilder_pipeline.provider.provider import ImagePipelineProvider

__all__ = [
    "BuiltImage",
    "ImagePipeline",
    "ImagePipelineBase",
    "ImagePipelineBuild",
    "ImagePipelineOnDelete",
    "ImagePipelineProps",
    "ImagePipelineProvider",
    "ImagePipelineProviderBase",
    "ImagePipelineProviderOptions",
    "ImagePipelineSchedule",
    "ImagePipelineStatus",
    "ImageScanningType",
    "LatestImage",
    "MaximumSeverityLabel",
    "OnEventOptions",
    "RecipeType",
    "ScanResultCondition",
    "ScheduleStartCondition",
    "WorkflowConfiguration",
    "WorkflowOnFailure",
    "WorkflowParameterValue",
]
