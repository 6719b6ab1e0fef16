"""The local cloud refuses what AWS refuses of our users' stacks, in AWS's words. docs/local-cloud-strictness.md lists it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings

pytestmark = pytest.mark.timeout(240)

ACCOUNT, REGION = "000000000000", "us-east-1"
QUICK = {"Delay": 0.05, "MaxAttempts": 1200}
ANSWER = """
import json, urllib.request
def handler(event, _):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "one", "Data": {}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(request)
"""
NOTHING = {"Ref": "AWS::NoValue"}
NEVER = {"Never": {"Fn::Equals": ["a", "b"]}}

Statement = dict[str, Any]
Resources = dict[str, Any]


@dataclass
class Stacks:
    """The stacks of a local cloud, and clients of its services."""

    clients: dict[str, Any]

    def deploy(self, name: str, resources: Resources) -> str:
        """Create or update a stack, and return the status that it ends with."""
        cloudformation = self.clients["cloudformation"]
        live = (one for one in cloudformation.describe_stacks()["Stacks"] if one["StackName"] == name)
        kind = "update" if next(live, None) else "create"
        act = getattr(cloudformation, f"{kind}_stack")
        template = json.dumps({"Resources": resources, "Conditions": NEVER})
        act(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        with suppress(WaiterError):  # the status tells
            cloudformation.get_waiter(f"stack_{kind}_complete").wait(StackName=name, WaiterConfig=QUICK)
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def failures(self, name: str) -> dict[str, str]:
        """Return the reason for each resource that failed, the latest one."""
        events = self.clients["cloudformation"].describe_stack_events(StackName=name)["StackEvents"]
        return {
            event["LogicalResourceId"]: event["ResourceStatusReason"]
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != name
        }


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    cloud = LocalCloud(tmp_path_factory.mktemp("strict") / "cloud")
    state = cloud.start()
    settings = client_settings(state, cloud.folder)
    make: Any = boto3.client  # typed for one service at a time
    names = ("cloudformation", "iam", "kms", "lambda", "logs")
    clients = {
        name: make(
            name,
            endpoint_url=state.endpoint,
            region_name=state.region,
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
            verify=settings["AWS_CA_BUNDLE"],
        )
        for name in names
    }
    yield Stacks(clients)
    for client in clients.values():
        client.close()
    cloud.stop()


def document(*statements: Statement) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*statements: Statement, service: str = "lambda", **properties: Any) -> Resources:
    """Return a role of a service, with an inline policy of these statements."""
    trust = document(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
    )
    inline = [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else []
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": trust, "Policies": inline} | properties,
    }


def function(**properties: Any) -> Resources:
    given = {
        "Code": {"ZipFile": ANSWER},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.13",
        "Timeout": 30,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": given | properties}


def allow(action: Any, resource: Any, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def said(call: Any, **request: Any) -> tuple[str, str]:
    """Make a call that must be refused, and return the error's code and words."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    response: Any = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"]


# A custom resource keeps its ServiceToken.


def custom(token: Any, resource_type: str = "Custom::Thing", **properties: Any) -> Resources:
    return {"Type": resource_type, "Properties": {"ServiceToken": token} | properties}


ECHO = ANSWER.replace('"Status": "SUCCESS"', '"Reason": event["ResourceProperties"]["Text"], "Status": "FAILED"')


