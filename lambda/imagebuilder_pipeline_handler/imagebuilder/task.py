"""What the functions that work on an event need."""

from dataclasses import dataclass

from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
from imagebuilder_pipeline_handler.runtime.event import Event
from imagebuilder_pipeline_handler.runtime.progress import Progress


@dataclass(frozen=True)
class Task:
    """The client to work with, the event, and its progress."""

    client: ImageBuilderClient
    event: Event
    progress: Progress
