"""Attributes that say how a pipeline fares, as it is at the end of the event. A template asks for them."""

from dataclasses import replace
from typing import Final

from imagebuilder_model.ownership import MEMBER_OF_ATTRIBUTE
from imagebuilder_pipeline_handler.imagebuilder.task import Task
from imagebuilder_pipeline_handler.pipeline.live import live_pipeline
from imagebuilder_pipeline_handler.pipeline.properties import Desired
from imagebuilder_pipeline_handler.runtime.progress import Success

_UNTIL_IT_RAN: Final = {"consecutiveFailures": 0}


def with_runtime_attributes(task: Task, wanted: Desired, success: Success) -> Success:
    """Return the success with the attributes, read in one call, if the template asks for them.

    All are there, because CloudFormation fails on an attribute that a response lacks: empty for what the service does
    not give, and "0" for no failures. When the call fails, the event does: CloudFormation then deletes, or rolls back,
    what the physical id names.
    """
    if not wanted.runtime_attributes:
        return success
    live = {**_UNTIL_IT_RAN, **(live_pipeline(task.client, success.physical_id) or {})}
    runtime = {attribute: str(live.get(member, "")) for attribute, member in MEMBER_OF_ATTRIBUTE.items()}
    return replace(success, attributes={**success.attributes, **runtime})
