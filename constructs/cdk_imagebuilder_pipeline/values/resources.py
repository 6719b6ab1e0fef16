"""Properties of resources of the app, rendered with their references kept.

`Stack.resolve` renders a reference as the logical id, or as an import once references between stacks are resolved. What
a reference leads to is lost in both.
"""

from typing import Any, Final

import aws_cdk as cdk
import jsii

MARK: Final = "\0"
"""Encloses the index of a reference in a rendered string. No text of a template has this character."""


def rendered(value: object, scope: Any) -> tuple[Any, list[Any]]:
    """Return a value as JSON, and its references in order: `MARK + index + MARK` stands for each of them.

    Other functions that CloudFormation evaluates stay as they are in a template.
    """
    resolver = _References()
    untyped: Any = resolver  # pyright does not see that it is an ITokenResolver
    found = cdk.Tokenization.resolve(value, scope=scope, resolver=untyped, preparing=False)
    return found, resolver.found


def rendered_properties(resource: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the properties of a resource as `rendered` does, under the names that its construct uses.

    Raw overrides (`add_property_override`) are not among them: the CDK does not give them out.
    """
    found, references = rendered(resource._cfn_properties, resource)
    return found or {}, references


class _References(cdk.DefaultTokenResolver):
    """Resolves every token except references, which it collects."""

    def __init__(self) -> None:
        concatenator: Any = _Join()
        super().__init__(concatenator)
        self.found: list[Any] = []

    def resolve_token(self, t: Any, context: Any, post_processor: Any) -> Any:
        """Return the mark of a reference, or what another token stands for."""
        if not cdk.Reference.is_reference(t):
            return super().resolve_token(t, context, post_processor)
        self.found.append(t)
        return f"{MARK}{len(self.found) - 1}{MARK}"


@jsii.implements(cdk.IFragmentConcatenator)
class _Join:
    """Joins parts of a string, which may be objects."""

    def join(self, left: Any, right: Any) -> Any:
        """Return the function of CloudFormation that joins them."""
        return {"Fn::Join": ["", [left, right]]}
