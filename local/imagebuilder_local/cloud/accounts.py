"""Access keys of the root users of further accounts.

An app may name any account, so the cloud has all of them. The key of an account contains the account, and is derived
from the cloud's own secret: only those who have that secret can compute it.
"""

import hashlib
import hmac
import re
from typing import Final, NamedTuple

from imagebuilder_local.cloud.state import State

_KEY: Final = re.compile(r"LOCAL(\d{12})[0-9A-F]{8}")


class Key(NamedTuple):
    """An access key and its secret."""

    access_key_id: str
    secret_access_key: str


def account_key(secret: str, account: str) -> Key:
    """Return the key of the root user of an account, derived from the secret key of the cloud."""

    def derived(purpose: str) -> str:
        return hmac.new(secret.encode(), f"{purpose}:{account}".encode(), hashlib.sha256).hexdigest()

    return Key(f"LOCAL{account}{derived('key')[:8].upper()}", derived("secret")[:40])


def account_in(access_key_id: str) -> str | None:
    """Return the account of a key that `account_key` may have made, None for others."""
    found = _KEY.fullmatch(access_key_id)
    return found[1] if found else None


def key_of(state: State, account: str) -> Key:
    """Return the key of the root user of an account; for the cloud's own account, the cloud's own key."""
    if account == state.account:
        return Key(state.access_key_id, state.secret_access_key)
    return account_key(state.secret_access_key, account)


def account_settings(state: State, account: str) -> dict[str, str]:
    """Return the environment variables with which a client acts as the root user of an account."""
    key = key_of(state, account)
    return {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
