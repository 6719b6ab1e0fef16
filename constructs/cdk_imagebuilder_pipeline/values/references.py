"""Resources that a string with tokens refers to."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.values.tokens import is_token
from imagebuilder_model import DYNAMIC_REFERENCE, is_dynamic_reference

IMAGE_BUILDER: Final = "AWS::ImageBuilder::"
"""Begins the types of the service's resources."""

_SLASH: Final = re.compile(rf"{DYNAMIC_REFERENCE.pattern}|/")
_ITSELF: Final = frozenset({"Ref", "Arn"})


class Reference(NamedTuple):
    """A reference to a resource of the app."""

    resource: Any
    attribute: str

    @property
    def resource_type(self) -> str | None:
        """The CloudFormation type of the resource; None if it is not a resource, such as a parameter."""
        found = getattr(self.resource, "cfn_resource_type", None)
        return found if isinstance(found, str) else None


def reference_in(text: str) -> Reference | None:
    """Return the reference if the string consists of exactly one, else None."""
    if not is_token(text):
        return None
    fragments = cdk.Tokenization.reverse_string(text)
    token: Any = fragments.first_token if fragments.length == 1 else None
    if token is None or not cdk.Reference.is_reference(token):
        return None
    return Reference(token.target, token.display_name)


def is_arn_of_resource(text: str) -> bool:
    """Return whether a text is the ARN of one resource of Image Builder in the app: it has numbers for a version.

    Other attributes of a recipe may have a wildcard version: `LatestVersion.Major` is an ARN that ends in `1.x.x`.
    """
    found = reference_in(text)
    resource_type = found.resource_type if found is not None and found.attribute in _ITSELF else None
    return (resource_type or "").startswith(IMAGE_BUILDER)


def slashes_in(text: str) -> list[int]:
    """Return the positions of slashes in a string, except those inside a dynamic reference."""
    return [found.start() for found in _SLASH.finditer(text) if found[0] == "/"]


def know(text: object, resource: object, attribute: str | None = None) -> None:
    """Remember that a text with a token is a reference to a resource, so that the CDK is not asked.

    `attribute` may be left out for the one that the reference of an L1 names, such as `image_recipe_ref`.
    """
    if isinstance(text, str) and isinstance(resource, cdk.CfnResource):
        _KNOWN[text] = resource
        if attribute is not None:
            _ATTRIBUTES.setdefault(resource, {})[text] = attribute


def known(text: str) -> cdk.CfnResource | None:
    """Return the resource that a text is a reference to, if that is remembered."""
    return _KNOWN.get(text)


def known_attribute(text: str, resource: cdk.CfnResource) -> str:
    """Return the attribute of a reference that is remembered."""
    attribute = _ATTRIBUTES.get(resource, {}).get(text) or _OF_L1S.get(type(resource))
    if attribute is None:
        reference = reference_in(text)
        attribute = _OF_L1S[type(resource)] = "" if reference is None else reference.attribute
    return attribute


_KNOWN: Final[WeakValueDictionary[str, cdk.CfnResource]] = WeakValueDictionary()
_ATTRIBUTES: Final[WeakKeyDictionary[cdk.CfnResource, dict[str, str]]] = WeakKeyDictionary()
_OF_L1S: Final[dict[type, str]] = {}
"""The attribute that the reference of an L1 names, by class."""


class Resolver:
    """Resolves the strings of a stack and caches the results. Each call to the CDK is a round trip to Node.js."""

    def __init__(self, stack: cdk.Stack) -> None:
        self.stack = stack
        self._known: dict[str, Any] = {}

    def resolve_together(self, texts: Iterable[str]) -> None:
        """Resolve many strings in one round trip."""
        new = [text for text in dict.fromkeys(texts) if is_token(text) and not known(text) and text not in self._known]
        if new:
            self._known |= zip(new, self.stack.resolve(new), strict=True)

    def resolve(self, text: str) -> Any:
        """Return a string as it appears in the template; for a known reference, `Ref` with the text as the id."""
        if not is_token(text):
            return text
        if known(text):
            return {"Ref": text}
        if text not in self._known:
            self._known[text] = self.stack.resolve(text)
        return self._known[text]

    def has_dynamic_reference(self, text: str) -> bool:
        """Return whether CloudFormation sees a dynamic reference when it evaluates the functions of a text."""
        return is_dynamic_reference(json.dumps(self.resolve(text)))
