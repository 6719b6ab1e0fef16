"""Waits for builds: a state machine invokes a watcher function, which checks an image, every 30 seconds.

The state machine, and not the custom resource's function, sends CloudFormation the response: a function runs for 15
minutes at most (Lambda's quota), and a build takes longer.
"""

import json
from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from cdk_imagebuilder_pipeline.provider.build_grants import of_images, wildcards_of_images
from cdk_imagebuilder_pipeline.provider.function import FunctionSettings
from cdk_imagebuilder_pipeline.provider.nag import acknowledge_rules
from cdk_imagebuilder_pipeline.provider.network import NetworkPolicy, allow_interfaces
from cdk_imagebuilder_pipeline.provider.policy import HandlerPolicy, allow
from cdk_imagebuilder_pipeline.provider.role_policy import RolePolicy
from cdk_imagebuilder_pipeline.provider.roles import AnyRole, is_only_reported

LONGEST_WAIT: Final = cdk.Duration.hours(1)
"""How long CloudFormation waits for one custom resource (the most that ServiceTimeout takes)."""

_PAUSE: Final = cdk.Duration.seconds(30)
"""The time between two looks at an image. A build takes many minutes."""

_DATA: Final = "the data of an execution has the pre-signed URL that CloudFormation's response goes to"
_ONCE: Final = "the state machine calls it once in 30 seconds for each build that runs"
_SYNCHRONOUS: Final = "the state machine calls it synchronously, and tries again what fails"
_RULES: Final[Mapping[str, str]] = {
    "AwsSolutions-SF1": f"{_DATA}: it is not logged",
    "AwsSolutions-SF2": f"{_DATA}; one state machine calls one function, so that a trace shows nothing more",
    "NIST.800.53.R5-LambdaConcurrency": _ONCE,
    "NIST.800.53.R5-LambdaDLQ": _SYNCHRONOUS,
    "HIPAA.Security-LambdaConcurrency": _ONCE,
    "HIPAA.Security-LambdaDLQ": _SYNCHRONOUS,
}
"""Findings of cdk-nag, each with the reason why it is none."""


class Waiting(Construct):
    """The state machine, its function, their roles, and the function's log group."""

    def __init__(self, scope: Construct, settings: FunctionSettings, policy: HandlerPolicy) -> None:
        """`policy` is that of the provider's function: it knows the stacks whose images may be seen and cancelled."""
        super().__init__(scope, "Waiting")
        self._settings: Final = settings
        watcher = self._watcher(policy)
        self._state_machine_arn: Final = self._state_machine_over(watcher).ref
        acknowledge_rules(self, _RULES)

    @property
    def state_machine_arn(self) -> str:
        """The ARN of the state machine."""
        return self._state_machine_arn

    def _watcher(self, policy: HandlerPolicy) -> lambda_.Function:
        settings, stack = self._settings, cdk.Stack.of(self)
        log_group = settings.log_group(self)
        role = settings.role(self, "Role", "lambda.amazonaws.com", "Looks at the images that deployments wait for")
        its_policy = settings.policy(self, "Policy", role)
        log = allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn)
        its_policy.allow(*of_images(policy, stack), log, wildcards=wildcards_of_images(stack))
        if settings.vpc is not None:
            self._allow_network(role, its_policy)
        function = settings.function(
            self,
            "Watcher",
            description="Looks at the images that deployments of the stack wait for",
            handler="imagebuilder_pipeline_handler.watcher.look",
            memory_size=256,
            timeout=cdk.Duration.minutes(1),
            role=self._role_of_function(role),
            log_group=log_group,
        )
        its_policy.precede(function)
        if settings.vpc is not None:
            creation, wildcards = allow_interfaces(function)
            its_policy.allow(creation, wildcards=wildcards)
        return function

    def _role_of_function(self, role: iam.Role) -> AnyRole:
        if is_only_reported(self):
            return role
        # By its ARN, so that the function waits for its policy, and not for each part of its role too.
        return iam.Role.from_role_arn(self, "FixedRole", role.role_arn, mutable=False)

    def _allow_network(self, role: iam.Role, its_policy: RolePolicy) -> None:
        if is_only_reported(self):
            its_policy.allow(*NetworkPolicy.DOCUMENT["Statement"], wildcards=NetworkPolicy.WILDCARDS)
            return
        name = None if self._settings.managed_policies_only else "Network"
        network = NetworkPolicy(self, [role.role_name], self._settings.security_groups or (), inline_name=name)
        # Lambda checks at CreateFunction what the role may do with network interfaces.
        its_policy.follow(network)

    def _state_machine_over(self, watcher: lambda_.Function) -> stepfunctions.CfnStateMachine:
        role = self._settings.role(self, "StateMachineRole", "states.amazonaws.com", "Calls the function that looks")
        its_policy = self._settings.policy(self, "StateMachinePolicy", role)
        its_policy.allow(allow(["lambda:InvokeFunction"], watcher.function_arn))
        made = stepfunctions.CfnStateMachine(
            self,
            "StateMachine",
            role_arn=role.role_arn,
            state_machine_type="STANDARD",
            # Written by Python: the CDK leaves out what is null.
            definition_string=json.dumps(_definition(watcher.function_arn)),
        )
        its_policy.precede(made)
        return made


def _definition(function_arn: str) -> dict[str, object]:
    """Return the definition in Amazon States Language. The function returns its input, with `isOver`."""
    look = {
        "Type": "Task",
        "Resource": f"arn:{cdk.Aws.PARTITION}:states:::lambda:invoke",
        "Parameters": {"FunctionName": function_arn, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 5,
                "BackoffRate": 2,
                "MaxDelaySeconds": 60,
                "MaxAttempts": 10,
                "JitterStrategy": "FULL",
            }
        ],
        # The next look has the same input.
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Wait"}],
        "Next": "IsOver",
    }
    over = {"Variable": "$.isOver", "BooleanEquals": True, "Next": "Over"}
    return {
        "Comment": "Looks at an image until its build is over, and CloudFormation has the response",
        "StartAt": "Look",
        "TimeoutSeconds": LONGEST_WAIT.to_seconds(),
        "States": {
            "Look": look,
            "IsOver": {"Type": "Choice", "Choices": [over], "Default": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": _PAUSE.to_seconds(), "Next": "Look"},
            "Over": {"Type": "Succeed"},
        },
    }
