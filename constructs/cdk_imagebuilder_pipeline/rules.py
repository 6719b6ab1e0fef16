"""What only a synth can judge: by the CDK's objects, by this machine's time zones, or by documentation in doubt.

What the service is known to refuse is in `imagebuilder_model`, where the function and the emulator judge by it too.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.tokens import attribute_or_itself, is_unresolved
from cdk_imagebuilder_pipeline.workflow import WorkflowConfiguration
from imagebuilder_model import Problem, nearest
from imagebuilder_model.schedule import findings

if TYPE_CHECKING:
    from cdk_imagebuilder_pipeline.props import ImagePipelineProps

_PACKAGE: Final = "cdk-imagebuilder-pipeline"
_WARNINGS: Final[Mapping[str, tuple[str, str]]] = {
    "days": (
        f"{_PACKAGE}:schedule-days",
        "the user guide of EC2 Image Builder asks for it, and its own examples do without",
    ),
    "undocumented": (
        f"{_PACKAGE}:schedule-undocumented",
        "whether EC2 Image Builder takes it is not documented",
    ),
}
"""Id and reason of the warning for each kind of doubt in a schedule."""

_KIND_IN_ARN: Final = re.compile(r":workflow/(build|test|distribution)/")


def synth_problems(props: "ImagePipelineProps", request: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the problems of props, each path in their names. What is wrong otherwise is passed over."""
    yield from _timezone(request)
    yield from _ecr_for_containers(props, request)
    for index, workflow in enumerate(props.workflows if isinstance(props.workflows, list | tuple) else ()):
        if isinstance(workflow, WorkflowConfiguration):
            yield from _only_for_tests(index, workflow)


def add_warnings(construct: Construct, request: Mapping[str, Any]) -> None:
    """Warn of what may fail. Each warning can be acknowledged by its id."""
    expression = request.get("schedule", {}).get("scheduleExpression")
    if not isinstance(expression, str) or is_unresolved(expression):
        return
    for finding in findings(expression):
        if finding.kind in _WARNINGS:
            warning, reason = _WARNINGS[finding.kind]
            cdk.Annotations.of(construct).add_warning_v2(warning, f"schedule.expression {finding.message}: {reason}")


def _timezone(request: Mapping[str, Any]) -> Iterator[Problem]:
    schedule = request.get("schedule")
    zone = schedule.get("timezone") if isinstance(schedule, Mapping) else None
    if not isinstance(zone, str) or is_unresolved(zone):
        return
    known = _timezones()
    # A machine may have no database, and then nothing is known.
    if known and zone not in known:
        meant = nearest(zone, known)
        way_out = f": did you mean {meant}?" if meant else ""
        message = f"is not an IANA time zone: got {zone!r}, allowed are names such as Europe/London or UTC{way_out}"
        yield Problem(("schedule", "timezone"), message)


def _ecr_for_containers(props: "ImagePipelineProps", request: Mapping[str, Any]) -> Iterator[Problem]:
    if "imageRecipeArn" not in request:
        return
    for prop in ("image_scanning_ecr_repository", "image_scanning_ecr_tags"):
        value: object = getattr(props, prop)
        each = value if isinstance(value, list | tuple) else [value]
        # A token may turn out to be AWS::NoValue.
        if value is None or is_unresolved(value) or all(map(is_unresolved, each)):
            continue
        message = "is for container recipes only: got an image recipe, whose images are scanned on their test instance"
        yield Problem((prop,), f"{message}, remove it")


def _only_for_tests(index: int, workflow: WorkflowConfiguration) -> Iterator[Problem]:
    kind = _kind(workflow.workflow)
    if kind is None or kind == "test":
        return
    for prop in ("parallel_group", "on_failure"):
        value: object = getattr(workflow, prop)
        if value is not None and not is_unresolved(value):
            message = f"is for test workflows only: got {str(value)!r} for a {kind} workflow, remove it"
            yield Problem(("workflows", index, prop), message)


def _kind(workflow: object) -> str | None:
    """Return `build`, `test` or `distribution`, None when a workflow does not say."""
    kind = attribute_or_itself(attribute_or_itself(workflow, "workflow_type"), "type")
    if isinstance(kind, str) and kind.isalpha():
        return kind.lower()
    # Also in a text with tokens: they do not change what is written beside them.
    arn = attribute_or_itself(workflow, "workflow_arn")
    written = _KIND_IN_ARN.search(arn) if isinstance(arn, str) else None
    return written[1] if written else None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
