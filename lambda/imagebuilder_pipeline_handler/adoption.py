"""Taking over a pipeline that this resource did not make, which only a template that says AdoptExisting may ask for."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from imagebuilder_pipeline_handler.client import ImageBuilderClient
from imagebuilder_pipeline_handler.event import Event
from imagebuilder_pipeline_handler.identity import Outcome, owner_tags
from imagebuilder_pipeline_handler.pipeline import bring_to
from imagebuilder_pipeline_handler.properties import Desired
from imagebuilder_pipeline_handler.reasons import HandlerError
from imagebuilder_pipeline_handler.work import Work


def take_over(
    client: ImageBuilderClient, event: Event, work: Work, wanted: Desired, live: Mapping[str, Any]
) -> Outcome:
    """Make somebody's pipeline ours. The tags come first: IAM allows the rest by them. A failure gives them back."""
    if not wanted.adopt_existing:
        raise HandlerError("NotOurs", live["arn"])
    theirs: dict[str, str] = live.get("tags", {})
    # Only what is new: a provider that stacks share may change the logical id of an owned pipeline, not its stack.
    ours = {key: value for key, value in owner_tags(event).items() if theirs.get(key) != value}
    give_back = partial(_give_back, client, live["arn"], theirs, ours)
    work.undo = None
    try:
        client.tag_resource(resourceArn=live["arn"], tags=ours)
        work.undo = lambda _: give_back()
        return bring_to(client, event, wanted, {**live, "tags": {**theirs, **ours}}, before=None)
    except BaseException:
        with suppress(Exception):
            give_back()
        raise


def _give_back(client: ImageBuilderClient, arn: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
    # The tag of the stack goes last: by it IAM allows the other call.
    new = [key for key in ours if key not in theirs]
    old = {key: theirs[key] for key in ours if key in theirs}
    if new:
        client.untag_resource(resourceArn=arn, tagKeys=new)
    if old:
        client.tag_resource(resourceArn=arn, tags=old)
