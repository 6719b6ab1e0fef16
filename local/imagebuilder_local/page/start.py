"""The page's button that starts a build of a pipeline."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from email.message import Message
from typing import Any, Final

from imagebuilder_local.emulator import Answered, ImageBuilder, ServiceError, Watch

_OPERATION: Final = "StartImagePipelineExecution"
_CLIENT: Final = "this-page"


def starting(
    services: Callable[[], Iterable[ImageBuilder]], watch: Watch
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a function that starts a build as the account's root user, from the request `{"imagePipelineArn": ARN}`.

    `services` returns those of all accounts and Regions; that of the pipeline is called, or else the first one. The
    function returns the response of the service, and raises its ServiceError. `watch` records the call.
    """
    headers = Message()
    headers["User-Agent"] = _CLIENT

    def start(given: Mapping[str, Any]) -> dict[str, Any]:
        # Other members are not for the page: tags would let it act for a stack.
        request = {name: given[name] for name in ("imagePipelineArn",) if name in given}
        request["clientToken"] = str(uuid.uuid4())
        ended = watch(_OPERATION, request, headers)
        every = list(services())
        service = next((one for one in every if str(given.get("imagePipelineArn")).startswith(one.arn(""))), every[0])
        account = service.arn("").split(":")[4]  # also the access key of the account's root user
        try:
            response = service.call(_OPERATION, request, access_key=account)
        except ServiceError as error:
            ended(Answered(error.http_status, error.code, error.message))
            raise
        ended(Answered(200, None, None))
        return response

    return start
