"""Images of the service: looked up, listed, cancelled."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from imagebuilder_model.model import load_model
from imagebuilder_model.ownership import TAGS_OF_BUILDS
from imagebuilder_pipeline_handler.imagebuilder.advice import require_content
from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
from imagebuilder_pipeline_handler.imagebuilder.errors import is_gone

AVAILABLE: Final = "AVAILABLE"
USABLE: Final = frozenset({AVAILABLE, "DEPRECATED", "DISABLED"})
"""States of an image that was built: its AMIs or container images are known."""

_ENDED: Final = USABLE | {"CANCELLED", "FAILED", "DELETED"}
"""A state that is not known here is taken for one of a running build, until the wait is over."""


def is_image_arn(string: str) -> bool:
    """Return whether a string is the ARN of an image's build version."""
    pattern = load_model().shapes["ImageBuildVersionArn"].regex
    return pattern is not None and pattern.search(string) is not None


def live_image(client: ImageBuilderClient, arn: str) -> dict[str, Any] | None:
    """Return an image, always with `tags`; None when it does not exist.

    For an ARN without a build, or with `x` in its version, it is the newest that is available.
    """
    try:
        response = client.get_image(imageBuildVersionArn=arn)
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    require_content("GetImage", response, arn)
    image = response["image"]
    return {**image, "tags": image.get("tags") or {}}


def status_of(image: Mapping[str, Any]) -> str:
    """Return the state of an image or of its summary."""
    return str(image.get("state", {}).get("status", ""))


def is_running(image: Mapping[str, Any]) -> bool:
    """Return whether an image is still being built."""
    return status_of(image) not in _ENDED


def cancel(client: ImageBuilderClient, arn: str, token: str) -> None:
    """Cancel a build. One that ended in the meantime, or is gone, stays as it is. HandlerError without an answer.

    The service takes its time, and shows the build as running until then.
    """
    try:
        response = client.cancel_image_creation(imageBuildVersionArn=arn, clientToken=token)
    except ClientError:
        image = live_image(client, arn)
        if image is not None and is_running(image):
            raise
        return
    require_content("CancelImageCreation", response, arn)
    forget_build(client, arn)


def forget_build(client: ImageBuilderClient, arn: str) -> None:
    """Remove the tags of an image that is about to go, so that a deployment that comes soon does not take it."""
    with suppress(ClientError):
        client.untag_resource(resourceArn=arn, tagKeys=[*TAGS_OF_BUILDS])


def all_images(client: ImageBuilderClient, pipeline_arn: str) -> Iterator[dict[str, Any]]:
    """Yield the summaries of the images of a pipeline, always with `tags`."""
    more: dict[str, Any] = {}
    while True:
        response = client.list_image_pipeline_images(imagePipelineArn=pipeline_arn, **more)
        require_content("ListImagePipelineImages", response, pipeline_arn)
        for image in response.get("imageSummaryList", []):
            yield {**image, "tags": image.get("tags") or {}}
        token = response.get("nextToken")
        if not token:
            return
        more = {"nextToken": token}
