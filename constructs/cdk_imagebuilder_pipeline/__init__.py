"""A CDK construct for EC2 Image Builder pipelines."""

from cdk_imagebuilder_pipeline.base import ImagePipelineBase, OnEventOptions
from cdk_imagebuilder_pipeline.pipeline import ImagePipeline
from cdk_imagebuilder_pipeline.props import ImagePipelineProps, ImagePipelineStatus
from cdk_imagebuilder_pipeline.provider import ImagePipelineProvider
from cdk_imagebuilder_pipeline.provider_base import ImagePipelineProviderBase
from cdk_imagebuilder_pipeline.provider_options import ImagePipelineProviderOptions
from cdk_imagebuilder_pipeline.recipe import RecipeType
from cdk_imagebuilder_pipeline.scanning import ImageScanningType, MaximumSeverityLabel, ScanResultCondition
from cdk_imagebuilder_pipeline.schedule import ImagePipelineSchedule, ScheduleStartCondition
from cdk_imagebuilder_pipeline.workflow import WorkflowConfiguration, WorkflowOnFailure, WorkflowParameterValue

__all__ = [
    "ImagePipeline",
    "ImagePipelineBase",
    "ImagePipelineProps",
    "ImagePipelineProvider",
    "ImagePipelineProviderBase",
    "ImagePipelineProviderOptions",
    "ImagePipelineSchedule",
    "ImagePipelineStatus",
    "ImageScanningType",
    "MaximumSeverityLabel",
    "OnEventOptions",
    "RecipeType",
    "ScanResultCondition",
    "ScheduleStartCondition",
    "WorkflowConfiguration",
    "WorkflowOnFailure",
    "WorkflowParameterValue",
]
