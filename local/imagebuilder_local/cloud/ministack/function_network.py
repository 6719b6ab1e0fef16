"""Lambda's check of the role of a function in a VPC: the role must be able to manage network interfaces.

Import it after ministack's settings are in the environment. The parts of ministack replaced and read here are not a
public interface: its version is pinned, and a test checks that each function exists with the parameters used here.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial, wraps
from typing import Any, Final

from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import lambda_svc

from imagebuilder_local.cloud.ministack.provisioner import Change, prepare
from imagebuilder_local.emulator import Iam, ServiceError

_CODE: Final = "InvalidParameterValueException"


def enforce(iam: Iam) -> None:
    """Make ministack's Lambda reject a role without these permissions, for all callers."""
    prepare("AWS::Lambda::Function", partial(_prepared, iam))
    lambda_svc._create_function = _created(iam, lambda_svc._create_function)
    lambda_svc._update_config = _updated(iam, lambda_svc._update_config)


def _prepared(iam: Iam, change: Change) -> Mapping[str, Any]:
    before = change.before or {}
    if any(before.get(member) != change.properties.get(member) for member in ("VpcConfig", "Role")):
        reason = _refusal(iam, change.properties.get("Role"), change.properties.get("VpcConfig"))
        if reason is not None:
            raise ValueError(reason)
    return change.properties


def _created(iam: Iam, original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    @wraps(original)
    def create_function(data: dict[str, Any]) -> Any:
        reason = _refusal(iam, data.get("Role"), data.get("VpcConfig"))
        return original(data) if reason is None else error_response_json(_CODE, reason, 400)

    return create_function


def _updated(iam: Iam, original: Callable[[str, dict[str, Any]], Any]) -> Callable[[str, dict[str, Any]], Any]:
    @wraps(original)
    def update_config(name: str, data: dict[str, Any]) -> Any:
        reason = None
        if name in lambda_svc._functions and not data.keys().isdisjoint({"VpcConfig", "Role"}):
            after = lambda_svc._functions[name]["config"] | data
            reason = _refusal(iam, after.get("Role"), after.get("VpcConfig"))
        return original(name, data) if reason is None else error_response_json(_CODE, reason, 400)

    return update_config


def _refusal(iam: Iam, role: str | None, network: Mapping[str, Any] | None) -> str | None:
    """Return why Lambda rejects the role of a function in this network, None if it is allowed or without a network."""
    if not role or not network or not network.get("SubnetIds"):
        return None
    # Only the role of the session matters; Lambda's own session names begin with `awslambda`.
    session = {
        "FunctionArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:awslambda",
        "FunctionName": "awslambda",
        "Role": role,
    }
    access_key = execution_credentials(session)["AWS_ACCESS_KEY_ID"]
    for action, resource in _needed(network):
        try:
            iam.require(access_key, f"ec2:{action}", resource, {})
        except ServiceError:
            # Message: amazon-connect-salesforce-lambda#29; code: justinram11/serverless-aws-batch#16
            return f"The provided execution role does not have permissions to call {action} on EC2"
    return None


def _needed(network: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each required action with its resource."""
    ec2 = f"arn:aws:ec2:{get_region()}:{get_account_id()}"
    yield "CreateNetworkInterface", f"{ec2}:network-interface/*"
    for subnet in network["SubnetIds"]:
        yield "CreateNetworkInterface", f"{ec2}:subnet/{subnet}"
    for group in network.get("SecurityGroupIds") or []:
        yield "CreateNetworkInterface", f"{ec2}:security-group/{group}"
    # EC2 supports this action only for all resources.
    yield "DescribeNetworkInterfaces", "*"
    # The interface does not exist yet: `*` and `…:*/*` are sufficient, `…:network-interface/*` is not
    # (hashicorp/terraform-provider-aws#20698).
    yield "DeleteNetworkInterface", f"{ec2}:*/*"
