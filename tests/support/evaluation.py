"""Evaluates the functions of a template as CloudFormation does: dynamic references last, and not in custom resources.

"Dynamic references are resolved after intrinsic functions" (aws-cdk#14476): what splits or compares sees the reference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imagebuilder_model import DYNAMIC_REFERENCE

NO_VALUE = object()
PSEUDO_PARAMETERS = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/Stack/6f2d1c3e",
    "AWS::StackName": "Stack",
    "AWS::URLSuffix": "amazonaws.com",
}


_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]*|\*|aws):.+")


def resources_of(statement: Mapping[str, Any]) -> list[str]:
    """Return the resources of a policy's statement."""
    resource = statement["Resource"]
    return resource if isinstance(resource, list) else [resource]


def assert_iam_takes(statement: Mapping[str, Any]) -> None:
    """Hold that a statement has resources (terraform-aws-modules/terraform-aws-iam#603), and that each is an ARN."""
    listed = resources_of(statement)
    assert listed, f"IAM refuses a statement without resources: {statement}"
    for resource in listed:
        assert resource == "*" or _ARN.fullmatch(resource), f"{resource} is no ARN: {statement}"


@dataclass(frozen=True)
class Deployment:
    """What is known when a template is deployed."""

    references: Mapping[str, str] = field(default_factory=dict)
    """Values of parameters and of `Ref` of resources by name, of attributes by `<name>.<attribute>`."""
    conditions: Mapping[str, bool] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)

    def value(self, value: Any) -> Any:
        """Return a part of a template as the resource gets it."""
        return self._look_up(self._evaluated(value))

    def _evaluated(self, value: Any) -> Any:
        match value:
            case {"Ref": "AWS::NoValue"}:
                return NO_VALUE
            case {"Ref": name}:
                return self._reference(name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._reference(f"{name}.{attribute}")
            case {"Fn::ImportValue": name}:
                return self.exports[self._evaluated(name)]
            case {"Fn::If": [condition, if_true, if_false]}:
                return self._evaluated(if_true if self.conditions[condition] else if_false)
            case {"Fn::Join": [separator, parts]}:
                texts = self._evaluated(parts)
                assert all(isinstance(text, str) for text in texts), f"Fn::Join of {texts}"
                return separator.join(texts)
            case {"Fn::Split": [separator, text]}:
                return self._evaluated(text).split(separator)
            case {"Fn::Select": [index, items]}:
                return self._evaluated(items)[int(index)]
            case dict():
                assert not any(name.startswith("Fn::") for name in value), f"no function that is known: {value}"
                return self._without_absent(value)
            case list():
                return [item for item in map(self._evaluated, value) if item is not NO_VALUE]
            case _:
                return value

    def _without_absent(self, value: dict[str, Any]) -> dict[str, Any]:
        evaluated = {name: self._evaluated(item) for name, item in value.items()}
        return {name: item for name, item in evaluated.items() if item is not NO_VALUE}

    def _reference(self, name: str) -> str:
        known = {**PSEUDO_PARAMETERS, **self.references}
        # What a resource of the stack is called does not matter.
        return known.get(name, f"arn:aws:service:eu-west-1:123456789012:{name.lower()}")

    def _look_up(self, value: Any) -> Any:
        match value:
            case str():
                return DYNAMIC_REFERENCE.sub(lambda found: self.parameter_store[found[0].strip("{}")], value)
            case list():
                return [self._look_up(item) for item in value]
            case dict():
                return {name: self._look_up(item) for name, item in value.items()}
            case _:
                return value
