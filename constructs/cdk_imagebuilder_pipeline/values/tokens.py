"""Detects values that are not known at synth. Every check uses this definition.

There are four kinds: CDK tokens; the placeholder that a CDK lookup returns before it runs (`dummy-value-for-…`), whose
validation would prevent the lookup (aws-cdk#8699); dynamic references; and strings that contain one of these.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk

from imagebuilder_model import is_dynamic_reference

_TOKEN: Final = re.compile(r"\$\{Token\[[a-zA-Z0-9:._-]+\]\}")
"""A token in a string, as the CDK encodes it. Asking the CDK would be a message to its Node process."""

_LOOK_UP: Final = "dummy-value-for-"
"""Prefix of the placeholder that `ssm.StringParameter.value_from_lookup` returns; the parameter's name follows."""


def is_unresolved(value: object) -> bool:
    """Return whether a value is, or contains, something that is not known yet: no check can judge it."""
    match value:
        case bool() | None | Mapping():
            return False
        case str():
            return is_token(value) or is_dynamic_reference(value) or is_look_up(value)
        case int() | float():
            return cdk.Token.is_unresolved(value)
        case list() | tuple():
            # The CDK encodes a list token as a list with one string.
            return len(value) == 1 and isinstance(value[0], str) and cdk.Token.is_unresolved(list(value))
        case _:
            return is_object(value)


def is_token(text: str) -> bool:
    """Return whether a text contains a CDK token."""
    return _TOKEN.search(text) is not None


def is_look_up(text: str) -> bool:
    """Return whether a text contains the result of a look-up that is still to come. Its template is never deployed."""
    return _LOOK_UP in text


def is_object(value: object) -> bool:
    """Return whether a value is a token in its form as an object, an `IResolvable`."""
    # IResolvable is a protocol without run-time checks, so this is how to know one.
    return callable(getattr(value, "resolve", None)) and callable(getattr(value, "to_string", None))


def as_text(value: object) -> object:
    """Encode an `IResolvable` as a string; return any other value unchanged."""
    resolvable: Any = value
    return cdk.Token.as_string(resolvable) if is_object(value) else value


def text_of(value: Any) -> str:
    """Return a string unchanged; encode any other token as a string."""
    return value if isinstance(value, str) else cdk.Token.as_string(value)


def attribute_or_itself(value: object, *path: str) -> object:
    """Return the attribute of a CDK object at a path, or the value itself if it has no such attribute.

    Strings are returned unchanged. The checker reports values of other types.
    """
    found = value
    for name in path:
        found = getattr(found, name, None)
    return value if found is None else found
