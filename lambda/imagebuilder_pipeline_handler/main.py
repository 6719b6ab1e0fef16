"""The function's entry point: it chooses the work for an event by its ResourceType."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from imagebuilder_pipeline_handler.runtime.clock import CLOCK, Clock
from imagebuilder_pipeline_handler.runtime.custom_resource import CustomResource

# The work is imported where it is used: a fault in there then gets a response like any other.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
    from imagebuilder_pipeline_handler.runtime.event import Event
    from imagebuilder_pipeline_handler.runtime.progress import Outcome, Progress

_PACKAGE: Final = "imagebuilder_pipeline_handler"
_PIPELINE: Final = "pipeline.lifecycle"
"""The module for pipelines. Authors may name a custom resource as they like, so any unknown type is a pipeline."""

RESOURCE_TYPES: Final[Mapping[str, str]] = {
    "Custom::ImagePipeline": _PIPELINE,
    "Custom::ImagePipelineBuild": "build.build",
    "Custom::ImagePipelineImage": "build.image",
}
"""The module of each resource type: its `create`, `update` and `delete` take a Task and return an Outcome."""


class Work:
    """The work on every event, with one client for all of them."""

    def __init__(self, clock: Clock, client: Callable[[], ImageBuilderClient] | None = None) -> None:
        self._clock = clock
        self._make_client = client or self._own_client
        self._client: ImageBuilderClient | None = None

    def __call__(self, event: Event, progress: Progress) -> Outcome:
        """Do what the event asks for. HandlerError says why it failed."""
        module = _module_of(event)
        from imagebuilder_pipeline_handler.imagebuilder.advice import explained
        from imagebuilder_pipeline_handler.imagebuilder.task import Task

        operation = getattr(module, event["RequestType"].lower())
        try:
            outcome: Outcome = operation(Task(self.client(), event, progress))
        except Exception as error:  # noqa: BLE001 (raised again, with what it means)
            raise explained(error, module.secrets_of(event)).with_traceback(error.__traceback__) from None
        return outcome

    def client(self) -> ImageBuilderClient:
        """Return the client. It is made when it is first needed, because that may fail."""
        if self._client is None:
            self._client = self._make_client()
        return self._client

    def prepare(self) -> None:
        """Import and make whatever events need."""
        for module in RESOURCE_TYPES.values():
            import_module(f"{_PACKAGE}.{module}")
        from imagebuilder_pipeline_handler.runtime import http

        http.prepare()
        self.client()

    def _own_client(self) -> ImageBuilderClient:
        from imagebuilder_pipeline_handler.imagebuilder.client import make_client

        return make_client(self._clock.timeouts)


def _module_of(event: Event) -> Any:
    return import_module(f"{_PACKAGE}.{RESOURCE_TYPES.get(str(event.get('ResourceType')), _PIPELINE)}")


_work = Work(CLOCK)
handler = CustomResource(_work)
"""What Lambda invokes."""

# Lambda runs this phase with a full vCPU, and events with the share that goes with the memory. A fault here comes again
# at the first event, and gets a response there.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    with suppress(BaseException):
        _work.prepare()
