"""ministack's IAM for the emulator. Import it after ministack's settings are in the environment.

The parts of ministack used here are not a public interface: its version is pinned, and tests cover allow and deny.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from ministack.core.iam_evaluator import AuthError, EvalContext, evaluate, resolve_principal
from ministack.core.responses import get_region, request_scope
from ministack.services import iam

from imagebuilder_local.emulator import ServiceError, access_denied

_SERVICE = "imagebuilder.amazonaws.com"
_SERVICE_LINKED_PATH = f"/aws-service-role/{_SERVICE}/"


class MinistackIam:
    """Evaluates the policies of a caller in ministack: a role, with its boundary and session, or a user.

    The root user, with the access key of the local cloud's owner, is allowed everything. `region` None means the Region
    of ministack's request.
    """

    def __init__(self, region: str | None, account: str) -> None:
        self._region = region
        self._account = account

    def require(self, access_key: str, action: str, resource: str, context: Mapping[str, str | list[str]]) -> None:
        """Require that the caller is allowed the action. ServiceError if not, or if the access key is unknown."""
        principal = resolve_principal(access_key, self._account)
        if isinstance(principal, AuthError):
            raise ServiceError(principal.code, principal.message)
        if principal.policies is None:
            return
        question = EvalContext(
            principal_arn=principal.arn,
            principal_type=principal.type,
            principal_account=principal.account,
            action=action,
            resource_arn=resource,
            region=self._region or get_region(),
            secure_transport=True,
            # Condition keys are case-insensitive. A request without tags has no aws:TagKeys.
            service_context={"aws:tagkeys": None} | {key.lower(): value for key, value in context.items()},
            principal_keys=principal.keys,
        )
        if evaluate(question, principal.policies, *principal.limits).decision != "Allow":
            raise access_denied(principal.arn, action, resource)

    def has_service_linked_role(self) -> bool:
        """Return whether the account has Image Builder's service-linked role."""
        with self._scope():
            return any(role.get("Path") == _SERVICE_LINKED_PATH for role in iam._roles.values())

    def make_service_linked_role(self) -> None:
        """Create the role. ministack derives its name from the service name and spells it `…ForImagebuilder`."""
        with self._scope():
            iam._create_service_linked_role({"AWSServiceName": _SERVICE})

    def has_instance_profile(self, name: str) -> bool:
        """Return whether the account has an instance profile of this name."""
        with self._scope():
            return name in iam._instance_profiles

    def _scope(self) -> AbstractContextManager[None]:
        # The emulator's threads have no request of ministack, whose stores belong to accounts.
        scope: AbstractContextManager[None] = request_scope(self._account, self._region or get_region())
        return scope
