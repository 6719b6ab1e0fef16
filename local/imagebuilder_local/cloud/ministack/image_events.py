"""Sends the events of Image Builder to the EventBridge of ministack.

Import it after ministack's settings are in the environment. The function used here is not a public interface:
ministack's version is pinned, and a test checks that it exists with the parameters used here.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from typing import Final

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from imagebuilder_local.emulator import ImageBuilder, ServiceEvent
from imagebuilder_model.events import SOURCE

_SECONDS: Final = 0.1
_log = logging.getLogger("imagebuilder_local.events")


async def send_events(services: Callable[[], Iterable[ImageBuilder]]) -> None:
    """Send the events of services as they happen, until this is cancelled. It runs where ministack's requests do.

    Each event goes to the account and the Region of its service.
    """
    while True:
        for service in services():
            _, _, _, region, account, _ = service.arn("").split(":")
            with request_scope(account, region):
                _send_all(service.take_events())
        await asyncio.sleep(_SECONDS)


def _send_all(events: Iterable[ServiceEvent]) -> None:
    for event in events:
        try:
            _send(event)
        except Exception:  # noqa: BLE001 (an event that cannot be delivered does not hold up the others)
            _log.exception("EventBridge did not get the event %s of %s", event.detail_type, event.resource)


def _send(event: ServiceEvent) -> None:
    entry = {
        "Source": SOURCE,
        "DetailType": event.detail_type,
        "Resources": [event.resource],
        "Detail": json.dumps(event.detail),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
