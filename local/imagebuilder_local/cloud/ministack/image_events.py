"""Sends the events of Image Builder to the EventBridge of ministack.

Import it after ministack's settings are in the environment. The function used here is not a public interface:
ministack's version is pinned, and a test checks that it exists with the parameters used here.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Final

from ministack.services import eventbridge

from imagebuilder_local.emulator import ImageBuilder, ServiceEvent
from imagebuilder_model.events import SOURCE

_SECONDS: Final = 0.1
_log = logging.getLogger("imagebuilder_local.events")


async def send_events(service: Callable[[], ImageBuilder]) -> None:
    """Send the events of a service as they happen, until this is cancelled. It runs where ministack's requests do."""
    while True:
        for event in service().take_events():
            try:
                _send(event)
            except Exception:  # noqa: BLE001 (an event that cannot be delivered does not hold up the others)
                _log.exception("EventBridge did not get the event %s of %s", event.detail_type, event.resource)
        await asyncio.sleep(_SECONDS)


def _send(event: ServiceEvent) -> None:
    entry = {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Resources": [event.resource],
        "Detail": json.dumps(event.detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