@pytest.mark.parametrize("resource_type", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
@pytest.mark.parametrize("secure", ["{{resolve:secretsmanager:one:SecretString:a}}", "{{resolve:ssm-secure:/one}}"])
def test_secure_reference_reaches_a_custom_resource_as_it_is(stacks: Stacks, resource_type: str, secure: str) -> None:
    name = f"secure-{secure.split(':')[1]}-{resource_type.rsplit(':', maxsplit=1)[-1]}"
    thing = custom({"Fn::GetAtt": ["One", "Arn"]}, resource_type, Text=secure)
    stacks.deploy(name, {"Role": role(), "One": function(Code={"ZipFile": ECHO}), "Thing": thing})
    assert stacks.failures(name)["Thing"].endswith(secure)


@pytest.mark.parametrize("resource_type", ["Custom::Thing", "AWS::CloudFormation::CustomResource"])
def test_changed_service_token_is_refused_and_the_stack_keeps_the_old_one(stacks: Stacks, resource_type: str) -> None:
    name = f"token-{resource_type.rsplit(':', maxsplit=1)[-1]}"
    providers = {"Role": role(), "One": function(), "Two": function()}
    one, two = ({"Fn::GetAtt": [key, "Arn"]} for key in ("One", "Two"))
    assert stacks.deploy(name, providers | {"Thing": custom(one, resource_type)}) == "CREATE_COMPLETE"
    assert stacks.deploy(name, providers | {"Thing": custom(two, resource_type)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures(name) == {"Thing": "Modifying service token is not allowed."}
    # The provider that it has always had goes on.
    assert stacks.deploy(name, providers | {"Thing": custom(one, resource_type, Size=2)}) == "UPDATE_COMPLETE"


def test_new_logical_id_takes_another_service_token(stacks: Stacks) -> None:
    providers = {"Role": role(), "One": function(), "Two": function()}
    assert stacks.deploy("renamed", providers | {"Thing": custom({"Fn::GetAtt": ["One", "Arn"]})}) == "CREATE_COMPLETE"
    renamed = {"Other": custom({"Fn::GetAtt": ["Two", "Arn"]})}
    assert stacks.deploy("renamed", providers | renamed) == "UPDATE_COMPLETE"


def test_service_token_of_another_region_is_refused(stacks: Stacks) -> None:
    far = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:provider"
    assert stacks.deploy("far", {"Thing": custom(far)}) == "ROLLBACK_COMPLETE"
    assert stacks.failures("far") == {
        "Thing": "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    }


# A statement of a policy has actions and resources.

NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
INCOMPLETE = [
    pytest.param(allow("s3:GetObject", []), NO_RESOURCES, id="resource-empty"),
    pytest.param(allow("s3:GetObject", [{"Fn::If": ["Never", "*", NOTHING]}]), NO_RESOURCES, id="resource-no-value"),
    pytest.param(allow("s3:GetObject", {"Fn::If": ["Never", "*", NOTHING]}), NO_RESOURCES, id="resource-gone"),
    pytest.param(allow([], "*"), NO_ACTIONS, id="action-empty"),
    pytest.param(allow([{"Fn::If": ["Never", "s3:*", NOTHING]}], "*"), NO_ACTIONS, id="action-no-value"),
    pytest.param({"Effect": "Deny", "NotAction": [], "Resource": "*"}, NO_ACTIONS, id="not-action-empty"),
    pytest.param({"Effect": "Deny", "Action": "*", "NotResource": []}, NO_RESOURCES, id="not-resource-empty"),
]
COMPLETE = allow("s3:GetObject", "*")


def policies(statement: Statement) -> dict[str, Resources]:
    both = document(COMPLETE, statement)
    return {
        "AWS::IAM::Policy": {
            "Role": role(),
            "Refused": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"PolicyName": "some", "Roles": [{"Ref": "Role"}], "PolicyDocument": both},
            },
        },
        "AWS::IAM::ManagedPolicy": {
            "Refused": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": both}}
        },
        "AWS::IAM::Role": {"Refused": role(COMPLETE, statement)},
    }


@pytest.mark.parametrize("resource_type", ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"])
@pytest.mark.parametrize(("statement", "words"), INCOMPLETE)
def test_statement_without_actions_or_resources_is_refused(
    stacks: Stacks, request: pytest.FixtureRequest, resource_type: str, statement: Statement, words: str
) -> None:
    name = f"statement-{request.node.callspec.id}".replace("::", "-")
    assert stacks.deploy(name, policies(statement)[resource_type]) == "ROLLBACK_COMPLETE"
    assert stacks.failures(name) == {"Refused": words}


@pytest.mark.parametrize("resource_type", ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"])
def test_update_that_empties_a_statement_is_rolled_back(stacks: Stacks, resource_type: str) -> None:
    name = f"emptied-{resource_type.rsplit(':', maxsplit=1)[-1]}"
    assert stacks.deploy(name, policies(allow("s3:*", "*"))[resource_type]) == "CREATE_COMPLETE"
    assert stacks.deploy(name, policies(allow("s3:*", []))[resource_type]) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures(name) == {"Refused": NO_RESOURCES}


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (allow("s3:GetObject", []), NO_RESOURCES),
        (allow([], "*"), NO_ACTIONS),
        ({"Effect": "Allow", "Resource": "*"}, NO_ACTIONS),
        ({"Effect": "Allow", "Action": "*"}, NO_RESOURCES),
    ],
)
def test_iam_refuses_the_statement_too(stacks: Stacks, statement: Statement, words: str) -> None:
    iam = stacks.clients["iam"]
    text = json.dumps(document(statement))
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="asked", AssumeRolePolicyDocument=json.dumps(document()))
    refused = ("MalformedPolicyDocument", words)
    assert said(iam.put_role_policy, RoleName="asked", PolicyName="some", PolicyDocument=text) == refused
    assert said(iam.create_policy, PolicyName="some", PolicyDocument=text) == refused
    assert iam.list_role_policies(RoleName="asked")["PolicyNames"] == []


# The key of a log group allows CloudWatch Logs.

OWNER = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
USE = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]


