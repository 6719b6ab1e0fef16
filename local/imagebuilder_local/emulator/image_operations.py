"""Operations on images."""

from collections.abc import Mapping
from typing import Any

from imagebuilder_local.emulator.ends import expect
from imagebuilder_local.emulator.errors import ServiceError, not_found
from imagebuilder_local.emulator.state import State
from imagebuilder_local.emulator.versions import latest_version_references


def get_image(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return an image, or the newest one of a version that is AVAILABLE."""
    given = request["imageBuildVersionArn"]
    arn = state.resolve_image(given)
    if arn is None:
        raise not_found(given)
    image = state.images[arn].shown(state.clock())
    return {"image": image, "latestVersionReferences": latest_version_references(arn)}


def cancel_image_creation(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Cancel a build: InvalidRequestException if it has ended.

    That it must not have ended says the API reference. Code and sentence of the refusal, and the response to a second
    request, are not verified on AWS.
    """
    image = state.image(request["imageBuildVersionArn"])
    now = state.clock()
    if not image.is_running(now):
        raise ServiceError(
            "InvalidRequestException",
            f"The image '{image.arn}' cannot be cancelled: it is in the terminal state {image.status(now)}.",
        )
    if image.cancelled_at is None:
        image.cancelled_at = now
        expect(state, image)
    return {"imageBuildVersionArn": image.arn}


def delete_image(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Delete an image, and not its AMIs. ResourceDependencyException while it is built (API reference).

    The sentence is not verified on AWS.
    """
    image = state.image(request["imageBuildVersionArn"])
    if image.is_running(state.clock()):
        raise ServiceError(
            "ResourceDependencyException",
            f"Resource dependency error: The image '{image.arn}' is still being built. Cancel the build first.",
        )
    del state.images[image.arn]
    if image.pipeline is not None:
        state.made_by[image.pipeline[0]].remove(image)
    return {"imageBuildVersionArn": image.arn}
