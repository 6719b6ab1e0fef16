"""Warnings about props that may fail or have no effect; each can be acknowledged by its id.

Rules of the service are in `imagebuilder_model`, where the function and the emulator use them too. docs/rules.md names
the source of each.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any, Final
from zoneinfo import available_timezones

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.props.image_pipeline_props import ImagePipelineProps
from cdk_imagebuilder_pipeline.props.timezones import meant_timezone
from cdk_imagebuilder_pipeline.props.workflow import WorkflowConfiguration
from cdk_imagebuilder_pipeline.values.stacks import facts_of
from cdk_imagebuilder_pipeline.values.tokens import attribute_or_itself, is_unresolved
from imagebuilder_model.schedule import findings

Warnings = Iterator[tuple[str, str]]
"""Warning ids, without the package name, and messages."""

_PACKAGE: Final = "cdk-imagebuilder-pipeline"
_SCHEDULE: Final[Mapping[str, tuple[str, str]]] = {
    "days": ("schedule-days", "the EC2 Image Builder user guide requires it, but its examples omit it"),
    "undocumented": ("schedule-undocumented", "no documentation states whether EC2 Image Builder accepts it"),
}
"""Id and reason of the warning for each kind of schedule finding."""

_KIND_IN_ARN: Final = re.compile(r":workflow/(build|test|distribution)/")


def add_warnings(construct: Construct, stack: cdk.Stack, props: ImagePipelineProps, request: Mapping[str, Any]) -> None:
    """Add warnings about valid props and their request."""
    of_request = (_schedule(request), _timezone(request), _arns(stack, request))
    for warning, message in chain(*of_request, _timeout(props), _ecr(props, request), _workflows(props)):
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
    # Skip the check if the machine has no time zone database.
    if known and zone not in known:
        meant = meant_timezone(zone, known)
        allowed = f"allowed are names such as Europe/London or UTC{f': {meant}' if meant else ''}"
        yield (
            "timezone-unknown",
            f"schedule.timezone is not in the IANA time zone database of this machine: got {zone!r}, {allowed}",
        )


def _arns(stack: cdk.Stack, request: Mapping[str, Any]) -> Warnings:
    """Warn about resources outside the stack's Region or account, if both are known."""
    texts = {prop: request[member] for member, prop in _ARNS.items() if member in request}
    texts |= {f"workflows[{index}].workflow": arn for index, arn in enumerate(_workflow_arns(request))}
    known = {prop: arn for prop, arn in texts.items() if isinstance(arn, str) and arn.startswith("arn:")}
    # Each call to the CDK is a round trip to Node.js, and most references are tokens.
    if not known:
        return
    facts = facts_of(stack)
    region, account = facts.region, facts.account
    for prop, arn in known.items():
        if is_unresolved(arn):
            continue
        _, _, _, its_region, its_account, _ = arn.split(":", 5)
        if its_region and not is_unresolved(region) and its_region != region:
            got = f"got {its_region}, the stack is in {region}"
            yield (
                "other-region",
                f"{prop} is in another Region: {got}: pipelines use only resources of their own Region",
            )
        # Recipes can be shared with other accounts, and AWS provides managed workflows.
        is_foreign = its_account.isdigit() and not is_unresolved(account) and its_account != account
        if is_foreign and prop != "recipe":
            got = f"got {its_account}, the stack is in {account}"
            yield "other-account", f"{prop} is in another account: {got}: this resource cannot be shared"


_ARNS: Final[Mapping[str, str]] = {
    "imageRecipeArn": "recipe",
    "containerRecipeArn": "recipe",
    "infrastructureConfigurationArn": "infrastructure_configuration",
    "distributionConfigurationArn": "distribution_configuration",
    "executionRole": "execution_role",
}


def _workflow_arns(request: Mapping[str, Any]) -> Iterator[object]:
    workflows = request.get("workflows", [])
    for workflow in workflows if isinstance(workflows, list) else []:
        yield workflow.get("workflowArn") if isinstance(workflow, Mapping) else None


def _timeout(props: ImagePipelineProps) -> Warnings:
    if props.image_tests_timeout is not None:
        reason = "EC2 Image Builder ignores it (API reference of ImageTestsConfiguration)"
        yield "tests-timeout-ignored", f"image_tests_timeout has no effect, remove it: {reason}"


def _ecr(props: ImagePipelineProps, request: Mapping[str, Any]) -> Warnings:
    if "imageRecipeArn" not in request:
        return
    for prop in ("image_scanning_ecr_repository", "image_scanning_ecr_tags"):
        value: object = getattr(props, prop)
        each = value if isinstance(value, list | tuple) else [value]
        # A token may resolve to AWS::NoValue.
        if value is None or is_unresolved(value) or all(map(is_unresolved, each)):
            continue
        got = "got an image recipe, whose images are not stored in a repository, remove it"
        yield "ecr-of-image-recipe", f"{prop} applies to container recipes only: {got}"


def _workflows(props: ImagePipelineProps) -> Warnings:
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
    "parallel_group": "the API reference applies it to test workflows only",
    "on_failure": "the API reference says so, but published templates set it on build workflows",
}
"""Members documented for test workflows only, with the reason for the warning on other workflows."""


def _kind(workflow: object) -> str | None:
    """Return `build`, `test` or `distribution`; None if the type of the workflow is unknown."""
    kind = attribute_or_itself(attribute_or_itself(workflow, "workflow_type"), "type")
    if isinstance(kind, str) and kind.isalpha():
        return kind.lower()
    # This also works for strings with tokens, which do not affect the literal parts.
    arn = attribute_or_itself(workflow, "workflow_arn")
    written = _KIND_IN_ARN.search(arn) if isinstance(arn, str) else None
    return written[1] if written else None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())
