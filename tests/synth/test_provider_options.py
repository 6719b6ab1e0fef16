"""What can be adjusted about the function: each option reaches its resource, each limit has its message."""

from collections.abc import Callable, Mapping
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match, Template
from support.apps import new_app

from cdk_imagebuilder_pipeline import ImagePipelineProvider

Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def function(stack: cdk.Stack, resources: Resources) -> Callable[..., dict[str, Any]]:
    """Make a provider with options and return the properties of its function."""

    def make(**options: Any) -> dict[str, Any]:
        ImagePipelineProvider(stack, "Mine", **options)
        (found,) = resources(stack, "AWS::Lambda::Function").values()
        properties: dict[str, Any] = found["Properties"]
        return properties

    return make


@pytest.fixture
def allowed(stack: cdk.Stack, resources: Resources) -> Callable[[], dict[str, Any]]:
    """Return the resource of each action of the function's policies that is not about pipelines."""

    def read() -> dict[str, Any]:
        policies = resources(stack, "AWS::IAM::Policy").values()
        statements = [one for policy in policies for one in policy["Properties"]["PolicyDocument"]["Statement"]]
        return {action: s["Resource"] for s in statements for action in s["Action"] if "imagebuilder" not in action}

    return read


def test_defaults_are_the_newest_python_of_the_region_on_arm_for_five_minutes(
    stack: cdk.Stack, function: Callable[..., dict[str, Any]]
) -> None:
    found = function()
    newest = lambda_.Runtime.determine_latest_python_runtime(stack).name
    assert (found["Runtime"], found["Architectures"]) == (newest, ["arm64"])
    assert (found["MemorySize"], found["Timeout"]) == (256, 300)
    assert (found["LoggingConfig"]["LogFormat"], found["LoggingConfig"]["ApplicationLogLevel"]) == ("JSON", "INFO")
    assert "VpcConfig" not in found


def test_options_of_the_function_reach_it(function: Callable[..., dict[str, Any]]) -> None:
    found = function(
        timeout=cdk.Duration.minutes(2),
        memory_size=cdk.Size.gibibytes(1),
        runtime=lambda_.Runtime.PYTHON_3_12,
        architecture=lambda_.Architecture.X86_64,
        log_level=lambda_.ApplicationLogLevel.DEBUG,
    )
    assert (found["Runtime"], found["Architectures"]) == ("python3.12", ["x86_64"])
    assert (found["MemorySize"], found["Timeout"]) == (1024, 120)
    assert found["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": cdk.Duration.seconds(901)}, "timeout is too large: got 15 minutes 1 second, allowed 30 seconds to 15 minutes"),
        ({"timeout": cdk.Duration.seconds(29)}, "timeout is too small: got 29 seconds, allowed 30 seconds to 15 minutes"),
        ({"memory_size": cdk.Size.mebibytes(127)}, "memory_size is too small: got 127 MiB, allowed 128 to 10240 MiB"),
        ({"memory_size": cdk.Size.gibibytes(11)}, "memory_size is too large: got 11264 MiB, allowed 128 to 10240 MiB"),
        ({"runtime": lambda_.Runtime.PYTHON_3_11}, "runtime is not supported: got python3.11, allowed python3.12 or newer"),
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "runtime is not supported: got nodejs22.x, allowed python3.12 or newer"),
    ],
)  # fmt: skip
def test_option_that_cannot_be_is_refused_with_what_is_allowed(
    stack: cdk.Stack, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=r"^ImagePipelineProvider ") as error:
        ImagePipelineProvider(stack, "Mine", **options)
    assert str(error.value) == f"ImagePipelineProvider 'Stack/Mine': {message}"


def test_options_that_are_tokens_pass_and_the_stack_waits_as_long_as_can_be(
    stack: cdk.Stack, function: Callable[..., dict[str, Any]]
) -> None:
    number = cdk.Token.as_number({"Ref": "Number"})
    runtime = lambda_.Runtime(cdk.Fn.ref("Runtime"), lambda_.RuntimeFamily.PYTHON)
    found = function(
        timeout=cdk.Duration.seconds(number),
        memory_size=cdk.Size.mebibytes(number),
        runtime=runtime,
    )
    assert (found["Timeout"], found["MemorySize"], found["Runtime"]) == (
        {"Ref": "Number"},
        {"Ref": "Number"},
        {"Ref": "Runtime"},
    )
    provider = stack.node.find_child("Mine")
    assert isinstance(provider, ImagePipelineProvider)
    assert provider.service_timeout.to_seconds() == 3 * 900 + 180


