"""Tags of pipelines, images and registered resources."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_local.emulator.errors import invalid_value, not_found
from imagebuilder_local.emulator.state import State
from imagebuilder_model import load_model


def tag_resource(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Add tags. An existing key gets the new value. The response of AWS to too many tags is unverified."""
    tags = _tags_of(state, request["resourceArn"])
    together = tags | request["tags"]
    limit = load_model().shapes["TagMap"].maximum
    if limit is not None and len(together) > limit:
        raise invalid_value("TagResource", "tags", f"The resource would have {len(together)} tags, allowed {limit}")
    tags.update(together)
    return {}


def untag_resource(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Remove tags. Missing keys are ignored."""
    tags = _tags_of(state, request["resourceArn"])
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return all tags of a resource."""
    return {"tags": dict(_tags_of(state, request["resourceArn"]))}


def _tags_of(state: State, arn: str) -> dict[str, str]:
    tags = state.tags(arn)
    if tags is None:
        raise not_found(arn)
    return tags
