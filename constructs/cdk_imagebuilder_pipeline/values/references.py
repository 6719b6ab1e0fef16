"""What a text with tokens refers to."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.values.tokens import is_token
from imagebuilder_model import DYNAMIC_REFERENCE, is_dynamic_reference

_SLASH: Final = re.compile(rf"{DYNAMIC_REFERENCE.pattern}|/")
_ITSELF: Final = frozenset({"Ref", "Arn"})


class Reference(NamedTuple):
    """A resource of the app that a text stands for."""

    resource: Any
    attribute: str

    @property
    def resource_type(self) -> str | None:
        """The type of the resource, None for what is no resource, as a parameter."""
        found = getattr(self.resource, "cfn_resource_type", None)
        return found if isinstance(found, str) else None


def reference_in(text: str) -> Reference | None:
    """Return what a text refers to if it is one reference and nothing else."""
    if not is_token(text):
        return None
    fragments = cdk.Tokenization.reverse_string(text)
    token: Any = fragments.first_token if fragments.length == 1 else None
    if token is None or not cdk.Reference.is_reference(token):
        return None
    return Reference(token.target, token.display_name)


def is_arn_of_resource(text: str) -> bool:
    """Return whether a text is the ARN of one resource of Image Builder in the app: it has numbers for a version.

    Other attributes of a recipe have not: `LatestVersion.Major` is an ARN that ends in `1.x.x`.
    """
    found = reference_in(text)
    resource_type = found.resource_type if found is not None and found.attribute in _ITSELF else None
    return (resource_type or "").startswith("AWS::ImageBuilder::")


def slashes_in(text: str) -> list[int]:
    """Return where the slashes are that divide a text: those in the name of a dynamic reference's parameter do not."""
    return [found.start() for found in _SLASH.finditer(text) if found[0] == "/"]


class Resolver:
    """What the texts of a stack resolve to. Each question to the CDK is a message to its Node process and back."""

    def __init__(self, stack: cdk.Stack) -> None:
        self.stack = stack
        self._known: dict[str, Any] = {}

    def resolve_together(self, texts: Iterable[str]) -> None:
        """Ask for many texts in one message."""
        new = [text for text in dict.fromkeys(texts) if is_token(text) and text not in self._known]
        if new:
            self._known |= zip(new, self.stack.resolve(new), strict=True)

    def resolve(self, text: str) -> Any:
        """Return a text as a template has it."""
        if not is_token(text):
            return text
        if text not in self._known:
            self._known[text] = self.stack.resolve(text)
        return self._known[text]

    def has_dynamic_reference(self, text: str) -> bool:
        """Return whether CloudFormation sees a dynamic reference when it evaluates the functions of a text."""
        return is_dynamic_reference(json.dumps(self.resolve(text)))
