"""Authorization of callers by the IAM of the account."""

from collections.abc import Mapping
from typing import Any, Protocol

from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_local.emulator.permissions import Context, needed
from imagebuilder_local.emulator.state import State

_MAKE_ROLE = "iam:CreateServiceLinkedRole"


class Iam(Protocol):
    """The part of the account's IAM that this service needs. Several threads may use it, one at a time."""

    def require(self, access_key: str, action: str, resource: str, context: Context) -> None:
        """Require that the caller with this access key is allowed the action.

        ServiceError if the action is denied or the key is unknown.
        """
        ...

    def has_service_linked_role(self) -> bool:
        """Return whether the account has the service-linked role, which pipelines without a role use."""
        ...

    def make_service_linked_role(self) -> None:
        """Create the service-linked role."""
        ...

    def has_instance_profile(self, name: str) -> bool:
        """Return whether the account has an instance profile of this name."""
        ...


def authorize(iam: Iam, access_key: str | None, state: State, operation: str, request: Mapping[str, Any]) -> None:
    """Require every permission that the operation needs. ServiceError names the first missing one.

    As in AWS, authorization precedes the check that the resource exists. A caller with permissions that depend on
    resource tags is therefore denied access to a deleted resource. The order of the checks in AWS is unverified.
    """
    if access_key is None:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    makes_role = False
    for permission in needed(state, operation, request):
        if permission.action == _MAKE_ROLE:
            if iam.has_service_linked_role():
                continue
            makes_role = True
        iam.require(access_key, *permission)
    if makes_role:
        iam.make_service_linked_role()
