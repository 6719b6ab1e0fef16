"""How a build ends that fails: by a component, or by a Region of its distribution."""

import os
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from imagebuilder_local.emulator.component_document import component_step, failed_step
from imagebuilder_local.emulator.images import Failure
from imagebuilder_local.emulator.output import output_resources
from imagebuilder_local.emulator.state import State

VARIABLE: Final = "IMAGEBUILDER_LOCAL_FAILING_REGIONS"

ON_DEMAND: Final = Failure("BUILDING", "The run was told to fail.", {"imageStatus": "BUILDING"})
"""The failure of a scheduled run that the caller told to fail."""

_REGION_MESSAGE: Final = "The local cloud was told that distribution to this Region fails"

# Phase, state of the image, type of the workflow, and the step that runs components in the user guide's examples.
_PHASES: Final = (
    ("build", "BUILDING", "build", "ApplyBuildComponents"),
    ("validate", "BUILDING", "build", "ApplyBuildComponents"),
    ("test", "TESTING", "test", "ApplyTestComponents"),
)


def failing_regions() -> frozenset[str]:
    """Return the Regions to which distribution fails, from the environment. Default: none.

    ValueError if the value is not a comma-separated list of Regions.
    """
    text = os.environ.get(VARIABLE, "")
    given = {part.strip() for part in text.split(",")} if text else set[str]()
    if not all(re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-[0-9]", region) for region in given):
        raise ValueError(f"invalid {VARIABLE}: got {text!r}, allowed are Regions with commas between them")
    return frozenset(given)


def failure(state: State, image: Mapping[str, Any], distributions: Collection[Mapping[str, Any]]) -> Failure | None:
    """Return how an image, given as GetImage returns it, will fail; None if it will be available."""
    return next(_component_failures(state, image), None) or _distribution_failure(state, image, distributions)


def _component_failures(state: State, image: Mapping[str, Any]) -> Iterator[Failure]:
    """Yield the failures of the components, phase by phase.

    That `validate` of the first component comes after `build` of the last is not verified on AWS.
    """
    components = (image.get("imageRecipe") or image["containerRecipe"]).get("components", ())
    references = [component["componentArn"] for component in components]
    tested = image["imageTestsConfiguration"]["imageTestsEnabled"]
    for phase, status, workflow_type, default_step in _PHASES:
        for arn in filter(None, map(state.resources.resolve, references)):
            step = failed_step(_data(state, arn), phase)
            if step is None or (status == "TESTING" and not tested):
                continue
            workflow, run = _workflow(state, image, workflow_type), _id("wf", image["arn"], workflow_type)
            context = {
                "imageStatus": status,
                "workflowExecutionId": run,
                **({"workflowArn": workflow} if workflow else {}),
                "stepExecutionId": _id("step", image["arn"], arn, phase),
                "failedStep": (workflow and component_step(_data(state, workflow))) or default_step,
                "componentFailure": {
                    "componentArn": arn,
                    "phaseName": phase,
                    "stepName": step.name,
                    "action": step.action,
                    "errorMessage": f"exit status {step.exit_code}",
                },
            }
            # Sentence and context are those of the user guide's page on the failure context of an image.
            reason = f"Workflow Execution ID: '{run}' failed with reason: Document {arn} failed!"
            yield Failure(status, reason, context)


def _distribution_failure(
    state: State, image: Mapping[str, Any], distributions: Collection[Mapping[str, Any]]
) -> Failure | None:
    regions = [distribution["region"] for distribution in distributions] or [state.region]
    failed = [region for region in regions if region in state.failing_regions]
    if not failed:
        return None
    context = {
        "imageStatus": "DISTRIBUTING",
        "distributionFailure": {
            "errorMessage": "; ".join(f"In region '{region}' - '{_REGION_MESSAGE}'" for region in failed),
            "regionFailures": [
                {"region": region, "status": "FAILED", "errorMessage": _REGION_MESSAGE} for region in failed
            ],
        },
    }
    # The user guide has this sentence for an integration that fails; for a distribution it is not verified on AWS.
    job = uuid.uuid5(uuid.NAMESPACE_URL, image["arn"])
    reason = f"Distribution failed with JobId '{job}', status = 'Failed' for ARN '{image['arn']}'."
    others = [distribution for distribution in distributions if distribution["region"] not in failed]
    return Failure("DISTRIBUTING", reason, context, output_resources(state, image, others) if others else {})


def _data(state: State, arn: str) -> str:
    return str((state.resources.facts(arn) or {}).get("data", ""))


def _workflow(state: State, image: Mapping[str, Any], workflow_type: str) -> str | None:
    """Return the registered workflow of a type that the image names, None if it has the service's own."""
    named = (workflow["workflowArn"] for workflow in image.get("workflows", ()))
    found = (state.resources.resolve(arn) for arn in named if f":workflow/{workflow_type}/" in arn)
    return next(filter(None, found), None)


def _id(prefix: str, *parts: str) -> str:
    return f"{prefix}-{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(parts))}"
