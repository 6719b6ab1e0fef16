"""What somebody means by a keyword that is no prop: names of the API, of other tools, abbreviations."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields

from cdk_imagebuilder_pipeline.request import NOT_PROPS, OPERATION, PROP_OF_MEMBER
from cdk_imagebuilder_pipeline.schedule import ImagePipelineSchedule
from cdk_imagebuilder_pipeline.workflow import WorkflowConfiguration
from imagebuilder_model import load_model, nearest

_SHORTEST_ABBREVIATION = 3
_OBJECTS: Mapping[str, type] = {"schedule": ImagePipelineSchedule, "workflows": WorkflowConfiguration}


def meaning_of(name: str, props: Collection[str]) -> str | None:
    """Return what to write instead of a keyword that is no prop, None when there is nothing like it."""
    member = next((one for one in PROP_OF_MEMBER if name in {_snake(one), one}), None)
    if member is not None:
        meant = list(_props_of(member, props))
        if meant:
            return " or ".join(meant)
    for prop, made in _OBJECTS.items():
        if name in {field.name for field in fields(made)}:
            return f"{prop}={made.__name__}({name}=...)"
    begun = [prop for prop in props if len(name) >= _SHORTEST_ABBREVIATION and prop.startswith(name)]
    return begun[0] if len(begun) == 1 else nearest(name, props)


def _props_of(member: str, props: Collection[str]) -> Iterator[str]:
    """Yield the props that a member of the API is, or those that its own members are."""
    prop = PROP_OF_MEMBER[member]
    if prop in props:
        yield prop
    elif not prop:
        request = load_model().input_of(OPERATION)
        if member in request.members and member not in NOT_PROPS:
            for inner in load_model().shapes[request.members[member].shape].members:
                yield from _props_of(inner, props)


def _snake(member: str) -> str:
    return re.sub("([A-Z])", lambda capital: f"_{capital[1].lower()}", member)
