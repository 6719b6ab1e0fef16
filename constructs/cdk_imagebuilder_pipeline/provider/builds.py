"""The parts of a provider that only pipelines which build on deploy need. Each is made when it is first needed."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.build_grants import allow_builds, allow_deletion, allow_waiting
from cdk_imagebuilder_pipeline.provider.function import FunctionSettings
from cdk_imagebuilder_pipeline.provider.lifecycle_role import allow_deletion_of_images
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy
from cdk_imagebuilder_pipeline.provider.waiting import Waiting


class Builds:
    """Makes what builds need under a provider, and allows its function to use it."""

    def __init__(self, provider: Construct, settings: FunctionSettings, policy: HandlerPolicy) -> None:
        self._provider = provider
        self._settings = settings
        self._policy = policy
        self._is_allowed = False
        self._waiting: Waiting | None = None
        self._lifecycle_role: iam.Role | None = None

    def allow(self) -> None:
        """Let the function start pipelines."""
        if not self._is_allowed:
            self._is_allowed = True
            allow_builds(self._policy, cdk.Stack.of(self._provider))

    def watcher_arn(self) -> str:
        """Return the ARN of the state machine that waits for builds."""
        if self._waiting is None:
            self._waiting = Waiting(self._provider, self._settings, self._policy)
            allow_waiting(self._policy, self._waiting.state_machine_arn)
        return self._waiting.state_machine_arn

    def lifecycle_role_arn(self) -> str:
        """Return the ARN of the role that Image Builder deletes images with."""
        if self._lifecycle_role is None:
            self._lifecycle_role = self._make_lifecycle_role()
            allow_deletion(self._policy, cdk.Stack.of(self._provider), self._lifecycle_role.role_arn)
        return self._lifecycle_role.role_arn

    def _make_lifecycle_role(self) -> iam.Role:
        description = "Image Builder deletes images of the stack with it"
        role = self._settings.role(self._provider, "LifecycleRole", "imagebuilder.amazonaws.com", description)
        allow_deletion_of_images(role)
        return role
