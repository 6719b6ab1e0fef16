"""Idempotency tokens: the same request twice has one effect."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_model import load_model


def token_member(operation: str) -> str | None:
    """Return the name of the operation's idempotency token, or None."""
    members = load_model().input_of(operation).members
    return next((name for name, member in members.items() if member.is_idempotency_token), None)


class Tokens:
    """Responses so far, by operation and token.

    The retention time in AWS is unverified; the emulator never removes them.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {}

    def recall(self, operation: str, token: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the first response to this request, even if its resource is deleted; None if the token is new.

        IdempotentParameterMismatchException if the token came with other parameters; its sentence is unverified.
        """
        known = self._answers.get((operation, token))
        if known is None:
            return None
        parameters, answer = known
        if parameters != request:
            raise ServiceError(
                "IdempotentParameterMismatchException",
                f"The client token '{token}' was used before in {operation} with other parameters.",
            )
        return deepcopy(answer)

    def remember(self, operation: str, token: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Keep the response. Errors are not kept: the same token may succeed later."""
        self._answers[operation, token] = (deepcopy(dict(request)), deepcopy(dict(answer)))
