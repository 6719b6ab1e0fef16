"""Start of builds, of pipelines and of images without a pipeline."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from imagebuilder_local.emulator.descriptions import description
from imagebuilder_local.emulator.ends import expect
from imagebuilder_local.emulator.failures import failure
from imagebuilder_local.emulator.images import Failure, Image
from imagebuilder_local.emulator.output import output_resources
from imagebuilder_local.emulator.state import State
from imagebuilder_model import load_model

_REFERENCES: Final = ("imageRecipe", "containerRecipe", "infrastructureConfiguration", "distributionConfiguration")


def start_build(
    state: State,
    settings: Mapping[str, Any],
    build_type: str,
    tags: Mapping[str, str],
    *,
    pipeline: tuple[str, str] | None = None,
    ends: Failure | None = None,
    seconds_per_state: float | None = None,
) -> Image:
    """Start a build and return its image.

    `settings` has the members of a pipeline as GetImagePipeline returns them. `pipeline` is the ARN and the date of
    creation of the pipeline. `ends` is the failure by which it ends. Default: as its components and Regions make it
    end. `seconds_per_state` is the time in each state. Default: that of the service.
    """
    arn = next_image_arn(state, settings)
    state.builds[arn.rpartition("/")[0]] += 1
    facts = _facts(state, settings, arn)
    facts["buildType"] = build_type
    distributions = facts["distributionConfiguration"]["distributions"] if "distributionConfiguration" in facts else []
    if pipeline is not None:
        # The service fills in sourcePipelineName for old images only (API reference of Image).
        facts["sourcePipelineArn"] = pipeline[0]
    image = Image(
        arn=arn,
        facts=facts,
        started_at=state.clock(),
        seconds_per_state=state.seconds_per_state if seconds_per_state is None else seconds_per_state,
        output=output_resources(state, facts, distributions),
        pipeline=pipeline,
        tags=dict(tags),
        failure=ends or failure(state, facts, distributions),
    )
    state.images[image.arn] = image
    if pipeline is not None:
        state.made_by[pipeline[0]].append(image)
    expect(state, image)
    return image


def next_image_arn(state: State, settings: Mapping[str, Any]) -> str:
    """Return the ARN that the next image of such settings will have: builds count up for each version of a recipe."""
    recipe = settings.get("imageRecipeArn") or settings["containerRecipeArn"]
    _, name, version = (state.resources.resolve(recipe) or recipe).rsplit(":", 1)[1].split("/")
    # Recipes of other accounts are unknown here, and so are their newest versions that match a wildcard.
    image = state.arn(f"image/{name}/{version.replace('x', '0')}")
    return f"{image}/{state.builds[image] + 1}"


def _facts(state: State, settings: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """Return the members of GetImage that are known at the start. Later changes of the resources do not matter."""
    members = load_model().shapes["Image"].members
    facts = {name: deepcopy(value) for name, value in settings.items() if name in members}
    facts |= {name: _described(state, settings[f"{name}Arn"]) for name in _REFERENCES if f"{name}Arn" in settings}
    recipe = facts.get("imageRecipe") or facts["containerRecipe"]
    group = settings.get("loggingConfiguration", {}).get("imageLogGroupName")
    facts.pop("loggingConfiguration", None)
    return facts | {
        "arn": arn,
        "name": recipe["name"],  # in its own spelling (example of get-image in the AWS CLI's reference)
        "type": "DOCKER" if "containerRecipe" in facts else "AMI",
        "version": arn.split("/", 2)[2],
        "dateCreated": state.now(),
        "imageSource": "CUSTOM",
        **({"loggingConfiguration": {"logGroupName": group}} if group else {}),
    }


def _described(state: State, reference: str) -> dict[str, Any]:
    return description(state.resources, state.resources.resolve(reference) or reference)
