"""What the errors of EC2 Image Builder mean for a pipeline of a stack, and the fix for each."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_pipeline_handler.imagebuilder.errors import CONNECTION_ERRORS
from imagebuilder_pipeline_handler.imagebuilder.retry import has_content
from imagebuilder_pipeline_handler.runtime.failure import HandlerError, Reason, failure_of

NO_CONNECTION: Final = Reason(
    "NoConnection",
    "Image Builder could not be reached or did not respond in time",
    "check the function's route to it (VPC, endpoint, proxy, DNS), then deploy again",
)
NO_ANSWER: Final = Reason(
    "NoAnswer",
    "Image Builder sent a response without content, so it is not known what it did",
    "deploy again: what was made is found by its tags",
)

REASONS: Final = (NO_CONNECTION, NO_ANSWER)

_TOO_MANY_CALLS: Final = (
    "too many calls to Image Builder at once, for the whole time of the function",
    "deploy again later or fewer pipelines at once",
)
_WRONG_VALUE: Final = ("Image Builder refuses a value", "correct the property that it names")
_WRONG_REQUEST: Final = ("Image Builder refuses the request", "correct what it names")

ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    "CallRateLimitExceededException": _TOO_MANY_CALLS,
    "TooManyRequestsException": _TOO_MANY_CALLS,
    "5xx": ("Image Builder failed for the whole time of the function", "see the AWS Health Dashboard, deploy again"),
    "ResourceInUseException": (
        "the pipeline was busy for the whole time of the function",
        "wait for its running change, then deploy again",
    ),
    "ResourceDependencyException": (
        "the account lacks what the pipeline needs, such as Amazon Inspector for a scan",
        "activate Amazon Inspector for EC2 or ECR in this Region, then deploy again",
    ),
    "DeleteImagePipeline ResourceDependencyException": (
        "another resource still refers to the pipeline",
        "delete that resource, then delete the stack again",
    ),
    "ResourceAlreadyExistsException": (
        "a pipeline of this name exists, and is gone when looked up",
        "deploy again, or choose another Name",
    ),
    "ResourceNotFoundException": (
        "something that the template refers to does not exist in this account and Region",
        "check the ARNs of recipe, infrastructure, distribution and workflows",
    ),
    "ServiceQuotaExceededException": (
        "the account has reached its quota of pipelines in this Region",
        "ask for more in Service Quotas, EC2 Image Builder, or delete some",
    ),
    "IdempotentParameterMismatchException": (
        "an earlier delivery of this event asked for something else with the same token",
        "deploy again",
    ),
    "AccessDeniedException": (
        "the function's role lacks a permission, or the pipeline belongs to another stack",
        "allow it with the provider's policy, then deploy again",
    ),
    "ForbiddenException": (
        "the function's role lacks a permission, or may not use something that the template refers to",
        "allow it with the provider's policy, then deploy again",
    ),
    "InvalidParameterException": _WRONG_VALUE,
    "InvalidParameterValueException": _WRONG_VALUE,
    "InvalidRequestException": _WRONG_REQUEST,
    "ClientException": _WRONG_REQUEST,
    "other": ("Image Builder refuses the request", "see what it says here, or ask AWS Support with the request id"),
}
"""Meaning and fix of each error code of the service, as docs/reasons.md lists them.

`5xx` stands for those statuses, `other` for other codes. A code with a special meaning for one operation has that
operation's name before it.
"""

_SERVER_ERRORS: Final = range(500, 600)


def require_content(operation: str, response: Mapping[str, Any], arn: str) -> None:
    """Refuse a response that is not the service's own. HandlerError."""
    if not has_content(operation, response):
        raise HandlerError(NO_ANSWER, arn)


def explained(error: Exception, secrets: Collection[str]) -> HandlerError:
    """Return the failure that an error means. Secrets are removed from the messages of others."""
    match error:
        case HandlerError():
            return error
        case ClientError():
            return _of_the_service(error, secrets)
        case _:
            reason = NO_CONNECTION if isinstance(error, CONNECTION_ERRORS) else failure_of(error).reason
            return HandlerError(reason, _without(secrets, f"{type(error).__name__}: {error}"))


def _of_the_service(error: ClientError, secrets: Collection[str]) -> HandlerError:
    details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code = str(details.get("Code") or "unknown error")
    by_status = "5xx" if metadata.get("HTTPStatusCode") in _SERVER_ERRORS else "other"
    keys = (f"{error.operation_name} {code}", code)
    means, fix = ADVICE[next((key for key in keys if key in ADVICE), by_status)]
    request_id = str(metadata.get("RequestId", ""))
    return HandlerError(
        Reason(code, means, fix),
        _without(secrets, str(details.get("Message") or "")),
        facts=f"{error.operation_name}, request id {request_id or 'unknown'}",
        request_id=request_id,
    )


def _without(secrets: Collection[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", text)
    return text
