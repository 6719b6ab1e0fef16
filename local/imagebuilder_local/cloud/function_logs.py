"""A function's log is written by its role, as in AWS: without permission there is none. To be imported as `iam` is."""

import logging
from collections.abc import Callable
from typing import Any

from ministack.core.lambda_runtime import execution_credentials

from imagebuilder_local.service import Iam, ServiceError

_log = logging.getLogger(__name__)

_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def written_by_the_role(emit: Callable[..., None], iam: Iam) -> Callable[..., None]:
    """Return ministack's function that writes a log, made to ask IAM first. It is called in the function's account."""

    def emit_if_allowed(function: dict[str, Any], *arguments: Any, **keywords: Any) -> None:
        configuration = function.get("config") or function
        access_key = execution_credentials(configuration)["AWS_ACCESS_KEY_ID"]
        stream = f"{_group_arn(configuration)}:log-stream:{configuration['FunctionName']}"
        try:
            for action in _ACTIONS:
                iam.require(access_key, action, stream, {})
        except ServiceError as error:
            _log.warning("a function's log is lost: %s", error.message)
        else:
            emit(function, *arguments, **keywords)

    return emit_if_allowed


def _group_arn(configuration: dict[str, Any]) -> str:
    _, partition, _, region, account, _ = configuration["FunctionArn"].split(":", 5)
    name = configuration["FunctionName"]
    group = (configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    return f"arn:{partition}:logs:{region}:{account}:log-group:{group}"
