"""Properties of resources of the app, rendered with their references kept.

`Stack.resolve` renders a reference as the logical id, or as an import once references between stacks are resolved. What
a reference leads to is lost in both.
"""

import re
from functools import cache, cached_property
from typing import Any, Final

import aws_cdk as cdk
import jsii

from cdk_imagebuilder_pipeline.values.references import IMAGE_BUILDER, know, known, known_attribute
from cdk_imagebuilder_pipeline.values.tokens import is_token

MARK: Final = "\0"
"""Encloses the index of a reference in a rendered string. No text of a template has this character."""
_MARKED: Final = re.compile(f"{MARK}([0-9]+){MARK}")


class FoundReference:
    """A reference in a value. Each question about it is a round trip to Node.js, and is asked once."""

    def __init__(self, token: Any, target: Any = None, attribute: str = "", *, is_fixed: bool = True) -> None:
        """Take a token, or its text with the resource and the attribute that are known already.

        `is_fixed`: its text always stands for it. That of a `Lazy` may stand for another one later.
        """
        self.token: Final = token
        self.is_fixed: Final = is_fixed
        self._target = target
        self._attribute = attribute

    @cached_property
    def target(self) -> Any:
        """The resource or parameter."""
        return self.token.target if self._target is None else self._target

    @cached_property
    def attribute(self) -> str:
        """The name of the attribute, or `Ref`."""
        return self._attribute or str(self.token.display_name)

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
    found: list[FoundReference] = []
    value = _with_known(value, found)
    if _is_plain(value):
        return value, found
    resolver = _resolver()
    outer, resolver.found = resolver.found, found
    try:
        untyped: Any = resolver  # pyright does not see that it is an ITokenResolver
        resolved = cdk.Tokenization.resolve(value, scope=scope, resolver=untyped, preparing=False)
        _learn(value, resolved, found)
        return resolved, found
    finally:
        # A value may be rendered while another is.
        resolver.found = outer


def _with_known(value: Any, found: list[FoundReference]) -> Any:
    """Return a value with the references that are known replaced, and add them to `found`.

    Members without a value are left out, as the CDK does.
    """
    match value:
        case str():
            resource = known(value)
            if resource is None:
                return value
            found.append(FoundReference(value, resource, known_attribute(value, resource)))
            return f"{MARK}{len(found) - 1}{MARK}"
        case dict():
            return {name: _with_known(one, found) for name, one in value.items() if one is not None}
        case list():
            return [_with_known(one, found) for one in value if one is not None]
        case _:
            return value


def _learn(value: Any, resolved: Any, found: list[FoundReference]) -> None:
    """Remember the strings that refer to a resource of the service: its user is read more than once."""
    match value, resolved:
        case str(), str() if value != resolved and (mark := _MARKED.fullmatch(resolved)):
            reference = found[int(mark[1])]
            if reference.is_fixed and reference.resource_type.startswith(IMAGE_BUILDER):
                know(value, reference.target, reference.attribute)
        case dict(), dict():
            for name in value.keys() & resolved.keys():
                _learn(value[name], resolved[name], found)
        case list(), list() if len(value) == len(resolved):
            for one, other in zip(value, resolved, strict=True):
                _learn(one, other, found)


def _is_plain(value: Any) -> bool:
    """Return whether a value has no token. A number may be one: it is asked for."""
    match value:
        case str():
            return not is_token(value)
        case dict():
            return all(isinstance(name, str) and _is_plain(name) and _is_plain(one) for name, one in value.items())
        case list():
            return all(map(_is_plain, value))
        case _:
            return isinstance(value, bool)


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
        self._depth = 0

    def resolve_token(self, t: Any, context: Any, post_processor: Any) -> Any:
        """Return the mark of a reference, or what another token stands for."""
        if not isinstance(t, cdk.Reference):
            self._depth += 1
            try:
                return super().resolve_token(t, context, post_processor)
            finally:
                self._depth -= 1
        self.found.append(FoundReference(t, is_fixed=not self._depth))
        return f"{MARK}{len(self.found) - 1}{MARK}"


@jsii.implements(cdk.IFragmentConcatenator)
class _Join:
    """Joins parts of a string, which may be objects."""

    def join(self, left: Any, right: Any) -> Any:
        """Return the function of CloudFormation that joins them."""
        return {"Fn::Join": ["", [left, right]]}
