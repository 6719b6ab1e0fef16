"""Operations on images."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_local.emulator.errors import not_found
from imagebuilder_local.emulator.state import State
from imagebuilder_local.emulator.versions import latest_version_references, newest


def get_image(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return an image.

    The ARN of a build version names an image in any state. The ARN of a version, with or without `x`, names its newest
    build that is AVAILABLE (API reference of GetImage).
    """
    given = request["imageBuildVersionArn"]
    now = state.clock()
    if given in state.images:
        arn: str | None = given
    else:
        arn = newest(given, (arn for arn, image in state.images.items() if image.status(now) == "AVAILABLE"))
    if arn is None:
        raise not_found(given)
    return {"image": state.images[arn].shown(now), "latestVersionReferences": latest_version_references(arn)}
