"""Why a build fails, besides the errors of the service."""

from typing import Final

from imagebuilder_pipeline_handler.runtime.failure import Reason

NOT_OWN_PIPELINE: Final = Reason(
    "NotOwnPipeline",
    "the pipeline belongs to another stack, and only that stack builds it",
    "set PipelineArn to a pipeline of this stack",
)
BUILD_FAILED: Final = Reason(
    "BuildFailed",
    "Image Builder could not build the image",
    "correct what failed here, as its log shows, and deploy again",
)
BUILD_CANCELLED: Final = Reason(
    "BuildCancelled", "somebody cancelled the build", "deploy again, or change a trigger to build anew"
)
BUILD_NOT_IN_TIME: Final = Reason(
    "BuildNotInTime",
    "the build took longer than its timeout, so it is cancelled if this stack started it",
    "give it a longer timeout",
)
BUILD_GONE: Final = Reason(
    "BuildGone", "the image no longer exists, or is not available", "change a trigger to build anew"
)
NO_IMAGE: Final = Reason(
    "NoImage",
    "no image of this name and version is available",
    "correct ImageArn, or build the image first: run its pipeline and wait until the image is available",
)
NOT_WATCHED: Final = Reason(
    "NotWatched",
    "nothing can wait for the build, because its state machine could not be started",
    "check WatcherArn and the function's permission states:StartExecution, then deploy again",
)
NOT_REMOVED: Final = Reason(
    "NotRemoved",
    "the AMIs, snapshots or container images of a build could not be removed",
    "see the lifecycle role and the image, then delete again, or set OnDelete to RETAIN",
)

REASONS: Final = (
    NOT_OWN_PIPELINE,
    BUILD_FAILED,
    BUILD_CANCELLED,
    BUILD_NOT_IN_TIME,
    BUILD_GONE,
    NO_IMAGE,
    NOT_WATCHED,
    NOT_REMOVED,
)
