"""The service's defaults of a pipeline, and the settings that differ from them."""

from collections.abc import Mapping
from typing import Any, Final

from imagebuilder_model import load_model

TESTS: Final = {"imageTestsEnabled": True, "timeoutMinutes": 720}
BUILD: Final = {"enhancedImageMetadataEnabled": True}
SCHEDULE: Final = {
    "timezone": "UTC",
    "pipelineExecutionStartCondition": "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE",
}
STATUS: Final = "ENABLED"

_DEFAULTS: Final[Mapping[str, Any]] = BUILD | {
    "imageTestsConfiguration": TESTS,
    "schedule": SCHEDULE,
    "status": STATUS,
}


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
