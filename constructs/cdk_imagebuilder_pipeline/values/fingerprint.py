"""Fingerprint of what a pipeline builds: a hash of what is known at synth, and the values that are known at deploy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk

_DIGITS: Final = 32
"""Hexadecimal digits of the hash. A trigger has 256 characters at most: the rest is for values known at deploy."""

BETWEEN: Final = "+"
"""Joins the values: allowed in the value of a tag, and in few ids and ARNs."""


@dataclass(frozen=True)
class Later:
    """A value that is known at deploy."""

    key: str
    """Is equal for equal expressions."""
    text: str
    """The expression, as a string with a token."""
    stack: cdk.Stack
    """The stack whose template has the expression."""


@dataclass(frozen=True)
class Fingerprint:
    """What is known of a resource, or of a pipeline."""

    digest: str
    laters: tuple[Later, ...]
    properties: Mapping[str, Any]
    resource_type: str
    followed: tuple["Fingerprint", ...]
    """The resources of EC2 Image Builder that it refers to."""
    others: frozenset[str] = frozenset()
    """The types of the other resources that it refers to."""

    def reached(self) -> Iterator["Fingerprint"]:
        """Yield this one and every resource that it refers to, also through others."""
        yield self
        for one in self.followed:
            yield from one.reached()

    def refers_to(self, types: frozenset[str]) -> bool:
        """Return whether it refers to a resource of other types, also through resources of EC2 Image Builder."""
        return any(one.others & types for one in self.reached())

    def trigger(self, stack: cdk.Stack) -> str:
        """Return the hash, with the values of this stack that are known at deploy joined to it.

        Values that only the template of another stack has are left out: each would need an export of its own.
        """
        values = [later.text for later in self.laters if later.stack is stack]
        return cdk.Fn.join(BETWEEN, [self.digest[:_DIGITS], *values]) if values else self.digest[:_DIGITS]
