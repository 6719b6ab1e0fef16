"""The settings of a pipeline that differ from the service's defaults."""

from collections.abc import Mapping
from typing import Any, Final

from imagebuilder_model import load_model
from imagebuilder_model.defaults import PIPELINE_DEFAULTS, SCHEDULE_DEFAULTS

_DEFAULTS: Final[Mapping[str, Any]] = {**PIPELINE_DEFAULTS, "schedule": SCHEDULE_DEFAULTS}


def changed_settings(pipeline: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a pipeline that a request set to something else than the service's default.

    `pipeline` is as GetImagePipeline returns it. Members that the service computes, such as dates, are left out.
    """
    members = load_model().input_of("CreateImagePipeline").members
    return _differences({name: value for name, value in pipeline.items() if name in members}, _DEFAULTS)


def _differences(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        default = defaults.get(name)
        if isinstance(value, dict) and isinstance(default, dict):
            if inner := _differences(value, default):
                found[name] = inner
        elif value != default and value not in ({}, []):
            found[name] = value
    return found
