"""The errors that the service answers with."""

from collections.abc import Sequence
from http import HTTPStatus

from imagebuilder_model import Problem, load_model

_OF_IAM = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
"""Errors that come before any service's own, and are in no service's model (Common Errors of the API reference)."""

_MOST_PROBLEMS = 50
"""That an error lists: a body can hold a hundred thousand."""


class ServiceError(Exception):
    """An error answer of the service: its code, as SDKs know it, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """The status that the model gives the code; 400 for the codes that the service sends and does not model."""
        if self.code in _OF_IAM:
            return HTTPStatus.FORBIDDEN
        if self.code == "RequestEntityTooLargeException":
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        shape = load_model().shapes.get(self.code)
        return (shape and shape.http_status) or HTTPStatus.BAD_REQUEST


def invalid_value(operation: str, member: str, why: str) -> ServiceError:
    """Return the error for a member whose value the service refuses.

    The code and the sentence are the real service's, although its model does not list the code for these operations:
    boto/boto3#2224 (a pattern), aws/aws-cdk#29910 and hashicorp/terraform-provider-aws#17396 (CreateImagePipeline).
    What it sends for a missing member is unverified.
    """
    modelled = "InvalidParameterException" in load_model().operations[operation].errors
    code = "InvalidParameterException" if modelled else "InvalidParameterValueException"
    return ServiceError(code, f"The value supplied for parameter '{member}' is not valid. {why}.")


def invalid_request(operation: str, problems: Sequence[Problem]) -> ServiceError:
    """Return the error for a request that the checker finds problems in. The first names the member."""
    first = problems[0]
    member = str(first).removesuffix(first.message).rstrip()
    listed = "; ".join(map(str, problems[:_MOST_PROBLEMS]))
    more = len(problems) - _MOST_PROBLEMS
    return invalid_value(operation, member, f"{listed}; +{more} more" if more > 0 else listed)


def access_denied(principal: str, action: str, resource: str) -> ServiceError:
    """Return the error for a caller who may not do something.

    Sentence and status are the service's own: aws-samples/immutable-server-pipeline#4, aws/aws-parallelcluster#3867.
    """
    message = f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
    return ServiceError("AccessDeniedException", message)


def not_found(arn: str) -> ServiceError:
    """Return the error for something that is not there. Code and status are known, the sentence is unverified."""
    return ServiceError("ResourceNotFoundException", f"The resource with ARN '{arn}' cannot be found.")
