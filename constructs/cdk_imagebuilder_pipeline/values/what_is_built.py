"""Reads what a pipeline builds: hashes what is known at synth, and collects the values that are known at deploy.

A reference to a resource of EC2 Image Builder is followed: the resource's content counts, and not its place in the app.
A reference to anything else is a value that is known at deploy. It is joined to the hash, so that its change counts.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.values.fingerprint import BETWEEN, Fingerprint, Later
from cdk_imagebuilder_pipeline.values.references import IMAGE_BUILDER
from cdk_imagebuilder_pipeline.values.resources import MARK, FoundReference, rendered, rendered_properties

INFRASTRUCTURE: Final = f"{IMAGE_BUILDER}InfrastructureConfiguration"
DISTRIBUTION: Final = f"{IMAGE_BUILDER}DistributionConfiguration"
COMPONENT: Final = f"{IMAGE_BUILDER}Component"

_OF_INFRASTRUCTURE: Final = frozenset({"name"})
"""The properties that its ARN is made of. Its instance types and networks are where an image is built, not what."""

_NOT_BUILT: Final = frozenset({"description", "tags"})
"""Properties of a resource itself that are in no image. Those of an AMI are deeper in a distribution."""

_PURE: Final = frozenset(
    f"Fn::{name}" for name in ("Base64", "Cidr", "GetAZs", "Join", "Length", "Select", "Split", "ToJsonString")
)
"""Functions whose result depends on their arguments alone, so that the values in these are enough."""

_REFERENCE: Final = re.compile(f"{MARK}([0-9]+){MARK}")
_VARIABLE: Final = re.compile(r"\$\{([^!}][^}]*)\}")
_PSEUDO: Final = "AWS::"
"""Begins the names of pseudo parameters, which a stack keeps."""


class Fingerprints:
    """Fingerprints of an app. Each resource is read once."""

    def __init__(self) -> None:
        self._known: dict[Any, Fingerprint] = {}
        self._of_values: dict[tuple[str, cdk.Stack], Fingerprint] = {}

    def forget(self) -> None:
        """Forget everything: resources may change until the app is synthesised."""
        self._known.clear()
        self._of_values.clear()

    def of(self, value: object, stack: cdk.Stack) -> Fingerprint:
        """Return the fingerprint of a value with tokens in its strings, that stands in a stack."""
        key = (json.dumps(value, sort_keys=True, default=id), stack)
        if key not in self._of_values:
            self._of_values[key] = self._made(*rendered(value, stack), lambda: stack, "")
        return self._of_values[key]

    def of_resource(self, resource: Any, resource_type: str) -> Fingerprint:
        """Return the fingerprint of a resource, an L1."""
        if resource not in self._known:
            properties, references = rendered_properties(resource)
            self._known[resource] = self._made(
                properties, references, lambda: resource.stack, resource_type, _counted(properties, resource_type)
            )
        return self._known[resource]

    def _made(
        self,
        properties: Any,
        references: list[FoundReference],
        stack: Callable[[], cdk.Stack],
        resource_type: str,
        counted: Any = None,
    ) -> Fingerprint:
        walk = _Walk(self, references, stack)
        content = [resource_type, walk.content(properties if counted is None else counted)]
        digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        others = frozenset(reference.resource_type for reference in references)
        return Fingerprint(digest, tuple(walk.laters.values()), properties, resource_type, tuple(walk.followed), others)


def _counted(properties: Mapping[str, Any], resource_type: str) -> dict[str, Any]:
    if resource_type == INFRASTRUCTURE:
        return {name: value for name, value in properties.items() if name.lower() in _OF_INFRASTRUCTURE}
    return {name: value for name, value in properties.items() if name.lower() not in _NOT_BUILT}


@dataclass
class _Walk:
    """Goes through a rendered value: returns what is hashed, and collects what is not known at synth."""

    fingerprints: Fingerprints
    references: list[FoundReference]
    stack_of: Callable[[], cdk.Stack]
    laters: dict[str, Later] = field(default_factory=dict)
    followed: list[Fingerprint] = field(default_factory=list)

    @cached_property
    def stack(self) -> cdk.Stack:
        """The stack whose template has the value. Only values that are known at deploy need it."""
        return self.stack_of()

    def content(self, value: Any) -> Any:
        match value:
            case str():
                pieces = _REFERENCE.split(value)
                return [self._reference(int(one)) if index % 2 else one for index, one in enumerate(pieces)]
            case Mapping() if _is_function(value):
                return self._function(value)
            case Mapping():
                return {str(name): self.content(value[name]) for name in sorted(value)}
            case list():
                return {"list": [self.content(item) for item in value]}
            case _:
                return {"value": value}

    def _function(self, value: Mapping[str, Any]) -> Any:
        match value:
            case {"Ref": str(name)} if name.startswith(_PSEUDO):
                return value
            case {"Fn::If": [str(name), if_true, if_false]}:
                return self._choice(name, if_true, if_false)
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), Mapping() as variables]}:
                return self._substituted(text, variables)
        ((name, arguments),) = value.items()
        return {name: self.content(arguments)} if name in _PURE else self._later(value)

    def _reference(self, index: int) -> Any:
        found = self.references[index]
        target, attribute, reference = found.target, found.attribute, found.token
        if found.resource_type.startswith(IMAGE_BUILDER):
            fingerprint = self.fingerprints.of_resource(target, found.resource_type)
            self.followed.append(fingerprint)
            return {"attribute": attribute, "of": fingerprint.digest, "with": [*map(self._add, fingerprint.laters)]}
        if attribute == "Arn":
            # It changes with the resource's id, which is shorter.
            attribute, reference = "Ref", getattr(target, "ref", reference)
        path = target.node.path
        return self._add(Later(f"{path}.{attribute}", _as_text(reference), self.stack))

    def _choice(self, name: str, if_true: Any, if_false: Any) -> Any:
        """Return the content of both branches, and keep which one is taken, and the values in it.

        A branch may refer to resources that are not made without its condition, so their values stay in it.
        """
        walks = [_Walk(self.fingerprints, self.references, self.stack_of) for _ in range(2)]
        contents = [walk.content(branch) for walk, branch in zip(walks, (if_true, if_false), strict=True)]
        texts = [
            cdk.Fn.join(BETWEEN, [str(index), *(one.text for one in walk.laters.values() if one.stack is self.stack)])
            for index, walk in enumerate(walks)
        ]
        self.followed += [one for walk in walks for one in walk.followed]
        key = json.dumps(["Fn::If", name, *(list(walk.laters) for walk in walks)])
        choice = cdk.Token.as_string(cdk.Fn.condition_if(name, *texts))
        return {"of": contents, "by": self._add(Later(key, choice, self.stack))}

    def _substituted(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Return the content of `Fn::Sub`: its text may be as long as a component."""
        used = dict.fromkeys(_VARIABLE.findall(text))
        names = [name for name in used if name not in variables and not name.startswith(_PSEUDO)]
        values = {name: self._later(_expression(name)) for name in names}
        return {"text": text, "values": values, "given": self.content(dict(variables)) if variables else None}

    def _later(self, expression: Mapping[str, Any]) -> Any:
        key = json.dumps(self._with_paths(expression), sort_keys=True)
        text = cdk.Token.as_string(self._with_tokens(expression))
        return self._add(Later(key, text, self.stack))

    def _with_paths(self, value: Any) -> Any:
        def path(found: re.Match[str]) -> str:
            reference = self.references[int(found[1])]
            return f"{reference.target.node.path}.{reference.attribute}"

        return _mapped(value, lambda text: _REFERENCE.sub(path, text))

    def _with_tokens(self, value: Any) -> Any:
        return _mapped(
            value, lambda text: _REFERENCE.sub(lambda found: _as_text(self.references[int(found[1])].token), text)
        )

    def _add(self, later: Later) -> int:
        """Return the place of a value among all."""
        self.laters.setdefault(later.key, later)
        return list(self.laters).index(later.key)


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and all(name == "Ref" or name.startswith("Fn::") for name in value)


def _expression(name: str) -> dict[str, Any]:
    """Return what a variable of `Fn::Sub` stands for."""
    resource, _, attribute = name.partition(".")
    return {"Fn::GetAtt": [resource, attribute]} if attribute else {"Ref": resource}


def _as_text(reference: Any) -> str:
    if isinstance(reference, str):
        return reference
    if getattr(reference, "type_hint", None) == cdk.ResolutionTypeHint.STRING_LIST:
        return cdk.Fn.join(",", cdk.Token.as_list(reference))
    return cdk.Token.as_string(reference)


def _mapped(value: Any, change: Any) -> Any:
    """Return a JSON value with each string in it changed."""
    match value:
        case str():
            return change(value)
        case Mapping():
            return {name: _mapped(item, change) for name, item in value.items()}
        case list():
            return [_mapped(item, change) for item in value]
        case _:
            return value
