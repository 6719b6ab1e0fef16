"""Operations to create, read, update and delete pipelines."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_local.emulator.copies import copied
from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_local.emulator.executions import last_run
from imagebuilder_local.emulator.inspector import require_inspector
from imagebuilder_local.emulator.next_run import next_runs
from imagebuilder_local.emulator.pages import page
from imagebuilder_local.emulator.settings import RECIPES, build_settings, require_references
from imagebuilder_local.emulator.state import State, timestamp
from imagebuilder_model import PIPELINE_ARN_KIND, normalized_name
from imagebuilder_model.defaults import PIPELINE_DEFAULTS, SCHEDULE_DEFAULTS

_FILTERS = (
    "description",
    "distributionConfigurationArn",
    "imageRecipeArn",
    "infrastructureConfigurationArn",
    "name",
    "status",
)


def create_image_pipeline(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Create a pipeline. With dryRun, only report that it could be created."""
    require_references(state, request)
    require_inspector(state.inspector, state.account, request)
    arn = state.arn(f"{PIPELINE_ARN_KIND}/{normalized_name(request['name'])}")
    if arn in state.pipelines:
        # The sentence is that of an image recipe: ministryofjustice/modernisation-platform-ami-builds#549.
        raise ServiceError(
            "ResourceAlreadyExistsException", f"The following resource 'ImagePipeline' already exists: '{arn}'."
        )
    if state.pipeline_quota is not None and len(state.pipelines) >= state.pipeline_quota:
        raise ServiceError(
            "ServiceQuotaExceededException", f"The quota of {state.pipeline_quota} image pipelines is exceeded."
        )
    if request.get("dryRun"):
        raise ServiceError("DryRunOperationException", "The dry run succeeded: the image pipeline can be created.")
    now = state.now()
    state.pipelines[arn] = _configuration(state, request) | {
        "arn": arn,
        "name": request["name"],
        "tags": dict(request.get("tags", {})),
        "dateCreated": now,
        "dateUpdated": now,
    }
    return {"imagePipelineArn": arn}


def update_image_pipeline(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Replace all members except name, tags and date of creation. Omitted members are removed or reset."""
    arn = request["imagePipelineArn"]
    live = state.pipeline(arn)
    if any((recipe in live) != (recipe in request) for recipe in RECIPES):
        # AWS documents this as not allowed; code and sentence are unverified.
        raise ServiceError(
            "InvalidRequestException",
            f"The recipe of image pipeline '{arn}' must stay of one type: image recipe or container recipe.",
        )
    require_references(state, request)
    require_inspector(state.inspector, state.account, request)
    kept = {name: live[name] for name in ("arn", "name", "tags", "dateCreated")}
    state.pipelines[arn] = _configuration(state, request) | kept | {"dateUpdated": state.now()}
    return {"imagePipelineArn": arn}


def get_image_pipeline(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline with its tags."""
    return {"imagePipeline": shown(state, state.pipeline(request["imagePipelineArn"]))}


def delete_image_pipeline(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Delete a pipeline. Its images stay, and a running build continues."""
    arn = state.pipeline(request["imagePipelineArn"])["arn"]
    del state.pipelines[arn]
    return {"imagePipelineArn": arn}


def list_image_pipelines(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the pipelines that match the filters."""
    pipelines, more = page("ListImagePipelines", state.pipelines.after, request, _FILTERS)
    return {"imagePipelineList": [shown(state, pipeline) for pipeline in pipelines]} | more


def shown(state: State, pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the pipeline as Get and List return it."""
    return copied(pipeline) | last_run(state, pipeline) | _next_run(state, pipeline)


def _next_run(state: State, pipeline: Mapping[str, Any]) -> dict[str, str]:
    """Return the field of an enabled pipeline about its next scheduled run; empty if there is none."""
    runs = next_runs(pipeline, state.clock(), most=1)
    return {"dateNextRun": timestamp(runs[0])} if runs else {}


def _configuration(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a request, with the service's defaults for omitted members."""
    settings: dict[str, Any] = {**PIPELINE_DEFAULTS, **build_settings(state, request), "consecutiveFailures": 0}
    if "schedule" in settings:
        settings["schedule"] = {**SCHEDULE_DEFAULTS, **settings["schedule"]}
    return settings
