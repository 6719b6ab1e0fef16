"""Actions that Lambda performs with a function's role, as in AWS: it writes logs and sends failed events to a queue.

A function gets credentials of its role that cannot be guessed.

Import it after ministack's settings are in the environment. The replaced parts of ministack are not a public
interface: its version is pinned, and tests check what is lost without permissions.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from imagebuilder_local.emulator import Iam, ServiceError

_log = logging.getLogger(__name__)

_TO_LOG: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
_SEED: Final = secrets.token_bytes(32)
_TO_LEAVE: Final = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}


def enforce(iam: Iam) -> None:
    """Make ministack's Lambda check IAM. Without permission, logs or events are lost, which the cloud's log reports."""

    def may_log(function: dict[str, Any], *_: object, **__: object) -> bool:
        configuration = function.get("config") or function
        stream = f"{_log_group_arn(configuration)}:log-stream:{configuration['FunctionName']}"
        return _may(iam, configuration, _TO_LOG, stream, "log")

    def may_leave(target_arn: str, name: str, *_: object) -> bool:
        action = _TO_LEAVE.get(target_arn.split(":")[2])
        actions = () if action is None else (action,)
        return _may(iam, lambda_svc._functions[name]["config"], actions, target_arn, "failed event")

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _credentials
    lambda_svc._emit_lambda_logs = _only_if(may_log, lambda_svc._emit_lambda_logs)
    lambda_svc._route_async_failure = _only_if(may_leave, lambda_svc._route_async_failure)


def _credentials(function: dict[str, Any]) -> dict[str, str]:
    """Return stable credentials of a function's role. ministack's own can be derived from the ARNs."""
    function_arn, role_arn = function["FunctionArn"], function.get("Role", "")
    account, role, name = function_arn.split(":")[4], role_arn.rpartition("/")[2], function["FunctionName"][:64]

    def derived(purpose: str) -> str:
        return hmac.new(_SEED, f"{purpose}:{function_arn}:{role_arn}".encode(), hashlib.sha256).hexdigest()

    key, secret, token = f"ASIA{derived('key')[:16].upper()}", derived("secret"), derived("token")
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "UserId": f"{role}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _only_if(allowed: Callable[..., bool], original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def guarded(*arguments: Any, **keywords: Any) -> None:
        if allowed(*arguments, **keywords):
            original(*arguments, **keywords)

    return guarded


def _may(iam: Iam, configuration: dict[str, Any], actions: tuple[str, ...], resource: str, what: str) -> bool:
    access_key = _credentials(configuration)["AWS_ACCESS_KEY_ID"]
    try:
        for action in actions:
            iam.require(access_key, action, resource, {})
    except ServiceError as error:
        _log.warning("a function's %s was lost: %s", what, error.message)
        return False
    return True


def _log_group_arn(configuration: dict[str, Any]) -> str:
    _, partition, _, region, account, _ = configuration["FunctionArn"].split(":", 5)
    named = (configuration.get("LoggingConfig") or {}).get("LogGroup")
    group = named or f"/aws/lambda/{configuration['FunctionName']}"
    return f"arn:{partition}:logs:{region}:{account}:log-group:{group}"
