"""Errors of EC2 Image Builder and of the way to it."""

from typing import Final

import botocore.exceptions
from botocore.exceptions import ClientError, HTTPClientError

CONNECTION_ERRORS: Final = (HTTPClientError, botocore.exceptions.ConnectionError)
"""What botocore raises when no response came: two families, with nothing narrower in common."""


def error_code(error: BaseException) -> str:
    """Return the service's code for an error, empty when the service did not send it."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def is_gone(error: BaseException) -> bool:
    """Return whether the service says that something does not exist, which may be what a request refers to."""
    return error_code(error) == "ResourceNotFoundException"


def is_denied(error: BaseException) -> bool:
    """Return whether the function's role lacks the permission."""
    return error_code(error) in {"AccessDeniedException", "ForbiddenException"}
