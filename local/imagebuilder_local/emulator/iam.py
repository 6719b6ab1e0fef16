"""Asks the account's IAM whether a caller may do what it asks for."""

from collections.abc import Mapping
from typing import Any, Protocol

from imagebuilder_local.emulator.errors import ServiceError
from imagebuilder_local.emulator.permissions import Context, needed
from imagebuilder_local.emulator.state import State

_MAKE_ROLE = "iam:CreateServiceLinkedRole"


class Iam(Protocol):
    """The account's IAM, as far as this service needs it. It may be asked from several threads, one at a time."""

    def require(self, access_key: str, action: str, resource: str, context: Context) -> None:
        """Return when the caller with this access key may do it.

        ServiceError when not, or when nobody has the key.
        """
        ...

    def has_service_linked_role(self) -> bool:
        """Return whether the account has the role that the service uses when a pipeline names none."""
        ...

    def make_service_linked_role(self) -> None:
        """Make that role."""
        ...

    def has_instance_profile(self, name: str) -> bool:
        """Return whether the account has an instance profile of this name."""
        ...


def authorize(iam: Iam, access_key: str | None, state: State, operation: str, request: Mapping[str, Any]) -> None:
    """Return when the caller may do everything that the operation needs; ServiceError naming the first that it may not.

    That it is allowed comes before whether the resource exists, as in AWS, so a caller whose permissions depend on a
    resource's tags is refused a resource that is gone. In which order the service asks is unverified.
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
