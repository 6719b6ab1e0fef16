"""The provider: the function behind the pipelines of a stack."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Self, Unpack
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.asset import handler_code
from cdk_imagebuilder_pipeline.provider.base import (
    DEFAULT_TIMEOUT,
    LONGEST_TIMEOUT,
    BuildSupport,
    ImagePipelineProviderBase,
    ImportedProvider,
    elsewhere,
    service_timeout,
)
from cdk_imagebuilder_pipeline.provider.builds import Builds
from cdk_imagebuilder_pipeline.provider.encryption import allow_logs
from cdk_imagebuilder_pipeline.provider.function import FunctionSettings
from cdk_imagebuilder_pipeline.provider.nag import acknowledge_runtime
from cdk_imagebuilder_pipeline.provider.network import allow_interfaces
from cdk_imagebuilder_pipeline.provider.options import ImagePipelineProviderOptions
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy, allow
from cdk_imagebuilder_pipeline.provider.role_policies import RolePolicies
from cdk_imagebuilder_pipeline.provider.roles import AnyRole
from cdk_imagebuilder_pipeline.values.described import described
from cdk_imagebuilder_pipeline.values.stacks import facts_of, place_of
from cdk_imagebuilder_pipeline.values.tokens import is_unresolved
from imagebuilder_model.storms import FEWEST_PIPELINES, MOST_PIPELINES, PIPELINES_VARIABLE

_SHARED_ID: Final = "Custom::ImagePipelineProvider"
_SHARED: Final[WeakKeyDictionary[cdk.Stack, "ImagePipelineProvider"]] = WeakKeyDictionary()

_SHORTEST: Final = cdk.Duration.seconds(30)
"""Minimum timeout for an event: a call, its retry, and the response before Lambda stops the function."""

_LEAST_MEMORY: Final = 128
_MOST_MEMORY: Final = 10_240

_STACK_NAME: Final = re.compile(r"[A-Za-z*?][A-Za-z0-9*?-]{0,127}")
"""A stack name (CloudFormation API reference of CreateStack) with IAM wildcards."""

_OTHERS: Final = "pipelines of other stacks are not known here; it only reads"

_DEFAULT_SERVICE_TIMEOUT: Final = service_timeout(DEFAULT_TIMEOUT)

_RUNTIME: Final = "the newest Python that the CDK knows in the stack's Region: some Regions get a runtime late"

_OLDEST_PYTHON: Final = (3, 12)
"""The first runtime on Amazon Linux 2023. Earlier runtimes use Amazon Linux 2, which is no longer supported."""


class ImagePipelineProvider(ImagePipelineProviderBase):
    """A Lambda function that creates, updates and deletes the pipelines of its stack.

    It has a role with a policy, a log group, and a queue for events that it could not respond to. All pipelines of a
    stack share one provider unless they are given another.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        timeout: cdk.Duration | None = None,
        memory_size: cdk.Size | None = None,
        runtime: lambda_.Runtime | None = None,
        architecture: lambda_.Architecture | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        log_level: lambda_.ApplicationLogLevel = lambda_.ApplicationLogLevel.INFO,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        role: AnyRole | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        managed_policies_only: bool = False,
        function_name: str | None = None,
        reserved_concurrent_executions: int | None = None,
        encryption_key: kms.IKey | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        stack_names: Sequence[str] | None = None,
        code: lambda_.Code | None = None,
    ) -> None:
        """Create the provider. Raise ValueError, with the construct's path, for options that Lambda would reject.

        - `timeout`: the timeout for one event, including retries of throttled calls; 30 seconds to 15 minutes (Lambda
          quota). Default: 5 minutes.
        - `memory_size`: 128 to 10,240 MiB (Lambda quota). Default: 256 MiB.
        - `runtime`: a Python runtime, 3.12 or newer. Default: the newest that the CDK knows in the stack's Region.
        - `architecture`: set it for Regions without Graviton. Default: arm64.
        - `log_retention`: the retention of the function's log. Default: one month.
        - `log_level`: the minimum log level. Response URLs are never logged. Default: INFO.
        - `vpc`, `vpc_subnets`, `security_groups`: the function's network, which requires access to EC2 Image Builder
          and Amazon S3. Default: none. With `vpc` alone: its private subnets and a new security group. When they are
          removed, a security group of this stack is deleted only after Lambda has removed its network interfaces.
        - `role`: the function's role, which must trust Lambda. If the CDK can change the role, the policies are
          attached to it. If not, such as for a role imported with `mutable=False`, the warning
          `cdk-imagebuilder-pipeline:role-not-changed` states that its owner must allow `policy.documents()`. Default: a
          new role.
        - `permissions_boundary`: the permissions boundary of the new role. Default: the boundary of the scope, if any.
        - `managed_policies_only`: whether to use no inline policies, for accounts that forbid them. A role can have 10
          managed policies of 6,144 characters (default IAM quotas). Default: false, the first policy is inline.
        - `function_name`: 1 to 64 letters, digits, hyphens and underscores (Lambda API reference). A new name replaces
          the function, which deployed pipelines do not support. Default: generated by CloudFormation.
        - `reserved_concurrent_executions`: the maximum number of concurrent events, at least 1; other events wait in
          Lambda's queue. CloudFormation sends one event per changed pipeline. Default: the account's unreserved
          concurrency.
        - `encryption_key`: the key of the log group and the queue. A key of this app gets a policy that allows
          CloudWatch Logs; the policy of an imported key must allow it, which a warning reports. Default: AWS-owned
          keys.
        - `dead_letter_queue`: receives events that failed three times. They hold pre-signed URLs: restrict reading to
          deployers. Default: a new encrypted queue with a retention of 14 days.
        - `stack_names`: the names of other stacks of the account and Region whose pipelines the function also manages,
          with `*` and `?` as in IAM. These stacks use the provider itself, or its `service_token` with
          `from_service_token`. The function can then read all recipes, configurations and workflows of the account;
          grant other permissions of their pipelines with `policy`. Default: none, only its own stack.
        - `code`: the function's code, `function.zip` of the same release, for stacks that do not support assets
          (`BootstraplessSynthesizer`): `Code.from_bucket(...)`. Default: an asset.
        """
        super().__init__(scope, id)
        self._own_stack: Final = cdk.Stack.of(self)
        timeout = timeout or DEFAULT_TIMEOUT
        memory_size = memory_size or cdk.Size.mebibytes(256)
        if runtime is None:
            runtime = lambda_.Runtime.determine_latest_python_runtime(self)
            acknowledge_runtime(self, _RUNTIME)
        self._check(timeout, memory_size, runtime)
        self._stack_names: Final = self._checked_stack_names(stack_names)
        self._managed_policies_only: Final = managed_policies_only
        self._check_concurrency(reserved_concurrent_executions)
        if role is not None and permissions_boundary is not None:
            raise self._error(
                "permissions_boundary applies only to a role that the provider creates: got role too, give only one"
            )
        self._service_timeout: Final = service_timeout(timeout)
        if encryption_key is not None:
            allow_logs(self, encryption_key)
        if vpc is not None and security_groups is None:
            security_groups = [self._security_group(vpc)]
        settings = FunctionSettings(
            code=code or self._asset(),
            runtime=runtime,
            architecture=architecture or lambda_.Architecture.ARM_64,
            # Whoever may invoke the function must not act on what the role has for another stack.
            environment=None if self._stack_names else {"CUSTOM_RESOURCE_STACK_ID": cdk.Aws.STACK_ID},
            log_retention=log_retention,
            log_level=log_level,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            encryption_key=encryption_key,
            permissions_boundary=permissions_boundary,
            managed_policies_only=managed_policies_only,
        )
        log_group = settings.log_group(self)
        self._role: Final = role or iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
            description="Makes the image pipelines of the stack",
            permissions_boundary=permissions_boundary,
        )
        self._dead_letter_queue: Final = dead_letter_queue or self._queue(encryption_key)
        policies = RolePolicies(
            self,
            self._role,
            is_given=role is not None,
            managed_only=managed_policies_only,
            is_in_network=vpc is not None,
            stack_names=self._stack_names,
        )
        self._policy: Final = policies.policy
        if vpc is not None:
            policies.allow_network(security_groups or ())
        self._function: Final = settings.function(
            self,
            "Function",
            function_name=function_name,
            description="Makes the image pipelines of the stack",
            handler="imagebuilder_pipeline_handler.main.handler",
            memory_size=memory_size.to_mebibytes(),
            timeout=timeout,
            # CloudFormation no longer waits for an event of this age.
            max_event_age=self._service_timeout,
            role=policies.role_of_function(),
            reserved_concurrent_executions=reserved_concurrent_executions,
            log_group=log_group,
            dead_letter_queue=self._dead_letter_queue,
        )
        # Pipelines refer to the function, so they are created after the policies and deleted before them.
        self._function.node.add_dependency(*policies.attached)
        policies.report(self._function)
        self._allow_itself(log_group)
        if self._stack_names:
            self._policy.allow_any_read(_OTHERS)
        if vpc is not None:
            creation, wildcards = allow_interfaces(self._function)
            self._policy.allow_itself(creation, wildcards=wildcards)
        self._service_token: Final = self._function.function_arn
        self._builds: Final = Builds(self, settings, self._policy)
        self._pipelines = 0

    @classmethod
    def of(cls, scope: Construct, **options: Unpack[ImagePipelineProviderOptions]) -> Self:
        """Return the shared provider of a stack. The first call creates it with the given options.

        The options are the keyword arguments of the class. If they change in a later deployment, the function is
        updated in place and its pipelines are not affected. CloudFormation refuses to move a deployed pipeline to
        another provider (aws-cloudformation/cloudformation-coverage-roadmap#802). Raise ValueError if options are given
        and the stack already has a shared provider; set options before the first pipeline of the stack.
        """
        stack = place_of(scope).stack
        found: Any = _SHARED.get(stack) or facts_of(stack).node.try_find_child(_SHARED_ID)
        if found is None:
            _SHARED[stack] = made = cls(stack, _SHARED_ID, **options)
            return made
        if options:
            raise found._error(
                f"the stack already has a shared provider: got {', '.join(options)}, options are allowed once, "
                f"before the first pipeline of the stack: move {cls.__name__}.of(...) up"
            )
        shared: Self = found
        return shared

    @classmethod
    def get_or_create(cls, scope: Construct) -> Self:
        """Return the provider that the stack of `scope` shares, created at the first call: `of` without options."""
        return cls.of(scope)

    @staticmethod
    def from_service_token(
        scope: Construct,
        id: str,
        service_token: str,
        *,
        service_timeout: cdk.Duration | None = None,
        managed_policies_only: bool = False,
        watcher_arn: str | None = None,
    ) -> ImagePipelineProviderBase:
        """Import a provider that is deployed elsewhere in the account and Region, for pipelines of any stack.

        The provider is the one of the plain template, or one with `stack_names`. Pipelines add no permissions to its
        policy: its owner must grant them, or deployments fail with AccessDenied.

        - `service_token`: the ARN of its function, for example `Fn.import_value(...)`. Raise ValueError, with the
          construct's path, if it is not a function ARN.
        - `service_timeout`: the maximum time that CloudFormation waits for the function, as in the provider's
          `service_timeout`. Default: 18 minutes, the value for a provider with the default `timeout`.
        - `managed_policies_only`: whether execution roles get only managed policies. Default: False.
        - `watcher_arn`: the ARN of the state machine that waits for builds, as in the provider's `watcher_arn`.
          Required by `build_on_deploy`. Raise ValueError if it is not the ARN of a state machine. Default: none.
        """
        return ImportedProvider(
            scope,
            id,
            service_token,
            service_timeout=service_timeout or _DEFAULT_SERVICE_TIMEOUT,
            managed_policies_only=managed_policies_only,
            watcher_arn=watcher_arn,
        )

    @property
    def watcher_arn(self) -> str:
        """The ARN of the state machine that waits for builds, made when it is first asked for.

        Pipelines of other apps take it with `from_service_token`.
        """
        self._builds.allow()
        return self._builds.watcher_arn()

    @property
    def function(self) -> lambda_.Function:
        """The function. Use `policy` to grant permissions; CDK grants on the function do not change its role."""
        return self._function

    @property
    def role(self) -> AnyRole:
        """The function's role, created or given."""
        return self._role

    @property
    def dead_letter_queue(self) -> sqs.IQueue:
        """The queue of events that failed three times. They contain pre-signed URLs: restrict reading to deployers."""
        return self._dead_letter_queue

    @property
    def policy(self) -> HandlerPolicy:
        """The function's permissions.

        Allow here the references of a `Custom::ImagePipeline` that you write by hand.
        """
        return self._policy

    @property
    def service_token(self) -> str:
        """The ServiceToken for a `Custom::ImagePipeline` of this stack."""
        return self._service_token

    @property
    def service_timeout(self) -> cdk.Duration:
        """The time that CloudFormation waits for the function.

        It has room for Lambda's attempts of one event and the waits between them.
        """
        return self._service_timeout

    @property
    def managed_policies_only(self) -> bool:
        """Whether roles get managed policies instead of inline ones."""
        return self._managed_policies_only

    def policy_for(self, stack: cdk.Stack) -> HandlerPolicy | None:
        """Return the policy for pipelines of the provider's stack; None for pipelines of other stacks.

        A policy with resources of other stacks would create a circular dependency between the stacks.
        """
        return self._policy if self._own_stack is stack else None

    def support_builds(self, *, waits: bool, deletes: bool) -> BuildSupport | str:
        """Return what a pipeline that builds on deploy needs, made when it is first needed."""
        self._builds.allow()
        return BuildSupport(
            self._builds.watcher_arn() if waits else None, self._builds.lifecycle_role_arn() if deletes else None
        )

    def count_pipeline(self) -> None:
        """Take note of one more pipeline, and tell the function about many: it plans its pauses by their number.

        In tens, so that most deployments that add a pipeline leave the function as it is.
        """
        self._pipelines += 1
        number = round(self._pipelines, -1)
        if FEWEST_PIPELINES <= number <= MOST_PIPELINES and number != round(self._pipelines - 1, -1):
            self._function.add_environment(PIPELINES_VARIABLE, str(number))

    def problem_with(self, stack: cdk.Stack) -> str | None:
        """Return why the function cannot manage the pipelines of a stack; None if it can or if this is unknown."""
        own = self._own_stack
        if own is stack:
            return None
        if not self._stack_names:
            return (
                f"provider '{self.node.path}' belongs to another stack, and its role grants access only to the "
                "pipelines of that stack: use a provider of this stack, omit provider, or add this stack to the "
                "stack_names of that provider"
            )
        known = not any(map(is_unresolved, (stack.stack_name, *self._stack_names)))
        if known and not any(fnmatchcase(stack.stack_name, name) for name in self._stack_names):
            return (
                f"provider '{self.node.path}' does not serve this stack: got stack name {stack.stack_name!r}, "
                f"allowed are its stack_names {', '.join(self._stack_names)}"
            )
        facts = facts_of(own)
        return elsewhere(f"provider '{self.node.path}'", facts.account, facts.region, stack)

    def _check(self, timeout: cdk.Duration, memory_size: cdk.Size, runtime: lambda_.Runtime) -> None:
        for name, value, wanted in (("timeout", timeout, cdk.Duration), ("memory_size", memory_size, cdk.Size)):
            given: object = value
            if not isinstance(given, wanted):
                raise self._error(f"{name} must be a {wanted.__name__}: got {described(given)}")
        seconds = timeout.to_seconds()
        if not is_unresolved(seconds) and not _SHORTEST.to_seconds() <= seconds <= LONGEST_TIMEOUT.to_seconds():
            fault = "small" if seconds < _SHORTEST.to_seconds() else "large"
            allowed = f"{_SHORTEST.to_human_string()} to {LONGEST_TIMEOUT.to_human_string()}"
            raise self._error(f"timeout is too {fault}: got {timeout.to_human_string()}, allowed {allowed}")
        memory = memory_size.to_mebibytes()
        if not is_unresolved(memory) and not _LEAST_MEMORY <= memory <= _MOST_MEMORY:
            fault = "small" if memory < _LEAST_MEMORY else "large"
            allowed = f"{_LEAST_MEMORY} to {_MOST_MEMORY} MiB"
            raise self._error(f"memory_size is too {fault}: got {memory:.0f} MiB, allowed {allowed}")
        if not is_unresolved(runtime.name) and not _is_new_enough(runtime.name):
            oldest = ".".join(map(str, _OLDEST_PYTHON))
            raise self._error(f"runtime is not supported: got {runtime.name}, allowed python{oldest} or newer")

    def _checked_stack_names(self, names: Sequence[str] | None) -> tuple[str, ...]:
        wrong = [name for name in names or () if not is_unresolved(name) and not _STACK_NAME.fullmatch(name)]
        if wrong:
            allowed = "a letter, then letters, digits and hyphens, up to 128 characters, with * and ? as in IAM"
            raise self._error(f"stack_names has an invalid stack name: got {wrong[0]!r}, allowed is {allowed}")
        return tuple(names or ())

    def _security_group(self, vpc: ec2.IVpc) -> Any:
        # Not a child of the function, unlike the CDK's default: the policy, on which the function depends, contains it.
        description = "The function that makes the image pipelines of the stack"
        return ec2.SecurityGroup(self, "SecurityGroup", vpc=vpc, description=description)

    def _asset(self) -> lambda_.Code:
        # Subclasses are excluded, because they may support assets.
        if type(cdk.Stack.of(self).synthesizer) is cdk.BootstraplessSynthesizer:
            raise self._error(
                "the stack does not support assets (BootstraplessSynthesizer), which the function's code requires: set "
                "code, for example Code.from_bucket with function.zip of this release, or import a provider that is "
                "deployed elsewhere with from_service_token"
            )
        return handler_code()

    def _check_concurrency(self, count: int | None) -> None:
        if count is not None and not is_unresolved(count) and count < 1:
            raise self._error(
                f"reserved_concurrent_executions is too small: got {count}, allowed at least 1: with 0 the function "
                "handles no events, and every deployment fails after a timeout"
            )

    def _error(self, message: str) -> ValueError:
        return ValueError(f"{type(self).__name__} '{self.node.path}': {message}")

    def _queue(self, encryption_key: kms.IKey | None) -> sqs.Queue:
        return sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.KMS if encryption_key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )

    def _allow_itself(self, log_group: logs.LogGroup) -> None:
        statements = [
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn),
            allow(["sqs:SendMessage"], self._dead_letter_queue.queue_arn),
        ]
        key = self._dead_letter_queue.encryption_master_key
        if key is not None:
            statements.append(allow(["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn))
        self._policy.allow_itself(*statements)


def _is_new_enough(runtime: str) -> bool:
    family, _, version = runtime.partition("python")
    parts = version.split(".")
    return not family and all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= _OLDEST_PYTHON
