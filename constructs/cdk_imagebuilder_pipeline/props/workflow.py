"""Workflows that a pipeline runs instead of those of the service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import aws_cdk as cdk
from aws_cdk.interfaces.aws_imagebuilder import IWorkflowRef

from cdk_imagebuilder_pipeline.values.tokens import is_unresolved


class WorkflowOnFailure(StrEnum):
    """The effect of a failed workflow on the run."""

    ABORT = "ABORT"
    """The run fails."""

    CONTINUE = "CONTINUE"
    """The run continues."""


@dataclass(frozen=True)
class WorkflowParameterValue:
    """The value of a workflow's parameter: a list of strings in the API."""

    value: Sequence[str]
    """The strings."""

    @classmethod
    def from_string(cls, value: str) -> Self:
        """Return the value of a parameter of type `string`."""
        return cls([value])

    @classmethod
    def from_string_list(cls, values: Sequence[str]) -> Self:
        """Return the value of a parameter of type `stringList`."""
        return cls(list(values))

    @classmethod
    def from_integer(cls, value: int | float) -> Self:  # a number token is a float
        """Return the value of a parameter of type `integer`. Raise TypeError unless it is a whole number or a token."""
        if is_unresolved(value):
            return cls([cdk.Tokenization.stringify_number(value)])
        number: object = value
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"{cls.__name__}.from_integer: value must be a whole number: got {number!r}")
        return cls([str(number)])

    @classmethod
    def from_boolean(cls, value: bool) -> Self:  # noqa: FBT001 (the only argument)
        """Return the value of a parameter of type `boolean`. Raise TypeError unless it is true or false."""
        truth: object = value
        if not isinstance(truth, bool):
            raise TypeError(f"{cls.__name__}.from_boolean: value must be true or false: got {truth!r}")
        return cls([str(truth).lower()])


@dataclass(frozen=True, kw_only=True)
class WorkflowConfiguration:
    """A workflow and its options."""

    workflow: IWorkflowRef | cdk.IResolvable | str
    """The workflow, or its ARN with a version such as `1.0.0`, with the wildcard `x`, or with a build version
    (`1.0.0/1`). AWS managed workflows (`:aws:workflow/`) require the version `x.x.x`."""

    parameters: Mapping[str, WorkflowParameterValue | cdk.IResolvable | str | Sequence[str]] | None = None
    """Values of the workflow's parameters by name; a string is a list of one. Names have 1 to 128 characters (service
    model). Default: those in the workflow's document."""

    parallel_group: cdk.IResolvable | str | None = None
    """The group of test workflows that run in parallel, up to five at a time: 1 to 100 characters (service model). On
    other workflows the warning `cdk-imagebuilder-pipeline:parallel-group-of-no-test` says that it is for tests.
    Default: workflows run one after another."""

    on_failure: WorkflowOnFailure | cdk.IResolvable | None = None
    """The effect of a failed workflow on the run. For workflows other than test workflows the warning
    `cdk-imagebuilder-pipeline:on-failure-of-no-test` is added: the API reference allows it for test workflows only,
    but published templates set it on build workflows. Default: the service's default, the run fails."""
