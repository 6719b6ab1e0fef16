"""Suggestions for unknown keywords: names of the API, of other tools, abbreviations."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Final

from cdk_imagebuilder_pipeline.props.scanning import ScanResultCondition
from cdk_imagebuilder_pipeline.props.schedule import ImagePipelineSchedule
from cdk_imagebuilder_pipeline.props.workflow import WorkflowConfiguration
from cdk_imagebuilder_pipeline.request import OPERATION, PROP_OF_MEMBER
from imagebuilder_model import Shape, load_model
from imagebuilder_model.ownership import RESERVED_MEMBERS

_SHORTEST_ABBREVIATION: Final = 3
_MOST_GUESSES: Final = 2
"""Maximum number of suggestions. A keyword that matches more props, such as `image`, is too ambiguous."""

_ALIKE: Final = 0.8
"""Minimum difflib similarity for a misspelled keyword."""

_FORMS: Final[Mapping[str, str]] = {
    "schedule": f"schedule={ImagePipelineSchedule.__name__}({{}}=...)",
    "workflows": f"workflows=[{WorkflowConfiguration.__name__}({{}}=...)]",
    "scan_result_condition": f"scan_result_condition={ScanResultCondition.__name__}({{}}=...)",
}
"""Code that sets a field of an object prop, by prop."""


def meaning_of(name: str, props: Collection[str]) -> str | None:
    """Return a suggestion for a keyword that is not a prop; None when nothing is similar."""
    known = {prop: (prop,) for prop in props} | _names()
    name = _snake(name)
    exact = known.get(name)
    if exact is not None:
        return " or ".join(exact)
    for is_meant in (_begins, _contains):
        meant = dict.fromkeys(prop for key, texts in known.items() if is_meant(key, name) for prop in texts)
        if 0 < len(meant) <= _MOST_GUESSES:
            return " or ".join(meant)
    near = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return " or ".join(known[near[0]]) if near else None


def is_set_by_the_function(name: str) -> bool:
    """Return whether a keyword is a member of the API that no prop is."""
    return _snake(name) in map(_snake, RESERVED_MEMBERS)


def _begins(key: str, name: str) -> bool:
    return len(name) >= _SHORTEST_ABBREVIATION and key.startswith(name)


def _contains(key: str, name: str) -> bool:
    """Return whether whole words of a known name are meant: `role` of `execution_role`."""
    return f"_{name}_" in f"_{key}_"


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Return props by API name, in snake case as in the L1 and Terraform, and by field of an object prop."""
    names: dict[str, tuple[str, ...]] = {}
    fields: dict[str, tuple[str, ...]] = {}
    for member, prop, shape in _members_in_groups(load_model().input_of(OPERATION)):
        names[_snake(member)] = _props(prop, shape)
        for inner, field, its_shape in _members_in_groups(shape) if prop in _FORMS else ():
            given = tuple(_FORMS[prop].format(one) for one in _props(field, its_shape))
            fields |= {_snake(inner): given} | ({field: given} if field else {})
    return fields | names


def _members_in_groups(shape: Shape) -> Iterator[tuple[str, str, Shape]]:
    for member in _members(shape):
        yield member
        _, prop, inner = member
        if not prop:
            yield from _members_in_groups(inner)


def _members(shape: Shape) -> Iterator[tuple[str, str, Shape]]:
    """Yield each member with a prop, the prop, and the shape of the member or, for a list, of its items."""
    shapes = load_model().shapes
    for name, member in shape.members.items():
        if name in PROP_OF_MEMBER:
            inner = shapes[member.shape]
            yield name, PROP_OF_MEMBER[name], shapes[inner.element] if inner.element else inner


def _props(prop: str, shape: Shape) -> tuple[str, ...]:
    """Return the prop, or the props of the members if the group exists only in the API."""
    return (prop,) if prop else tuple(one for _, inner, its in _members(shape) for one in _props(inner, its))


def _snake(member: str) -> str:
    return re.sub("([A-Z])", lambda capital: f"_{capital[1].lower()}", member)
