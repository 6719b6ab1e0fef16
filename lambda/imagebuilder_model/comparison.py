"""Compares a pipeline, as GetImagePipeline shows it, with what a template asks for."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_model.model import load_model


def as_update(live: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of UpdateImagePipeline that a live pipeline has. Empty ones count as absent."""
    members = load_model().input_of("UpdateImagePipeline").members
    return {name: live[name] for name in members if live.get(name) not in (None, "", [], {})}


def is_shown(asked: object, shown: object) -> bool:
    """Return whether the service shows a value: it adds its defaults to what a structure leaves out."""
    match asked, shown:
        case Mapping(), Mapping():
            return all(is_shown(value, shown.get(name)) for name, value in asked.items())
        case list(), list():
            return len(asked) == len(shown) and all(map(is_shown, asked, shown))
        case _:
            return asked == shown
