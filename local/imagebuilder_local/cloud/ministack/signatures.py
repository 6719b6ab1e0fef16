"""Verification of request signatures. Import it after ministack's settings are in the environment.

ministack accepts requests of the root user without verification of the signature, and some requests without a
signature. On a shared machine, any user could then run code as the user who started the cloud. The parts of ministack
used here are not a public interface: its version is pinned, and tests cover accepted and rejected requests.
"""

import os
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from ministack.core.iam_evaluator import (
    AuthError,
    CredentialResolutionError,
    ResolvedCredential,
    SignedRequest,
    _sigv2_check,  # pyright: ignore[reportPrivateUsage]
    is_root_access_key,
    resolve_credential,
)
from ministack.core.responses import _account_from_sts_session  # pyright: ignore[reportPrivateUsage]
from ministack.core.router import extract_access_key_id
from ministack.core.sigv4 import (
    HeaderSignature,
    header_signature_failure,
    parse_header_signature,
    parse_query_signature,
    presigned_request_is_expired,
    request_time_failure,
)

from imagebuilder_local.emulator import ServiceError

_WAY_OUT: Final = (
    "This local cloud accepts only requests signed with its own access key: `. .local/env` sets it in a shell."
)


class RefusedError(ServiceError):
    """A request is not correctly signed."""

    @property
    def http_status(self) -> int:
        """403 for every code."""
        return HTTPStatus.FORBIDDEN


class Signatures:
    """Verifies that requests are signed with an access key of the local cloud."""

    def __init__(self, account: str, introduce: Callable[[str], None] = lambda _: None) -> None:
        """`introduce` is called with each access key before it is looked up."""
        self._account = account
        self._introduce = introduce

    def require_key(self, target: str, headers: Mapping[str, str]) -> None:
        """Require that the access key in a request exists. This check does not need the body.

        RefusedError if the key is unknown or missing.
        """
        self._credential(headers, _parameters(target))

    def require(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Require a valid signature. RefusedError if the request has none.

        `target` is unchanged as sent. Header names are in lower case.
        """
        path, parameters = target.partition("?")[0], _parameters(target)
        credential = self._credential(headers, parameters)
        if "AWSAccessKeyId" in parameters:
            key = credential.access_key_id
            request = SignedRequest(key, method, path, parameters, dict(headers), sigv2=True, auth_path=path)
            checked = _sigv2_check(request, credential.account_id)
            if isinstance(checked, AuthError):
                raise _refused(checked.code, checked.message)
            return
        presigned = "authorization" not in headers
        signature = parse_query_signature(parameters) if presigned else parse_header_signature(headers)
        if isinstance(signature, tuple):
            raise _refused(*signature)
        failure = _expired(parameters, signature) if presigned else request_time_failure(signature)
        failure = failure or header_signature_failure(
            signature,
            credential.secret_access_key,
            method,
            path,
            parameters,
            headers,
            body,
            presigned=presigned,
        )
        if failure:
            raise _refused(*failure)

    def _credential(self, headers: Mapping[str, str], parameters: dict[str, list[str]]) -> ResolvedCredential:
        key, token = _key_and_token(headers, parameters)
        if not key:
            raise _refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        if key != extract_access_key_id(dict(headers), parameters):
            # ministack would check the permissions of the other key.
            raise _refused("IncompleteSignature", "The request has two access keys")
        # ministack has several well-known access keys for the root user.
        if is_root_access_key(key) and key != os.environ["AWS_ACCESS_KEY_ID"]:
            raise _refused("UnrecognizedClientException", "The security token included in the request is invalid.")
        self._introduce(key)
        found = resolve_credential(key, _account_from_sts_session(key) or self._account, token)
        if isinstance(found, CredentialResolutionError):
            raise _refused(found.code, found.message)
        return found


def _parameters(target: str) -> dict[str, list[str]]:
    return parse_qs(target.partition("?")[2], keep_blank_values=True)


def _key_and_token(headers: Mapping[str, str], parameters: Mapping[str, list[str]]) -> tuple[str, str]:
    if "authorization" in headers:
        signature: Any = parse_header_signature(headers)
        key = signature.access_key_id if isinstance(signature, HeaderSignature) else ""
        return key, headers.get("x-amz-security-token", "")
    if "AWSAccessKeyId" in parameters:
        return parameters["AWSAccessKeyId"][0], parameters.get("x-amz-security-token", [""])[0]
    key = parameters.get("X-Amz-Credential", [""])[0].partition("/")[0]
    return key, parameters.get("X-Amz-Security-Token", [""])[0]


def _expired(parameters: Mapping[str, list[str]], signature: HeaderSignature) -> tuple[str, str] | None:
    try:
        if not presigned_request_is_expired(signature.amz_date, parameters.get("X-Amz-Expires", ["0"])[0]):
            return None
    except ValueError:
        pass
    return "AccessDenied", "Request has expired"


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError(code, f"{message.rstrip('. ')}. {_WAY_OUT}")
