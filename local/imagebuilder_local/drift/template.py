"""Reads the template that CloudFormation returns: an object for JSON, a string for YAML."""

from collections.abc import Mapping
from typing import Any

import yaml

from imagebuilder_local.drift.errors import DriftError


class _Loader(yaml.BaseLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads scalars as strings, which is how a custom resource gets them, and the short forms of functions."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            value = None
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def parsed(body: object) -> Mapping[str, Any]:
    """Return the template. DriftError if it is not an object."""
    try:
        template = yaml.load(body, _Loader) if isinstance(body, str) else body  # noqa: S506 (makes no objects)
    except yaml.YAMLError as error:
        raise DriftError(f"the stack's template is not valid YAML: {error}") from error
    if not isinstance(template, Mapping):
        raise DriftError(f"the stack's template must be an object: got {type(template).__name__}")
    return template
