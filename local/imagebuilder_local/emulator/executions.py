"""Running pipelines, by hand and on their schedule, and listing what the runs made."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from imagebuilder_local.emulator.images import Image
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.pages import page
from imagebuilder_local.emulator.state import State

_FILTERS = ("name", "version")

_FAILURES_WITHOUT_A_POLICY = 5
"""After so many in a row the service disables a pipeline by itself (API reference of AutoDisablePolicy)."""


def start_image_pipeline_execution(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start a build. Its tags are the request's: a pipeline's imageTags are for its scheduled runs.

    The service starts disabled pipelines as well: "you can start a build this way whether the pipeline is enabled or
    disabled" (documentation of this operation in the SDK's model).
    """
    pipeline = state.pipeline(request["imagePipelineArn"])
    image = _build(state, pipeline, "USER_INITIATED", request.get("tags", {}), fails=False)
    pipeline["consecutiveFailures"] = 0  # "the pipeline runs manually and succeeds", and here such runs do
    return {"imageBuildVersionArn": image.arn}


def run_on_schedule(state: State, arn: str, *, fails: bool) -> str | None:
    """Do what the schedule does: build with the imageTags, count failures, disable at the limit.

    Returns the image's ARN, or None when the pipeline is disabled and nothing runs. The count changes at once, not when
    the build ends.
    """
    pipeline = state.pipeline(arn)
    if pipeline["status"] == "DISABLED":
        return None
    image = _build(state, pipeline, "SCHEDULED", pipeline.get("imageTags", {}), fails=fails)
    pipeline["consecutiveFailures"] = pipeline["consecutiveFailures"] + 1 if fails else 0
    policy = pipeline.get("schedule", {}).get("autoDisablePolicy", {})
    if pipeline["consecutiveFailures"] >= policy.get("failureCount", _FAILURES_WITHOUT_A_POLICY):
        pipeline["status"] = "DISABLED"
    return image.arn


def list_image_pipeline_images(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the images that a pipeline made; one that does not exist made none (API reference)."""
    pipeline = state.pipelines.get(request["imagePipelineArn"])
    made = [] if pipeline is None else _made_by(state, pipeline)
    now = state.clock()
    summaries = ByArn[dict[str, Any]]()
    for image in made:
        summaries[image.arn] = image.summary(now, state.seconds_per_state)
    shown, more = page("ListImagePipelineImages", summaries.after, request, _FILTERS)
    return {"imageSummaryList": shown} | more


def executions(state: State) -> dict[str, list[dict[str, Any]]]:
    """Return a summary of every image, the newest first, by the ARN of the pipeline that made it."""
    now = state.clock()
    made: dict[str, list[dict[str, Any]]] = {}
    for image in reversed(state.images.values()):
        made.setdefault(image.pipeline_arn, []).append(image.summary(now, state.seconds_per_state))
    return made


def last_run(state: State, pipeline: Mapping[str, Any]) -> dict[str, str]:
    """Return what a pipeline tells of its last run, nothing when it never ran."""
    runs = _made_by(state, pipeline)
    if not runs:
        return {}
    return {
        "dateLastRun": runs[-1].created,
        "lastRunStatus": runs[-1].status(state.clock(), state.seconds_per_state),
    }


def _made_by(state: State, pipeline: Mapping[str, Any]) -> list[Image]:
    """Return the images of this pipeline, and not those of an earlier one of the same name."""
    return [
        image
        for image in state.made_by.get(pipeline["arn"], ())
        if image.pipeline["dateCreated"] == pipeline["dateCreated"]
    ]


def _build(
    state: State, pipeline: Mapping[str, Any], build_type: str, tags: Mapping[str, str], *, fails: bool
) -> Image:
    recipe = pipeline.get("imageRecipeArn") or pipeline["containerRecipeArn"]
    _, name, version = (state.resources.resolve(recipe) or recipe).rsplit(":", 1)[1].split("/")
    # A recipe of another account is not known here, so neither is the newest version that its wildcards allow.
    resource = f"image/{name}/{version.replace('x', '0')}"
    state.builds[resource] += 1
    image = Image(
        arn=state.arn(f"{resource}/{state.builds[resource]}"),
        pipeline_arn=pipeline["arn"],
        name=name,
        started_at=state.clock(),
        created=state.now(),
        build_type=build_type,
        pipeline=deepcopy(dict(pipeline)),
        tags=dict(tags),
        fails=fails,
    )
    state.images[image.arn] = image
    state.made_by[image.pipeline_arn].append(image)
    return image
