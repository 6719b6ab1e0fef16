"""Which pipeline is whose: names, tags of ownership, tokens."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from imagebuilder_model import normalized_name
from imagebuilder_model.names import LOGICAL_ID_TAG, PIPELINE_ARN_KIND, STACK_ID_TAG
from imagebuilder_pipeline_handler.event import CLOCKS, Event, issued_at

_TOKENS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdk-imagebuilder-pipeline:client-token")


_SECOND: Final = timedelta(seconds=1)
"""What the date of a signature is rounded to."""


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


def tags_of(live: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a live pipeline."""
    return live.get("tags") or {}


def is_ours(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell by its tags whether a live pipeline is this resource's."""
    return owner_tags(event).items() <= tags_of(live).items()


def is_of_another_stack(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell by its tags whether a live pipeline belongs to another stack."""
    own: str = event["StackId"]
    return tags_of(live).get(STACK_ID_TAG, own) != own


def was_there_before(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell whether a live pipeline is older than the event, which then has not made it. False if that is unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made < issued - CLOCKS


def was_made_after(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell whether a live pipeline is newer than the event, which then cannot mean it. False if that is unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made > issued + CLOCKS


def was_changed_since(event: Event, live: Mapping[str, Any]) -> bool:
    """Tell whether a live pipeline was updated after the event was sent: by a delivery of it, or by somebody else."""
    issued, changed = issued_at(event), time_of(live, "dateUpdated")
    return issued is not None and changed is not None and changed >= issued + _SECOND


def time_of(live: Mapping[str, Any], member: str) -> datetime | None:
    """Return a date of a live pipeline; None when it has none that can be read."""
    try:
        date = datetime.fromisoformat(str(live[member]))
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
