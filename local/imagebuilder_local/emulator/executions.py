"""Pipeline executions, manual and scheduled, and the images that they created."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_local.emulator.builds import start_build
from imagebuilder_local.emulator.failures import ON_DEMAND
from imagebuilder_local.emulator.images import Image
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.pages import page
from imagebuilder_local.emulator.state import State

_FILTERS = ("name", "version")


def start_image_pipeline_execution(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start a build with the tags of the request. The imageTags of a pipeline apply to scheduled runs.

    The service also starts disabled pipelines: "you can start a build this way whether the pipeline is enabled or
    disabled" (documentation of this operation in the SDK's model).
    """
    pipeline = state.pipeline(request["imagePipelineArn"])
    image = _build(state, pipeline, "USER_INITIATED", request.get("tags", {}), fails=False)
    return {"imageBuildVersionArn": image.arn}


def run_on_schedule(state: State, arn: str, *, fails: bool) -> str | None:
    """Run a pipeline as its schedule does, with the imageTags. It fails if told to, or if its components make it fail.

    Return the ARN of the image, or None if the pipeline is disabled and nothing runs.
    """
    pipeline = state.pipeline(arn)
    if pipeline["status"] == "DISABLED":
        return None
    image = _build(state, pipeline, "SCHEDULED", pipeline.get("imageTags", {}), fails=fails)
    return image.arn


def list_image_pipeline_images(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the images of a pipeline. A missing pipeline has no images (API reference)."""
    pipeline = state.pipelines.get(request["imagePipelineArn"])
    made = [] if pipeline is None else made_by(state, pipeline)
    now = state.clock()
    summaries = ByArn[dict[str, Any]]()
    for image in made:
        summaries[image.arn] = image.summary(now)
    shown, more = page("ListImagePipelineImages", summaries.after, request, _FILTERS)
    return {"imageSummaryList": shown} | more


def executions(state: State) -> dict[str, list[dict[str, Any]]]:
    """Return a summary of each image, newest first, by pipeline ARN."""
    now = state.clock()
    made: dict[str, list[dict[str, Any]]] = {}
    for arn, images in state.made_by.items():
        made[arn] = [image.summary(now) for image in reversed(images)]
    return made


def made_by(state: State, pipeline: Mapping[str, Any]) -> list[Image]:
    """Return the images of this pipeline, oldest first, without those of an earlier pipeline of the same name."""
    wanted = (pipeline["arn"], pipeline["dateCreated"])
    return [image for image in state.made_by.get(pipeline["arn"], ()) if image.pipeline == wanted]


def last_run(state: State, pipeline: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a pipeline about its last run; empty if it never ran."""
    runs = made_by(state, pipeline)
    if not runs:
        return {}
    return {
        "dateLastRun": runs[-1].facts["dateCreated"],
        "lastRunStatus": runs[-1].status(state.clock()),
    }


def _build(
    state: State, pipeline: Mapping[str, Any], build_type: str, tags: Mapping[str, str], *, fails: bool
) -> Image:
    return start_build(
        state,
        pipeline,
        build_type,
        tags,
        pipeline=(pipeline["arn"], pipeline["dateCreated"]),
        ends=ON_DEMAND if fails else None,
    )
