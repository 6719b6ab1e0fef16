"""What may fail or do nothing, and no source shows the service to refuse: warnings, each to acknowledge by its id.

What the service refuses is in `imagebuilder_model`, where the function and the emulator judge by it too. The page on
rules (docs/rules.md) names the source of each.
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
from imagebuilder_model import nearest
from imagebuilder_model.schedule import findings

if TYPE_CHECKING:
    from cdk_imagebuilder_pipeline.props import ImagePipelineProps

Warnings = Iterator[tuple[str, str]]
"""Ids without the package's name, and messages."""

_PACKAGE: Final = "cdk-imagebuilder-pipeline"
_SCHEDULE: Final[Mapping[str, tuple[str, str]]] = {
    "days": ("schedule-days", "the user guide of EC2 Image Builder asks for it, and its own examples do without"),
    "undocumented": ("schedule-undocumented", "whether EC2 Image Builder takes it is not documented"),
}
"""Id and reason of the warning for each kind of doubt in a schedule."""

_KIND_IN_ARN: Final = re.compile(r":workflow/(build|test|distribution)/")


def add_warnings(construct: Construct, props: "ImagePipelineProps", request: Mapping[str, Any]) -> None:
    """Warn of what is in doubt in valid props and the request that they make."""
    for warnings in (_schedule(request), _timezone(request), _timeout(props), _ecr(props, request), _workflows(props)):
        for warning, message in warnings:
            cdk.Annotations.of(construct).add_warning_v2(f"{_PACKAGE}:{warning}", message)


def _schedule(request: Mapping[str, Any]) -> Warnings:
    expression = request.get("schedule", {}).get("scheduleExpression")
    if not isinstance(expression, str) or is_unresolved(expression):
        return
    for finding in findings(expression):
        if finding.kind in _SCHEDULE:
            warning, reason = _SCHEDULE[finding.kind]
            yield warning, f"schedule.expression {finding.message}: {reason}"


def _timezone(request: Mapping[str, Any]) -> Warnings:
    zone = request.get("schedule", {}).get("timezone")
    if not isinstance(zone, str) or is_unresolved(zone):
        return
    known = _timezones()
    # A machine may have no database, and then nothing is known.
    if known and zone not in known:
        meant = nearest(zone, known)
        way_out = f": did you mean {meant}?" if meant else ""
        allowed = f"allowed are names such as Europe/London or UTC{way_out}"
        yield (
            "timezone-unknown",
            f"schedule.timezone is no IANA time zone that this machine knows: got {zone!r}, {allowed}",
        )


def _timeout(props: "ImagePipelineProps") -> Warnings:
    if props.image_tests_timeout is not None:
        reason = "EC2 Image Builder ignores it (API reference of ImageTestsConfiguration)"
        yield "tests-timeout-ignored", f"image_tests_timeout has no effect, leave it out: {reason}"


def _ecr(props: "ImagePipelineProps", request: Mapping[str, Any]) -> Warnings:
    if "imageRecipeArn" not in request:
        return
    for prop in ("image_scanning_ecr_repository", "image_scanning_ecr_tags"):
        value: object = getattr(props, prop)
        each = value if isinstance(value, list | tuple) else [value]
        # A token may turn out to be AWS::NoValue.
        if value is None or is_unresolved(value) or all(map(is_unresolved, each)):
            continue
        message = "is for container recipes: got an image recipe, whose images are not put into a repository, remove it"
        yield "ecr-of-image-recipe", f"{prop} {message}"


def _workflows(props: "ImagePipelineProps") -> Warnings:
    for index, workflow in enumerate(props.workflows if isinstance(props.workflows, list | tuple) else ()):
        kind = _kind(workflow.workflow) if isinstance(workflow, WorkflowConfiguration) else None
        if kind is None or kind == "test":
            continue
        for prop, reason in _FOR_TESTS.items():
            value: object = getattr(workflow, prop)
            if value is not None and not is_unresolved(value):
                got = f"got {str(value)!r} for a {kind} workflow"
                warning = f"{prop.replace('_', '-')}-of-no-test"
                yield warning, f"workflows[{index}].{prop} is for test workflows: {got}: {reason}"


_FOR_TESTS: Final[Mapping[str, str]] = {
    "parallel_group": "the API reference applies it to those only",
    "on_failure": "the API reference says so, and published templates set it on build workflows",
}
"""Members of a workflow that are documented for tests only, and what is known of others."""


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