@pytest.mark.parametrize("seconds", [30, 300, 900])
def test_stack_waits_for_three_tries_and_the_waits_between_and_never_above_an_hour(
    stack: cdk.Stack, seconds: int
) -> None:
    provider = ImagePipelineProvider(stack, "Mine", timeout=cdk.Duration.seconds(seconds))
    assert provider.service_timeout.to_seconds() == 3 * seconds + 180 <= 3600


def test_function_writes_to_its_own_log_group_and_queue_and_nothing_else_of_its_own(
    function: Callable[..., dict[str, Any]],
    allowed: Callable[[], dict[str, Any]],
    stack: cdk.Stack,
    resources: Resources,
) -> None:
    found = function()
    (queue,) = resources(stack, "AWS::SQS::Queue")
    (group,) = resources(stack, "AWS::Logs::LogGroup")
    assert found["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": [queue, "Arn"]}}
    assert allowed().keys() == {
        "iam:CreateServiceLinkedRole",
        "iam:GetRole",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:SendMessage",
    }
    assert allowed()["sqs:SendMessage"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert allowed()["logs:PutLogEvents"] == {"Fn::GetAtt": [group, "Arn"]}


def test_queue_is_encrypted_kept_for_two_weeks_and_refuses_plain_connections(
    stack: cdk.Stack, resources: Resources
) -> None:
    ImagePipelineProvider(stack, "Mine")
    (queue,) = resources(stack, "AWS::SQS::Queue").values()
    (policy,) = resources(stack, "AWS::SQS::QueuePolicy").values()
    assert queue["Properties"] == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_key_encrypts_the_queue_and_the_log_and_the_function_may_use_it(
    stack: cdk.Stack,
    function: Callable[..., dict[str, Any]],
    allowed: Callable[[], dict[str, Any]],
    resources: Resources,
) -> None:
    key: Any = kms.Key(stack, "Key")
    function(encryption_key=key)
    arn = stack.resolve(key.key_arn)
    (queue,) = resources(stack, "AWS::SQS::Queue").values()
    (group,) = resources(stack, "AWS::Logs::LogGroup").values()
    assert (queue["Properties"]["KmsMasterKeyId"], group["Properties"]["KmsKeyId"]) == (arn, arn)
    assert (allowed()["kms:Decrypt"], allowed()["kms:GenerateDataKey"]) == (arn, arn)


def logs_statements(key: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a key's policy for CloudWatch Logs."""
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    return [one for one in statements if "logs." in repr(one.get("Principal"))]


def test_key_of_the_stack_allows_logs_of_the_region_for_the_log_groups_of_the_stack(
    stack: cdk.Stack, resources: Resources
) -> None:
    key: Any = kms.Key(stack, "Key")
    ImagePipelineProvider(stack, "Mine", encryption_key=key)
    (found,) = resources(stack, "AWS::KMS::Key").values()
    (statement,) = logs_statements(found)
    service = {"Fn::Join": ["", ["logs.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]}
    here = [":logs:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    group = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, *here, ":log-group:Stack-*"]]}
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}},
    }


def test_key_of_another_stack_of_the_app_allows_logs_without_a_cycle(app: cdk.App, stack: cdk.Stack) -> None:
    keys = cdk.Stack(app, "Keys")
    key: Any = kms.Key(keys, "Key")
    ImagePipelineProvider(stack, "Mine", encryption_key=key)
    (found,) = Template.from_stack(keys).find_resources("AWS::KMS::Key").values()
    (statement,) = logs_statements(found)
    assert ":log-group:Stack-*" in repr(statement["Condition"])
    assert "Fn::ImportValue" not in repr(found)


def test_key_of_a_parent_stack_allows_logs_without_a_cycle(stack: cdk.Stack, resources: Resources) -> None:
    key: Any = kms.Key(stack, "Key")
    ImagePipelineProvider(cdk.NestedStack(stack, "Nested"), "Mine", encryption_key=key)
    (found,) = resources(stack, "AWS::KMS::Key").values()
    (statement,) = logs_statements(found)
    assert repr(statement["Condition"]).endswith(":log-group:*']]}}}")


def key_warnings(stack: cdk.Stack) -> list[Any]:
    return Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("encryption_key"))


def test_key_whose_policy_is_out_of_reach_is_warned_about_once_unless_acknowledged(stack: cdk.Stack) -> None:
    key: Any = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:123456789012:key/1")
    ImagePipelineProvider(stack, "Warned", encryption_key=key)
    acknowledged = ImagePipelineProvider(stack, "Acknowledged", encryption_key=key)
    cdk.Annotations.of(acknowledged).acknowledge_warning("cdk-imagebuilder-pipeline:key-policy")
    assert [warning.id for warning in key_warnings(stack)] == ["/Stack/Warned"]


def test_key_of_the_app_is_not_warned_about(stack: cdk.Stack) -> None:
    key: Any = kms.Key(stack, "Key")
    ImagePipelineProvider(stack, "Mine", encryption_key=key)
    assert key_warnings(stack) == []


def test_key_of_the_log_group_alone_is_none_that_the_function_may_use(
    stack: cdk.Stack, function: Callable[..., dict[str, Any]], allowed: Callable[[], dict[str, Any]]
) -> None:
    key: Any = kms.Key(stack, "Key")
    queue: Any = sqs.Queue(stack, "Queue")
    function(encryption_key=key, dead_letter_queue=queue)
    assert "kms:Decrypt" not in allowed()


def test_given_queue_is_used_with_its_key_and_no_other_made(
    stack: cdk.Stack,
    function: Callable[..., dict[str, Any]],
    allowed: Callable[[], dict[str, Any]],
    resources: Resources,
) -> None:
    key: Any = kms.Key(stack, "Key")
    queue: Any = sqs.Queue(stack, "Queue", encryption_master_key=key)
    assert function(dead_letter_queue=queue)["DeadLetterConfig"]["TargetArn"] == stack.resolve(queue.queue_arn)
    assert len(resources(stack, "AWS::SQS::Queue")) == 1
    assert allowed()["sqs:SendMessage"] == stack.resolve(queue.queue_arn)
    assert allowed()["kms:GenerateDataKey"] == stack.resolve(key.key_arn)


def test_retention_and_boundary_reach_log_group_and_role(stack: cdk.Stack, resources: Resources) -> None:
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    ImagePipelineProvider(stack, "Mine", log_retention=logs.RetentionDays.ONE_WEEK, permissions_boundary=boundary)
    (group,) = resources(stack, "AWS::Logs::LogGroup").values()
    (role,) = resources(stack, "AWS::IAM::Role").values()
    assert group["Properties"]["RetentionInDays"] == 7
    assert role["Properties"]["PermissionsBoundary"] == stack.resolve(boundary.managed_policy_arn)


def test_boundary_of_the_scope_reaches_the_role(app: cdk.App, stack: cdk.Stack, resources: Resources) -> None:
    iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary"))
    ImagePipelineProvider(stack, "Mine")
    (role,) = resources(stack, "AWS::IAM::Role").values()
    assert "PermissionsBoundary" in role["Properties"]


@pytest.fixture
def vpc(stack: cdk.Stack) -> Any:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)


def test_network_alone_is_its_private_subnets_and_a_security_group_made_for_it(
    stack: cdk.Stack, vpc: Any, function: Callable[..., dict[str, Any]], resources: Resources
) -> None:
    network = function(vpc=vpc)["VpcConfig"]
    assert network["SubnetIds"] == stack.resolve([subnet.subnet_id for subnet in vpc.private_subnets])
    (group,) = resources(stack, "AWS::EC2::SecurityGroup")
    assert network["SecurityGroupIds"] == [{"Fn::GetAtt": [group, "GroupId"]}]


def ec2_arn(resource: str, name: Any) -> Any:
    here = [{"Ref": "AWS::Partition"}, ":ec2:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    if isinstance(name, str):
        return {"Fn::Join": ["", ["arn:", *here, f":{resource}/{name}"]]}
    return {"Fn::Join": ["", ["arn:", *here, f":{resource}/", name]]}


def test_interfaces_may_be_made_in_these_subnets_with_these_security_groups_only(
    stack: cdk.Stack, vpc: Any, function: Callable[..., dict[str, Any]], allowed: Callable[[], dict[str, Any]], resources: Resources
) -> None:  # fmt: skip
    group: Any = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    subnets = ec2.SubnetSelection(subnets=[vpc.private_subnets[1]])
    network = function(vpc=vpc, vpc_subnets=subnets, security_groups=[group])["VpcConfig"]
    assert network == {
        "SubnetIds": stack.resolve([vpc.private_subnets[1].subnet_id]),
        "SecurityGroupIds": stack.resolve([group.security_group_id]),
    }
    assert allowed()["ec2:CreateNetworkInterface"] == [
        ec2_arn("network-interface", "*"),
        ec2_arn("subnet", network["SubnetIds"][0]),
        ec2_arn("security-group", network["SecurityGroupIds"][0]),
    ]
    assert "ManagedPolicyArns" not in next(iter(resources(stack, "AWS::IAM::Role").values()))["Properties"]


@pytest.mark.parametrize(
    "action",
    [
        "ec2:AssignPrivateIpAddresses",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ],
)
def test_what_lambda_checks_before_there_is_an_interface_is_allowed_on_any(
    vpc: Any, function: Callable[..., dict[str, Any]], allowed: Callable[[], dict[str, Any]], action: str
) -> None:
    function(vpc=vpc)
    assert allowed()[action] == "*"


def removal_order(template: dict[str, Any]) -> dict[str, set[str]]:
    """Return for each logical id what it refers to or depends on: CloudFormation deletes those after it."""
    return {
        name: {other for other in template if f"'{other}'" in repr(resource)} - {name}
        for name, resource in template.items()
    }


def network_policies(template: dict[str, Any], action: str) -> list[str]:
    return [name for name, one in template.items() if one["Type"] == "AWS::IAM::Policy" and f"'{action}'" in repr(one)]


def test_permission_to_remove_interfaces_outlasts_the_function_and_its_security_group(
    stack: cdk.Stack, vpc: Any, resources: Resources
) -> None:
    # vpc= taken off: the function is updated, then what is gone from the template is deleted, dependents first. The
    # security group can be deleted only when Lambda has removed its interfaces, for which it uses this policy.
    ImagePipelineProvider(stack, "Mine", vpc=vpc)
    template = resources(stack)
    (policy,) = network_policies(template, "ec2:DeleteNetworkInterface")
    order = removal_order(template)
    (function,) = (name for name, one in template.items() if one["Type"] == "AWS::Lambda::Function")
    (group,) = (name for name, one in template.items() if one["Type"] == "AWS::EC2::SecurityGroup")
    assert policy in order[function]
    assert policy in order[group]
    assert network_policies(template, "ec2:CreateNetworkInterface") != [policy]
    without = cdk.Stack(new_app(), "Stack")
    ImagePipelineProvider(without, "Mine")
    assert policy not in resources(without)


def test_given_security_group_of_the_stack_is_deleted_before_the_permission_to_remove_its_interfaces(
    stack: cdk.Stack, vpc: Any, resources: Resources
) -> None:
    group: Any = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    imported: Any = ec2.SecurityGroup.from_security_group_id(stack, "Imported", "sg-1")
    ImagePipelineProvider(stack, "Mine", vpc=vpc, security_groups=[group, imported])
    template = resources(stack)
    (policy,) = network_policies(template, "ec2:DeleteNetworkInterface")
    (made,) = (name for name, one in template.items() if one["Type"] == "AWS::EC2::SecurityGroup")
    assert policy in removal_order(template)[made]


def test_role_and_queue_are_there_for_others(stack: cdk.Stack, resources: Resources) -> None:
    provider = ImagePipelineProvider(stack, "Mine")
    (role,) = resources(stack, "AWS::IAM::Role")
    (queue,) = resources(stack, "AWS::SQS::Queue")
    assert stack.resolve(provider.role.role_arn) == {"Fn::GetAtt": [role, "Arn"]}
    assert stack.resolve(provider.dead_letter_queue.queue_arn) == {"Fn::GetAtt": [queue, "Arn"]}
