"""Values that are not known when the app runs: the one notion of them, which every check shares.

Four kinds: CDK tokens; the text that a look-up of the CDK returns until it has looked (`dummy-value-for-…`), where who
judges it keeps the CDK from ever looking (aws-cdk#8699); dynamic references; and text that contains one of these.
"""

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk

from imagebuilder_model import is_dynamic_reference

_MARK: Final = "{Token["
"""What every token in a text has in it."""

_LOOK_UP: Final = "dummy-value-for-"
"""What `ssm.StringParameter.value_from_lookup` returns before the look-up, followed by the parameter's name."""


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
            # A token in the place of a whole list is a list of one encoded string.
            return len(value) == 1 and isinstance(value[0], str) and cdk.Token.is_unresolved(list(value))
        case _:
            return is_object(value)


def is_token(text: str) -> bool:
    """Return whether a text contains a CDK token."""
    # Most texts contain none, and each question to the CDK is a message to its Node process and back.
    return _MARK in text and cdk.Token.is_unresolved(text)


def is_look_up(text: str) -> bool:
    """Return whether a text contains the result of a look-up that is still to come. Its template is never deployed."""
    return _LOOK_UP in text


def is_object(value: object) -> bool:
    """Return whether a value is a token in its form as an object, an `IResolvable`."""
    # IResolvable is a protocol without run-time checks, so this is how to know one.
    return callable(getattr(value, "resolve", None)) and callable(getattr(value, "to_string", None))


def as_text(value: object) -> object:
    """Return an `IResolvable` as the text that stands for it, and any other value as it is."""
    resolvable: Any = value
    return cdk.Token.as_string(resolvable) if is_object(value) else value


def text_of(value: Any) -> str:
    """Return a text, or the text that stands for a token in any other form."""
    return value if isinstance(value, str) else cdk.Token.as_string(value)


def attribute_or_itself(value: object, *path: str) -> object:
    """Return the attribute of a CDK object at a path, or the value itself when it has no such attribute.

    A text stays a text, and what is neither is left for the checker to name.
    """
    found = value
    for name in path:
        found = getattr(found, name, None)
    return value if found is None else found
