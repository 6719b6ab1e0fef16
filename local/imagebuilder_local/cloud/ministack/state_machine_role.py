"""Step Functions invokes a Lambda function with the role of the state machine, as in AWS.

Import it after ministack's settings are in the environment. The replaced parts of ministack are not a public
interface: its version is pinned, and a test checks what a state machine without the permission does.
"""

import logging
import secrets
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, Final

from ministack.services import lambda_svc, stepfunctions, sts

from imagebuilder_local.emulator import Iam, ServiceError

_log = logging.getLogger(__name__)

_INVOKE: Final = "lambda:InvokeFunction"
_ERROR: Final = "Lambda.AWSLambdaException"

_machine: ContextVar[str] = ContextVar("_machine")
"""The ARN of the state machine whose task runs."""


def enforce(iam: Iam) -> None:
    """Make tasks that invoke a function fail if the state machine's role does not allow it."""
    execute, invoke = stepfunctions._execute_task, stepfunctions._call_lambda

    @wraps(execute)
    def execute_task(state: Any, given: Any, execution: dict[str, Any], context: Any) -> Any:
        token = _machine.set(execution["stateMachineArn"])
        try:
            return execute(state, given, execution, context)
        finally:
            _machine.reset(token)

    @wraps(invoke)
    def call_lambda(function: str, event: Any) -> Any:
        machine = _machine.get()
        _require(iam, machine, stepfunctions._state_machines[machine]["roleArn"], _arn_of(function))
        return invoke(function, event)

    stepfunctions._execute_task, stepfunctions._call_lambda = execute_task, call_lambda


def _require(iam: Iam, machine: str, role: str, function_arn: str) -> None:
    try:
        iam.require(_access_key(machine, role), _INVOKE, function_arn, {})
    except ServiceError as error:
        _log.warning("a state machine could not invoke a function: %s", error.message)
        raise stepfunctions._ExecutionError(_ERROR, error.message) from error


def _arn_of(function: str) -> str:
    _, configuration, _ = lambda_svc._get_func_record_for_ref(function)
    return str(configuration["FunctionArn"]) if configuration else function


@cache
def _access_key(machine: str, role: str) -> str:
    """Return the access key of a session of the role. It leaves this process nowhere."""
    key, account, name = f"ASIA{secrets.token_hex(8).upper()}", machine.split(":")[4], role.rpartition("/")[2]
    session_name = secrets.token_hex(16)
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        "UserId": f"{name}:{session_name}",
        "SecretAccessKey": secrets.token_urlsafe(30),
        "SessionToken": secrets.token_urlsafe(30),
    }
    sts.register_session(key, session)
    return key
