"""Base class of providers: the properties of the function that pipelines use."""

import re
from abc import abstractmethod
from functools import cached_property
from typing import Final, NamedTuple

import aws_cdk as cdk
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy
from cdk_imagebuilder_pipeline.values.stacks import facts_of
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved

DEFAULT_TIMEOUT: Final = cdk.Duration.minutes(5)
"""Default timeout of the function for one event."""

LONGEST_TIMEOUT: Final = cdk.Duration.minutes(15)
"""Maximum timeout of a Lambda function (Lambda quota)."""

_TRIES: Final = 3
"""Number of attempts for an asynchronous invocation that fails: one and two retries."""

_WAITS: Final = cdk.Duration.seconds(180)
"""Total time that Lambda waits between these attempts: one minute, then two minutes."""

_FUNCTION: Final = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>[0-9]{12}):function:[a-zA-Z0-9-_]+(:[$a-zA-Z0-9-_]+)?"
)


_STATE_MACHINE: Final = re.compile(r"arn:[^:]+:states:(?P<region>[^:]+):(?P<account>[0-9]{12}):stateMachine:[^:]+")


class BuildSupport(NamedTuple):
    """What a provider has for a pipeline that builds on deploy."""

    watcher_arn: str | None
    """The ARN of the state machine that waits. None when nothing waits."""

    lifecycle_role_arn: str | None
    """The ARN of the role that Image Builder deletes images with. None when images are kept."""


class ImagePipelineProviderBase(Construct):
    """A pipeline provider, created in this app or deployed elsewhere."""

    @property
    @abstractmethod
    def service_token(self) -> str:
        """The ServiceToken of `Custom::ImagePipeline` resources: the function's ARN."""

    @property
    @abstractmethod
    def service_timeout(self) -> cdk.Duration:
        """The maximum time that CloudFormation waits for the function."""

    @cached_property
    def service_seconds(self) -> float:
        """The service timeout in seconds."""
        return self.service_timeout.to_seconds()

    @property
    @abstractmethod
    def managed_policies_only(self) -> bool:
        """Whether roles get only managed policies and no inline policies."""

    @abstractmethod
    def policy_for(self, stack: cdk.Stack) -> HandlerPolicy | None:
        """Return the policy to which the pipelines of a stack add permissions; None if its owner manages them."""

    @abstractmethod
    def support_builds(self, *, waits: bool, deletes: bool) -> BuildSupport | str:
        """Return what a pipeline that builds on deploy needs, or why the provider does not have it."""

    def count_pipeline(self) -> None:
        """Take note of one more pipeline of the provider, if it is one of this app."""

    @abstractmethod
    def problem_with(self, stack: cdk.Stack) -> str | None:
        """Return why the function cannot manage the pipelines of a stack; None if it can or if this is unknown."""


class ImportedProvider(ImagePipelineProviderBase):
    """A provider that is deployed elsewhere, returned by `ImagePipelineProvider.from_service_token`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        service_token: str,
        *,
        service_timeout: cdk.Duration,
        managed_policies_only: bool,
        watcher_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._function: Final = None if is_unresolved(service_token) else _FUNCTION.fullmatch(service_token)
        if self._function is None and not is_unresolved(service_token):
            example = "arn:aws:lambda:eu-west-1:111122223333:function:images"
            raise ValueError(
                f"ImagePipelineProvider '{self.node.path}': service_token is not a Lambda function ARN: "
                f"got {service_token!r}, allowed is an ARN such as {example}"
            )
        self._service_token: Final = service_token
        self._service_timeout: Final = service_timeout
        self._managed_policies_only: Final = managed_policies_only
        if watcher_arn is not None and not is_unresolved(watcher_arn) and not _STATE_MACHINE.fullmatch(watcher_arn):
            example = "arn:aws:states:eu-west-1:111122223333:stateMachine:images"
            raise ValueError(
                f"ImagePipelineProvider '{self.node.path}': watcher_arn is not the ARN of a state machine: "
                f"got {watcher_arn!r}, one is {example}"
            )
        self._watcher_arn: Final = watcher_arn

    @property
    def service_token(self) -> str:
        """The ServiceToken of `Custom::ImagePipeline` resources: the function's ARN."""
        return self._service_token

    @property
    def service_timeout(self) -> cdk.Duration:
        """The maximum time that CloudFormation waits for the function."""
        return self._service_timeout

    @property
    def managed_policies_only(self) -> bool:
        """Whether roles get only managed policies and no inline policies."""
        return self._managed_policies_only

    def policy_for(self, stack: cdk.Stack) -> HandlerPolicy | None:  # noqa: ARG002 (the same for every stack)
        """Return None: the owner of the function manages its permissions."""
        return None

    def support_builds(self, *, waits: bool, deletes: bool) -> BuildSupport | str:
        """Return what was given for builds. The function may pass no role of the app's to Image Builder."""
        if deletes:
            return (
                "removal_policy needs a role that the function may pass to Image Builder: got DESTROY with a provider "
                "that is deployed elsewhere, allowed is RETAIN: delete images with a lifecycle policy, "
                "by keep_newest"
            )
        if waits and self._watcher_arn is None:
            return (
                "the provider does not say what waits for a build: got no watcher_arn, allowed is the ARN of a state "
                "machine: give watcher_arn to from_service_token, watcher_arn of the provider where it is deployed, or "
                "wait=False"
            )
        return BuildSupport(self._watcher_arn if waits else None, None)

    def problem_with(self, stack: cdk.Stack) -> str | None:
        """Return the problem with the account or Region of the function; None if there is none."""
        if self._function is None:
            return None
        return elsewhere("service_token", self._function["account"], self._function["region"], stack)


def elsewhere(what: str, account: str, region: str, stack: cdk.Stack) -> str | None:
    """Return an error message if a resource is outside the account or Region of a stack, as far as they are known."""
    facts = facts_of(stack)
    for name, got, own in (("account", account, facts.account), ("Region", region, facts.region)):
        if not is_unresolved(got) and not is_unresolved(own) and got != own:
            return f"{what} is in another {name}: got {got}, allowed is the {name} of the stack, {own}"
    return None


def service_timeout(timeout: cdk.Duration) -> cdk.Duration:
    """Return the time that CloudFormation must wait for a function with the given timeout."""
    seconds = timeout.to_seconds()
    # CloudFormation requires a literal number here, so use the maximum for an unresolved timeout.
    known = int(LONGEST_TIMEOUT.to_seconds() if is_unresolved(seconds) else seconds)
    return cdk.Duration.seconds(known * _TRIES + int(_WAITS.to_seconds()))
