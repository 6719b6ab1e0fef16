"""Which pipeline is whose: names, tags of ownership, tokens."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from imagebuilder_model import normalized_name
from imagebuilder_model.names import LOGICAL_ID_TAG, PIPELINE_ARN_KIND, STACK_ID_TAG
from imagebuilder_pipeline_handler.event import Event

_TOKENS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdk-imagebuilder-pipeline:client-token")


@dataclass(frozen=True)
class Outcome:
    """A pipeline as CloudFormation is told of it."""

    arn: str
    name: str
    client_token: str
    request_id: str

    def attributes(self) -> dict[str, str]:
        """Return what `Fn::GetAtt` can ask for."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "ClientToken": self.client_token,
            "RequestId": self.request_id,
        }


def client_token(event: Event, operation: str) -> str:
    """Return the token of one operation of one event: 36 characters, the same for every delivery of that event.

    Stack and logical id make it this resource's. The event's own RequestId keeps a later event with the same properties
    (made again after a delete, renamed and back) from being answered with the ARN of a pipeline that is gone.
    """
    parts = (event["StackId"], event["LogicalResourceId"], event["RequestId"], operation)
    return str(uuid.uuid5(_TOKENS, "|".join(parts)))


def arn_of(event: Event, name: str) -> str:
    """Return the ARN that a pipeline of this name has, or would have."""
    _, partition, _, region, account, _ = event["StackId"].split(":", 5)
    return f"arn:{partition}:imagebuilder:{region}:{account}:{PIPELINE_ARN_KIND}/{normalized_name(name)}"


def owner_tags(event: Event) -> dict[str, str]:
    """Return the tags that say that a pipeline is this resource's."""
    return {STACK_ID_TAG: event["StackId"], LOGICAL_ID_TAG: event["LogicalResourceId"]}


def is_ours(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell by its tags whether a live pipeline is this resource's."""
    tags: Mapping[str, str] = live.get("tags", {})
    return owner_tags(event).items() <= tags.items()
