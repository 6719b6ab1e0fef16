"""Which pipeline an event means, and which resource owns it: ARNs, owner tags, tokens, dates."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from imagebuilder_model import LOGICAL_ID_TAG, PIPELINE_ARN_KIND, STACK_ID_TAG, normalized_name
from imagebuilder_pipeline_handler.runtime.event import CLOCK_SKEW, Event, issued_at

_TOKENS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cdk-imagebuilder-pipeline:client-token")

_SECOND: Final = timedelta(seconds=1)
"""The precision of a signature's date."""


def client_token(event: Event, operation: str) -> str:
    """Return the token of one operation for one event: 36 characters, the same for every delivery of that event.

    Stack and logical id make it unique to this resource. With the event's own RequestId in it, a later event with the
    same properties (made again after a delete, renamed and back) does not get the ARN of a pipeline that is gone.
    """
    parts = (event["StackId"], event["LogicalResourceId"], event["RequestId"], operation)
    return str(uuid.uuid5(_TOKENS, "|".join(parts)))


def arn_of(event: Event, name: str) -> str:
    """Return the ARN that a pipeline of this name has, or would have."""
    _, partition, _, region, account, _ = event["StackId"].split(":", 5)
    return f"arn:{partition}:imagebuilder:{region}:{account}:{PIPELINE_ARN_KIND}/{normalized_name(name)}"


def owner_tags(event: Event) -> dict[str, str]:
    """Return the tags that name this resource as the owner of a pipeline."""
    return {STACK_ID_TAG: event["StackId"], LOGICAL_ID_TAG: event["LogicalResourceId"]}


def tags_of(live: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a live pipeline."""
    return live.get("tags") or {}


def is_ours(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline has the owner tags of this resource."""
    return owner_tags(event).items() <= tags_of(live).items()


def is_of_another_stack(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline has the owner tag of another stack."""
    own: str = event["StackId"]
    return tags_of(live).get(STACK_ID_TAG, own) != own


def was_there_before(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline is older than the event, which cannot have made it. False if that is unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made < issued - CLOCK_SKEW


def was_made_after(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline is newer than the event, which cannot mean it. False if that is unknown."""
    issued, made = issued_at(event), time_of(live, "dateCreated")
    return issued is not None and made is not None and made > issued + CLOCK_SKEW


def was_changed_since(event: Event, live: Mapping[str, Any]) -> bool:
    """Return whether a live pipeline was updated after the event was sent: by a delivery of it, or by others."""
    issued, changed = issued_at(event), time_of(live, "dateUpdated")
    return issued is not None and changed is not None and changed >= issued + _SECOND


def is_older(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether one live pipeline was made before another. False if that is unknown."""
    made, then = time_of(one, "dateCreated"), time_of(other, "dateCreated")
    return made is not None and then is not None and made < then


def time_of(live: Mapping[str, Any], member: str) -> datetime | None:
    """Return a date of a live pipeline; None when it has none that can be read."""
    try:
        date = datetime.fromisoformat(str(live[member]))
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
