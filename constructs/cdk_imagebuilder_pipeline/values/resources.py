"""Properties of resources of the app, rendered with their references kept.

`Stack.resolve` renders a reference as the logical id, or as an import once references between stacks are resolved. What
a reference leads to is lost in both.
"""

from functools import cache, cached_property
from typing import Any, Final

import aws_cdk as cdk
import jsii

MARK: Final = "\0"
"""Encloses the index of a reference in a rendered string. No text of a template has this character."""


class FoundReference:
    """A reference in a value. Each question about it is a round trip to Node.js, and is asked once."""

    def __init__(self, token: Any) -> None:
        self.token: Final = token

    @cached_property
    def target(self) -> Any:
        """The resource or parameter."""
        return self.token.target

    @cached_property
    def attribute(self) -> str:
        """The name of the attribute, or `Ref`."""
        return str(self.token.display_name)

    @cached_property
    def resource_type(self) -> str:
        """The CloudFormation type of the resource; empty for a parameter."""
        kind: Any = type(self.target)
        return _type_of(kind) or str(getattr(self.target, "cfn_resource_type", ""))


@cache
def _type_of(kind: type) -> str:
    """Return the CloudFormation type of an L1's class; empty for other classes."""
    return str(getattr(kind, "CFN_RESOURCE_TYPE_NAME", ""))


def rendered(value: object, scope: Any) -> tuple[Any, list[FoundReference]]:
    """Return a value as JSON, and its references in order: `MARK + index + MARK` stands for each of them.

    Other functions that CloudFormation evaluates stay as they are in a template.
    """
    resolver = _resolver()
    outer, resolver.found = resolver.found, []
    try:
        untyped: Any = resolver  # pyright does not see that it is an ITokenResolver
        resolved = cdk.Tokenization.resolve(value, scope=scope, resolver=untyped, preparing=False)
        return resolved, resolver.found
    finally:
        # A value may be rendered while another is.
        resolver.found = outer


def rendered_properties(resource: Any) -> tuple[dict[str, Any], list[FoundReference]]:
    """Return the properties of a resource as `rendered` does, under the names that its construct uses.

    Raw overrides (`add_property_override`) are not among them: the CDK does not give them out.
    """
    found, references = rendered(resource._cfn_properties, resource)
    return found or {}, references


@cache
def _resolver() -> "_References":
    """Return the one resolver: making it takes two round trips."""
    return _References()


class _References(cdk.DefaultTokenResolver):
    """Resolves every token except references, which it collects."""

    def __init__(self) -> None:
        concatenator: Any = _Join()
        super().__init__(concatenator)
        self.found: list[FoundReference] = []

    def resolve_token(self, t: Any, context: Any, post_processor: Any) -> Any:
        """Return the mark of a reference, or what another token stands for."""
        if not isinstance(t, cdk.Reference):
            return super().resolve_token(t, context, post_processor)
        self.found.append(FoundReference(t))
        return f"{MARK}{len(self.found) - 1}{MARK}"


@jsii.implements(cdk.IFragmentConcatenator)
class _Join:
    """Joins parts of a string, which may be objects."""

    def join(self, left: Any, right: Any) -> Any:
        """Return the function of CloudFormation that joins them."""
        return {"Fn::Join": ["", [left, right]]}
