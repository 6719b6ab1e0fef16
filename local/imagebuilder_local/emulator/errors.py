"""Errors that the service returns."""

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
"""Errors common to all AWS services; service models do not list them (Common Errors of the API reference)."""

_MOST_PROBLEMS = 50
"""Maximum number of problems that an error lists: a body can have a hundred thousand."""


class ServiceError(Exception):
    """An error response of the service: the code that SDKs read, and the message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """HTTP status of the code in the model; 400 for codes that the service sends but does not model."""
        if self.code in _OF_IAM:
            return HTTPStatus.FORBIDDEN
        if self.code == "RequestEntityTooLargeException":
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        shape = load_model().shapes.get(self.code)
        return (shape and shape.http_status) or HTTPStatus.BAD_REQUEST


def invalid_value(operation: str, member: str, why: str) -> ServiceError:
    """Return the error for a member with a value that the service rejects.

    The code and the sentence are those of AWS, although the model does not list the code for these operations:
    boto/boto3#2224 (a pattern), aws/aws-cdk#29910 and hashicorp/terraform-provider-aws#17396 (CreateImagePipeline).
    The response of AWS to a missing member is unverified.
    """
    modelled = "InvalidParameterException" in load_model().operations[operation].errors
    code = "InvalidParameterException" if modelled else "InvalidParameterValueException"
    return ServiceError(code, f"The value supplied for parameter '{member}' is not valid. {why}.")


def invalid_request(operation: str, problems: Sequence[Problem]) -> ServiceError:
    """Return the error for a request in which the checker found problems. The first problem names the member."""
    first = problems[0]
    member = str(first).removesuffix(first.message).rstrip()
    listed = "; ".join(map(str, problems[:_MOST_PROBLEMS]))
    more = len(problems) - _MOST_PROBLEMS
    return invalid_value(operation, member, f"{listed}; +{more} more" if more > 0 else listed)


def access_denied(principal: str, action: str, resource: str) -> ServiceError:
    """Return the error for a caller without a permission.

    The sentence and the status are those of AWS: aws-samples/immutable-server-pipeline#4, aws/aws-parallelcluster#3867.
    """
    message = f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
    return ServiceError("AccessDeniedException", message)


def not_found(arn: str) -> ServiceError:
    """Return the error for a missing resource. Code and status are verified, the sentence is not."""
    return ServiceError("ResourceNotFoundException", f"The resource with ARN '{arn}' cannot be found.")
