"""The account and the Region of a request, and the service of Image Builder there.

Import it after ministack's settings are in the environment. The parts of ministack used here are not a public
interface: its version is pinned, and a test deploys to several accounts and Regions.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ministack.core.responses import (
    _account_from_sts_session,  # pyright: ignore[reportPrivateUsage]
    get_account_id,
    get_region,
)
from ministack.services import sts

from imagebuilder_local.cloud.accounts import account_in, account_key
from imagebuilder_local.cloud.resource_types import provisioners
from imagebuilder_local.cloud.state import State
from imagebuilder_local.emulator import ImageBuilder, Services

_SCOPE: Final = re.compile(r"\bCredential=(?P<key>[^/,\s]+)/\d+/(?P<region>[^/,\s]+)/")


class Places:
    """Tells which account and Region a request is for: the account of its access key, the Region of its signature."""

    def __init__(self, state: State) -> None:
        self._state = state

    def introduce(self, access_key_id: str) -> None:
        """Make the key of the root user of another account known to ministack's IAM, if it is one."""
        account = account_in(access_key_id)
        if account is None or account == self._state.account or access_key_id in sts._sessions:
            return
        key = account_key(self._state.secret_access_key, account)
        if key.access_key_id == access_key_id:
            root = {"Arn": f"arn:aws:iam::{account}:root", "UserId": account, "AccountId": account}
            sts.register_session(access_key_id, root | {"SecretAccessKey": key.secret_access_key})

    def of(self, authorization: str | None) -> tuple[str, str]:
        """Return account and Region of a signed request; the cloud's own where it has none."""
        scope = _SCOPE.search(authorization or "")
        if scope is None:
            return self._state.account, self._state.region
        return _account_from_sts_session(scope["key"]) or self._state.account, scope["region"]


def provisioners_of(services: Services) -> dict[str, dict[str, Any]]:
    """Return the entries for ministack's table of provisioners, which work in the account and Region of the stack."""
    tables: dict[ImageBuilder, dict[str, dict[str, Any]]] = {}

    def here(name: str, operation: str) -> Callable[..., Any]:
        def operate(*arguments: Any) -> Any:
            service = services.of(get_account_id(), get_region())
            if service not in tables:
                tables[service] = provisioners(service)
            return tables[service][name][operation](*arguments)

        return operate

    known: Mapping[str, Mapping[str, Any]] = provisioners(services.all()[0])
    return {name: {operation: here(name, operation) for operation in known[name]} for name in known}