def logs_may(groups: str | None = None, service: str = f"logs.{REGION}.amazonaws.com", use: Any = USE) -> Statement:
    of_groups = {"Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}} if groups else {}
    return allow(use, "*", Principal={"Service": service}, **of_groups)


def encrypted(*statements: Statement, **group: Any) -> Resources:
    key = {"KeyPolicy": document(OWNER, *statements)}
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": key},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}} | group},
    }


def refusal_of_key(group: str) -> str:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    return f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([], id="owner-only"),
        pytest.param([logs_may(service="logs.amazonaws.com")], id="no-region"),
        pytest.param([logs_may(service="logs.eu-west-1.amazonaws.com")], id="other-region"),
        pytest.param([logs_may(use="kms:Describe*")], id="not-used"),
        pytest.param([logs_may(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:other")], id="other-group"),
        pytest.param([logs_may(), logs_may() | {"Effect": "Deny"}], id="denied"),
    ],
)
def test_log_group_whose_key_does_not_allow_logs_is_refused(
    stacks: Stacks, request: pytest.FixtureRequest, statements: list[Statement]
) -> None:
    name = f"key-{request.node.callspec.id}"
    resources = encrypted(*statements, LogGroupName=f"/logs/{name}")
    assert stacks.deploy(name, resources) == "ROLLBACK_COMPLETE"
    assert stacks.failures(name) == {"Group": refusal_of_key(f"/logs/{name}")}


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(logs_may(), id="any-group"),
        pytest.param(logs_may(f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/logs/*"), id="this-group"),
        pytest.param(
            logs_may(use=["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]), id="grant"
        ),
    ],
)
def test_log_group_whose_key_allows_logs_is_made(
    stacks: Stacks, request: pytest.FixtureRequest, statement: Statement
) -> None:
    name = f"open-{request.node.callspec.id}"
    assert stacks.deploy(name, encrypted(statement, LogGroupName=f"/logs/{name}")) == "CREATE_COMPLETE"


def test_generated_name_of_a_log_group_begins_with_the_stack_s_and_is_the_one_that_the_key_is_asked_for(
    stacks: Stacks,
) -> None:
    mine, other = (f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}-*" for name in ("unnamed", "another"))
    assert stacks.deploy("unnamed", encrypted(logs_may(mine))) == "CREATE_COMPLETE"
    (group,) = stacks.clients["logs"].describe_log_groups(logGroupNamePrefix="unnamed-Group-")["logGroups"]
    assert group["kmsKeyId"]
    assert stacks.deploy("unnamed", encrypted(logs_may(mine), RetentionInDays=1)) == "UPDATE_COMPLETE"
    assert stacks.clients["logs"].describe_log_groups(logGroupNamePrefix="unnamed-")["logGroups"] == [
        group | {"retentionInDays": 1}
    ]
    assert stacks.deploy("elsewhere", encrypted(logs_may(other))) == "ROLLBACK_COMPLETE"
    assert stacks.failures("elsewhere")["Group"].startswith(refusal_of_key("elsewhere-Group-").rstrip("'"))


def test_key_that_a_log_group_is_given_later_is_asked_too(stacks: Stacks) -> None:
    plain = encrypted(LogGroupName="/logs/later", KmsKeyId=NOTHING)
    assert stacks.deploy("later", plain) == "CREATE_COMPLETE"
    assert stacks.deploy("later", encrypted(LogGroupName="/logs/later")) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures("later") == {"Group": refusal_of_key("/logs/later")}


def test_create_log_group_asks_the_key_and_refuses_one_that_does_not_exist(stacks: Stacks) -> None:
    kms, logs = stacks.clients["kms"], stacks.clients["logs"]
    closed, open_ = (
        kms.create_key(Policy=json.dumps(document(OWNER, *more)))["KeyMetadata"]["Arn"] for more in ((), (logs_may(),))
    )
    refused = ("AccessDeniedException", refusal_of_key("/by/hand"))
    assert said(logs.create_log_group, logGroupName="/by/hand", kmsKeyId=closed) == refused
    missing = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    assert said(logs.create_log_group, logGroupName="/by/hand", kmsKeyId=missing) == refused
    logs.create_log_group(logGroupName="/by/hand", kmsKeyId=open_)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/by/hand")["logGroups"]
    assert group["kmsKeyId"] == open_


# Lambda looks at the role before it makes a function in a network.

EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
NETWORK = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
PLACES = [f"{EC2}:network-interface/*", f"{EC2}:subnet/subnet-1", f"{EC2}:security-group/sg-1"]
CREATE, DELETE, DESCRIBE = (
    f"ec2:{name}" for name in ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces")
)
MAY_ALL = [allow(CREATE, PLACES), allow([DELETE, DESCRIBE], "*")]


def refusal_of_role(action: str) -> str:
    return f"The provided execution role does not have permissions to call {action.removeprefix('ec2:')} on EC2"


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        pytest.param([], CREATE, id="nothing"),
        pytest.param([allow([DELETE, DESCRIBE], "*")], CREATE, id="no-create"),
        pytest.param([allow(CREATE, PLACES[:1]), allow([DELETE, DESCRIBE], "*")], CREATE, id="no-subnet"),
        pytest.param([allow([CREATE, DELETE], "*")], DESCRIBE, id="no-describe"),
        pytest.param([allow([CREATE, DELETE], "*"), allow(DESCRIBE, PLACES)], DESCRIBE, id="describe-some"),
        pytest.param([allow([CREATE, DESCRIBE], "*")], DELETE, id="no-delete"),
        pytest.param([allow([CREATE, DESCRIBE], "*"), allow(DELETE, PLACES)], DELETE, id="delete-interfaces"),
        pytest.param([*MAY_ALL, allow(DELETE, "*") | {"Effect": "Deny"}], DELETE, id="denied"),
    ],
)
def test_function_in_a_network_whose_role_may_not_look_after_interfaces_is_refused(
    stacks: Stacks, request: pytest.FixtureRequest, statements: list[Statement], missing: str
) -> None:
    name = f"network-{request.node.callspec.id}"
    resources = {"Role": role(*statements), "Function": function(**NETWORK)}
    assert stacks.deploy(name, resources) == "ROLLBACK_COMPLETE"
    assert stacks.failures(name) == {"Function": refusal_of_role(missing)}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(role(*MAY_ALL), id="any"),
        pytest.param(role(allow(CREATE, PLACES), allow(DELETE, f"{EC2}:*/*"), allow(DESCRIBE, "*")), id="any-of-ec2"),
        pytest.param(
            role(ManagedPolicyArns=["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]), id="aws"
        ),
    ],
)
def test_function_in_a_network_is_made_when_its_role_may(
    stacks: Stacks, request: pytest.FixtureRequest, given: Resources
) -> None:
    name = f"networked-{request.node.callspec.id}"
    assert stacks.deploy(name, {"Role": given, "Function": function(**NETWORK)}) == "CREATE_COMPLETE"


def test_role_is_looked_at_when_a_function_moves_into_a_network_and_not_when_it_leaves(stacks: Stacks) -> None:
    assert stacks.deploy("moving", {"Role": role(), "Function": function()}) == "CREATE_COMPLETE"
    assert stacks.deploy("moving", {"Role": role(), "Function": function(**NETWORK)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures("moving") == {"Function": refusal_of_role(CREATE)}
    assert stacks.deploy("moving", {"Role": role(*MAY_ALL), "Function": function(**NETWORK)}) == "UPDATE_COMPLETE"
    assert stacks.deploy("moving", {"Role": role(), "Function": function()}) == "UPDATE_COMPLETE"


def test_lambda_refuses_the_role_too(stacks: Stacks) -> None:
    assert stacks.deploy("roles", {"Role": role(RoleName="poor"), "Rich": role(*MAY_ALL, RoleName="rich")}) == (
        "CREATE_COMPLETE"
    )
    aws_lambda = stacks.clients["lambda"]
    given: dict[str, Any] = {
        "FunctionName": "by-hand",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": empty_zip()},
    }
    poor, rich = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("poor", "rich"))
    refused = ("InvalidParameterValueException", refusal_of_role(CREATE))
    assert said(aws_lambda.create_function, Role=poor, **given, **NETWORK) == refused
    aws_lambda.create_function(Role=poor, **given)
    aws_lambda.get_waiter("function_active_v2").wait(FunctionName="by-hand", WaiterConfig=QUICK)
    assert said(aws_lambda.update_function_configuration, FunctionName="by-hand", **NETWORK) == refused
    changed = aws_lambda.update_function_configuration(FunctionName="by-hand", Role=rich, **NETWORK)
    assert changed["VpcConfig"]["SubnetIds"] == ["subnet-1"]


def empty_zip() -> bytes:
    return b"PK\x05\x06" + bytes(18)


# An infrastructure configuration names an instance profile of the account.


def infrastructure(profile: Any, name: str = "profiled") -> Resources:
    return {
        "Type": "AWS::ImageBuilder::InfrastructureConfiguration",
        "Properties": {"Name": name, "InstanceProfileName": profile},
    }


NO_PROFILE = (
    "The value supplied for parameter 'instanceProfileName' is not valid. The provided instance profile does not "
    "exist. Please specify a different instance profile and try again."
)


def test_instance_profile_that_does_not_exist_is_refused(stacks: Stacks) -> None:
    missing = infrastructure("EC2InstanceProfileForImageBuilder", "missing")  # a managed policy's name
    assert stacks.deploy("profile-missing", {"Infrastructure": missing}) == "ROLLBACK_COMPLETE"
    assert stacks.failures("profile-missing") == {"Infrastructure": NO_PROFILE}


def test_instance_profile_is_looked_for_when_it_changes_and_found_when_it_is_there(stacks: Stacks) -> None:
    profile = {
        "Role": role(service="ec2"),
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
    }
    made = profile | {"Infrastructure": infrastructure({"Ref": "Profile"})}
    assert stacks.deploy("profiled", made) == "CREATE_COMPLETE"
    assert stacks.deploy("profiled", made | {"Infrastructure": infrastructure("gone")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.failures("profiled") == {"Infrastructure": NO_PROFILE}
    # It takes a name: the ARN of a profile that is there is none (aws-parallelcluster#2988).
    arn = infrastructure({"Fn::GetAtt": ["Profile", "Arn"]})
    assert stacks.deploy("profiled", made | {"Infrastructure": arn}) == "UPDATE_ROLLBACK_COMPLETE"


def test_instance_profile_is_referred_to_by_its_name_and_goes_with_its_stack(stacks: Stacks) -> None:
    cloudformation, iam = stacks.clients["cloudformation"], stacks.clients["iam"]

    def profiles() -> dict[str, list[str]]:
        listed = iam.list_instance_profiles(PathPrefix="/")["InstanceProfiles"]
        named = (one for one in listed if one["InstanceProfileName"].startswith("referred-"))
        return {one["InstanceProfileName"]: [role["RoleName"] for role in one["Roles"]] for one in named}

    def resources(role_name: str, **properties: Any) -> Resources:
        profile = {"Roles": [{"Ref": role_name}]} | properties
        return {
            "One": role(service="ec2", RoleName="one"),
            "Two": role(service="ec2", RoleName="two"),
            "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": profile},
        }

    def physical_id() -> str:
        found = cloudformation.describe_stack_resource(StackName="referred", LogicalResourceId="Profile")
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    assert stacks.deploy("referred", resources("One")) == "CREATE_COMPLETE"
    generated = physical_id()
    assert profiles() == {generated: ["one"]}
    assert stacks.deploy("referred", resources("Two")) == "UPDATE_COMPLETE"
    assert profiles() == {generated: ["two"]}
    assert stacks.deploy("referred", resources("Two", InstanceProfileName="referred-given")) == "UPDATE_COMPLETE"
    assert (physical_id(), profiles()) == ("referred-given", {"referred-given": ["two"]})
    cloudformation.delete_stack(StackName="referred")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="referred", WaiterConfig=QUICK)
    assert profiles() == {}


# What is replaced in ministack is not a public interface.


def test_what_is_replaced_and_read_in_ministack_has_the_parameters_that_are_used() -> None:
    # In a process of its own: ministack reads its settings when it is imported.
    script = (
        "import inspect, json\n"
        "from ministack.core import iam_evaluator\n"
        "from ministack.services import cloudwatch_logs, eventbridge, iam, kms, lambda_svc\n"
        "from ministack.services.cloudformation import custom_resource, provisioners, stacks\n"
        "used = [\n"
        "    iam_evaluator.evaluate_resource_policy, iam_evaluator.validate_policy_document,\n"
        "    cloudwatch_logs._create_log_group, kms._resolve_key,\n"
        "    lambda_svc._create_function, lambda_svc._update_config,\n"
        "    provisioners._custom_resource_update, provisioners._physical_name, stacks._revert_update,\n"
        "    stacks._resolve_dynamic_references, eventbridge._put_events,\n"
        "]\n"
        "print(json.dumps([\n"
        "    {one.__name__: list(inspect.signature(one).parameters) for one in used},\n"
        "    {name: sorted(provisioners._RESOURCE_HANDLERS[name]) for name in (\n"
        "        'AWS::IAM::InstanceProfile', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role',\n"
        "        'AWS::Lambda::Function', 'AWS::Logs::LogGroup')},\n"
        "    [hasattr(iam, '_instance_profiles'), hasattr(lambda_svc, '_functions'),\n"
        "     hasattr(cloudwatch_logs, '_log_groups'), hasattr(custom_resource, 'invoke_custom_resource')],\n"
        "]))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    parameters, handlers, others = json.loads(printed)
    assert parameters == {
        "evaluate_resource_policy": ["doc", "ctx", "service", "named_only", "direct_only"],
        "validate_policy_document": ["doc"],
        "_create_log_group": ["data"],
        "_resolve_key": ["key_id_or_arn"],
        "_resolve_dynamic_references": ["value", "previous", "reuse_ssm", "reuse_secrets"],
        "_create_function": ["data"],
        "_put_events": ["data", "allow_aws_source"],
        "_update_config": ["name", "data"],
        "_custom_resource_update": [
            "physical_id",
            "old_props",
            "new_props",
            "stack_name",
            "logical_id",
            "resource_type",
        ],
        "_physical_name": ["stack_name", "logical_id", "lowercase", "max_len", "seeded"],
        "_revert_update": [
            "stack_id",
            "stack_name",
            "logical_id",
            "rtype",
            "physical_id",
            "applied_props",
            "previous_props",
            "attrs",
            "record",
        ],
    }
    in_place = {"create", "update", "update_with_logical_id", "delete"}
    assert all(in_place <= set(operations) for operations in handlers.values()), handlers
    assert all(others), others
