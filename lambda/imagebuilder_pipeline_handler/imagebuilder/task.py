"""What the functions that work on an event need, and what says which resources of the service the event's owns."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from imagebuilder_model import LOGICAL_ID_TAG, STACK_ID_TAG
from imagebuilder_pipeline_handler.imagebuilder.client import ImageBuilderClient
from imagebuilder_pipeline_handler.runtime.event import Event
from imagebuilder_pipeline_handler.runtime.progress import Progress

_TOKENS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdk-imagebuilder-pipeline:client-token")


@dataclass(frozen=True)
class Task:
    """The client to work with, the event, and its progress."""

    client: ImageBuilderClient
    event: Event
    progress: Progress

    @cached_property
    def owner_tags(self) -> dict[str, str]:
        """The tags that name the event's resource as an owner."""
        return {STACK_ID_TAG: self.event["StackId"], LOGICAL_ID_TAG: self.event["LogicalResourceId"]}

    def owns(self, live: Mapping[str, Any]) -> bool:
        """Return whether something live has the owner tags of the event's resource."""
        tags: Mapping[str, str] = live["tags"]
        return self.owner_tags.items() <= tags.items()

    def is_of_another_stack(self, live: Mapping[str, Any]) -> bool:
        """Return whether something live has the owner tag of another stack."""
        own: str = self.event["StackId"]
        tags: Mapping[str, str] = live["tags"]
        return tags.get(STACK_ID_TAG, own) != own

    def token(self, operation: str) -> str:
        """Return the clientToken of one operation: 36 characters, the same for every delivery of the event.

        Stack and logical id make it unique to this resource. With the event's own RequestId in it, a later event with
        the same properties (made again after a delete, renamed and back) does not get the ARN of something that is
        gone.
        """
        event = self.event
        parts = (event["StackId"], event["LogicalResourceId"], event["RequestId"], operation)
        return str(uuid.uuid5(_TOKENS, "|".join(parts)))
