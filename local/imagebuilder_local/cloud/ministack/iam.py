"""ministack's IAM as the emulator asks it. To be imported when ministack's settings are in the environment.

None of what is used of ministack is a public interface: its version is pinned, and tests deny and allow through it.
"""

from collections.abc import Mapping

from ministack.core.iam_evaluator import AuthError, EvalContext, evaluate, resolve_principal
from ministack.services import iam

from imagebuilder_local.emulator import ServiceError, access_denied

_SERVICE = "imagebuilder.amazonaws.com"
_SERVICE_LINKED_PATH = f"/aws-service-role/{_SERVICE}/"


class MinistackIam:
    """Evaluates the policies that a caller has in ministack: of a role, with its boundary and session, or of a user.

    The account's root, whose access key the local cloud's owner has, may do everything.
    """

    def __init__(self, region: str, account: str) -> None:
        self._region = region
        self._account = account

    def require(self, access_key: str, action: str, resource: str, context: Mapping[str, str | list[str]]) -> None:
        """Return when the caller with this access key may do it; ServiceError when not, or when nobody has the key."""
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
            region=self._region,
            secure_transport=True,
            # Names of condition keys have no case. A request without tags has no aws:TagKeys.
            service_context={"aws:tagkeys": None} | {key.lower(): value for key, value in context.items()},
            principal_keys=principal.keys,
        )
        if evaluate(question, principal.policies, *principal.limits).decision != "Allow":
            raise access_denied(principal.arn, action, resource)

    def has_service_linked_role(self) -> bool:
        """Return whether the account has Image Builder's service-linked role."""
        return any(role.get("Path") == _SERVICE_LINKED_PATH for role in iam._roles.values())

    def make_service_linked_role(self) -> None:
        """Make that role. ministack derives its name from the service's, and so spells it `…ForImagebuilder`."""
        iam._create_service_linked_role({"AWSServiceName": _SERVICE})

    def has_instance_profile(self, name: str) -> bool:
        """Return whether the account has an instance profile of this name."""
        return name in iam._instance_profiles
