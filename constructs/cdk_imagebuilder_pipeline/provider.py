"""The function behind the pipelines of a stack."""

from typing import Any, Final, Self

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_imagebuilder_pipeline.asset import handler_code
from cdk_imagebuilder_pipeline.policy import HandlerPolicy

_SHARED_ID: Final = "Custom::ImagePipelineProvider"

_TRIES: Final = 3
"""How often Lambda runs an asynchronous invocation that fails: once, and twice more."""

_LONGEST: Final = cdk.Duration.minutes(15)
"""How long a Lambda function may run (Lambda's quota)."""

_WAITS: Final = cdk.Duration.seconds(180)
"""How long Lambda waits between these tries: one minute, then two."""


class ImagePipelineProvider(Construct):
    """A Lambda function that makes, changes and deletes the pipelines of its stack, with its own role and log group.

    Every pipeline of a stack uses the same one unless it is given another.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 (CDK's name)
        *,
        timeout: cdk.Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        """Make the function.

        `timeout` is how long one event may take, retries of throttled calls included; 15 minutes at most (Lambda's
        quota). Default: 5 minutes. `log_retention` is how long its logs are kept. Default: one month.
        """
        super().__init__(scope, id)
        timeout = timeout or cdk.Duration.minutes(5)
        if timeout.to_seconds() > _LONGEST.to_seconds():
            raise ValueError(
                f"ImagePipelineProvider '{self.node.path}': timeout is too large: "
                f"got {timeout.to_human_string()}, allowed at most {_LONGEST.to_human_string()}"
            )
        log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=cdk.RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
            description="Makes the image pipelines of the stack",
        )
        self._policy: Final = HandlerPolicy(cdk.Stack.of(self), log_group.log_group_arn)
        policy = iam.CfnPolicy(
            self,
            "Policy",
            policy_name="ImagePipelines",
            policy_document=cdk.Lazy.any(_Document(self._policy)),
            roles=[role.role_name],
        )
        self._function: Final = lambda_.Function(
            self,
            "Function",
            description="Makes the image pipelines of the stack",
            code=handler_code(),
            handler="imagebuilder_pipeline_handler.main.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=256,
            timeout=timeout,
            role=role,  # pyright: ignore[reportArgumentType] (jsii names parameters otherwise)
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
        )
        # Pipelines refer to the function: so they are made after the policy, and deleted before it.
        self._function.node.add_dependency(policy)
        self._service_timeout: Final = cdk.Duration.seconds(
            int(timeout.to_seconds()) * _TRIES + int(_WAITS.to_seconds())
        )

    @classmethod
    def get_or_create(cls, scope: Construct) -> Self:
        """Return the provider that the stack of `scope` shares, made at the first call."""
        stack = cdk.Stack.of(scope)
        found: Any = stack.node.try_find_child(_SHARED_ID)
        return found if found is not None else cls(stack, _SHARED_ID)

    @property
    def function(self) -> lambda_.Function:
        """The function."""
        return self._function

    @property
    def policy(self) -> HandlerPolicy:
        """What the function may do. A `Custom::ImagePipeline` written by hand has to say here what it refers to."""
        return self._policy

    @property
    def service_token(self) -> str:
        """What a `Custom::ImagePipeline` of this stack takes as its ServiceToken."""
        return self._function.function_arn

    @property
    def service_timeout(self) -> cdk.Duration:
        """How long CloudFormation waits for the function.

        Room for Lambda's tries of one event and the waits between them: longer would only delay the news of a function
        that is lost.
        """
        return self._service_timeout


@jsii.implements(cdk.IStableAnyProducer)
class _Document:
    def __init__(self, policy: HandlerPolicy) -> None:
        self._policy = policy

    def produce(self) -> Any:
        return self._policy.document()
