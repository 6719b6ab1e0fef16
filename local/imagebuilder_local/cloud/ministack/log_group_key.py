"""CloudWatch Logs' check that it may use the key of a log group.

Import it after ministack's settings are in the environment. The parts of ministack replaced and read here are not a
public interface: its version is pinned, and a test checks that each function exists with the parameters used here.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import cloudwatch_logs, kms
from ministack.services.cloudformation import provisioners

from imagebuilder_local.cloud.ministack.provisioner import Change, prepare

_TYPE: Final = "AWS::Logs::LogGroup"
_LONGEST_NAME: Final = 512
# The user guide of CloudWatch Logs lists more actions, which the CDK's `Key.grant_encrypt_decrypt` does not grant.
_USES: Final = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")


def enforce() -> None:
    """Make ministack's CloudWatch Logs reject a key that it is not allowed to use, for all callers."""
    prepare(_TYPE, _prepared)
    cloudwatch_logs._create_log_group = _checked(cloudwatch_logs._create_log_group)


def _prepared(change: Change) -> Mapping[str, Any]:
    # AWS starts generated names of log groups with the stack name, which key policies rely on; ministack does not.
    generated = provisioners._physical_name(change.stack_name, change.logical_id, max_len=_LONGEST_NAME)
    properties: dict[str, Any] = {"LogGroupName": generated, **change.properties}
    key = properties.get("KmsKeyId")
    if key and (change.before is None or change.before.get("KmsKeyId") != key):
        reason = _refusal(key, properties["LogGroupName"])
        if reason is not None:
            raise ValueError(reason)
    return properties


def _checked(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    @wraps(original)
    def create_log_group(data: dict[str, Any]) -> Any:
        key, name = data.get("kmsKeyId"), data.get("logGroupName")
        reason = _refusal(key, name) if key and name and name not in cloudwatch_logs._log_groups else None
        return original(data) if reason is None else error_response_json("AccessDeniedException", reason, 400)

    return create_log_group


def _refusal(key_id: str, log_group_name: str) -> str | None:
    """Return the reason why the service cannot use the key for the log group, None if it can."""
    group = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{log_group_name}"
    key = kms._resolve_key(key_id)
    if key is not None and all(_is_allowed(key, use, group) for use in _USES):
        return None
    # Message: aws/aws-cdk#28304; code: hashicorp/terraform-provider-aws#29282
    return f"The specified KMS key does not exist or is not allowed to be used with Arn '{group}'"


def _is_allowed(key: Mapping[str, Any], action: str, group: str) -> bool:
    service = f"logs.{get_region()}.amazonaws.com"
    question = EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=get_account_id(),
        action=action,
        resource_arn=key["Arn"],
        region=get_region(),
        service_context={"kms:encryptioncontext:aws:logs:arn": group},
    )
    return bool(evaluate_resource_policy(key.get("Policy"), question, service=service).decision == "Allow")
