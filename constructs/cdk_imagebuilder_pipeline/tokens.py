"""Values that are not known before the deployment."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk

_MARK: Final = "{Token["
"""What every token in a text has in it."""


def is_unresolved(value: object) -> bool:
    """Tell whether a value is, or contains, a CDK token: no check can judge it yet."""
    match value:
        case bool() | None | Mapping():
            return False
        case str() if _MARK not in value:
            # Nearly every text, and each question to the CDK is a message to its Node process and back.
            return False
        case str() | int() | float():
            return cdk.Token.is_unresolved(value)
        case list() | tuple():
            # A token in the place of a whole list is a list of one encoded string.
            return len(value) == 1 and isinstance(value[0], str) and cdk.Token.is_unresolved(list(value))
        case _:
            # IResolvable is a protocol without run-time checks, so this is how to know one.
            return callable(getattr(value, "resolve", None))


def attribute_or_itself(value: object, *path: str) -> object:
    """Return the attribute of a CDK object at a path, or the value itself when it has no such attribute.

    A text stays a text, and what is neither is left for the checker to name.
    """
    found = value
    for name in path:
        found = getattr(found, name, None)
    return value if found is None else found
