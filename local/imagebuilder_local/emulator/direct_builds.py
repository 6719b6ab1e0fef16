"""Builds that CloudFormation starts for `AWS::ImageBuilder::Image`. It waits for them, so they end at once here."""

from collections.abc import Mapping
from typing import Any, Final

from imagebuilder_local.emulator.builds import start_build
from imagebuilder_local.emulator.inspector import require_inspector
from imagebuilder_local.emulator.settings import build_settings, require_references
from imagebuilder_local.emulator.state import State

_BY_HAND: Final = "USER_INITIATED"


def build_at_once(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Build an image without a pipeline and return it, as GetImage does.

    `request` has members of CreateImagePipeline: recipe, infrastructure and so on, and the image's `tags`.
    """
    require_references(state, request)
    require_inspector(state.inspector, state.account, request)
    settings = build_settings(state, request)
    image = start_build(state, settings, _BY_HAND, request.get("tags", {}), seconds_per_state=0)
    return image.shown(state.clock())


def run_at_once(state: State, arn: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """Run a pipeline and return the image, as GetImage does."""
    pipeline = state.pipeline(arn)
    source = (pipeline["arn"], pipeline["dateCreated"])
    return start_build(state, pipeline, _BY_HAND, tags, pipeline=source, seconds_per_state=0).shown(state.clock())
