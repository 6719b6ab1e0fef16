"""Calls of the functions' roles, and of Image Builder on their behalf, from CloudTrail."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from tools.smoke_aws.account import Account

PROBE: Final = "cloudtrail"

_SECONDS: Final = 20 * 60
"""CloudTrail delivers within about 5 minutes on average, without a guarantee (its user guide)."""

_SECONDS_WITHOUT_NEWS: Final = 5 * 60

_IMAGE_BUILDER: Final = "imagebuilder.amazonaws.com"


def cloudtrail(account: Account) -> None:
    """Record the calls of each function of the run. Events that CloudTrail delivers after the wait are missed."""
    if account.lacks(PROBE, "cloudtrail"):
        return
    account.say(f"  waiting for CloudTrail, at most {_SECONDS // 60} minutes: it is eventually consistent")
    calls: Counter[tuple[str, str, str, str]] = Counter()
    complete = account.wait(_Arrival(account).is_complete, _SECONDS)
    for function in account.functions:
        calls.update(_call(event) for event in _events(account, function))
    names = ("source", "name", "by", "error")
    account.recording.add(
        "trail",
        probe=PROBE,
        complete=complete,
        calls=[dict(zip(names, call, strict=True)) | {"count": count} for call, count in sorted(calls.items())],
    )
    on_behalf = sorted({f"{source}:{name}" for source, name, by, _ in calls if by == _IMAGE_BUILDER})
    denied = sorted({f"{source}:{name}" for source, name, by, error in calls if by and "Denied" in error})
    account.expect(
        PROBE,
        "Image Builder asks for nothing that the policy does not allow",
        {"on behalf": on_behalf, "denied": denied, "complete": complete},
        holds=bool(calls) and not denied,
    )


class _Arrival:
    """Detects that all events have probably arrived: some for each function, and none for some minutes."""

    def __init__(self, account: Account, clock: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._clock = clock
        self._counts: list[int] = []
        self._since = clock()

    def is_complete(self) -> bool:
        """Check for new events."""
        counts = [len(_events(self._account, function)) for function in self._account.functions]
        if counts != self._counts:
            self._counts, self._since = counts, self._clock()
        return all(counts) and self._clock() - self._since >= _SECONDS_WITHOUT_NEWS


def _events(account: Account, function: str) -> list[dict[str, Any]]:
    # The role session of a function has the name of the function.
    pages = account.client("cloudtrail").get_paginator("lookup_events")
    attributes = [{"AttributeKey": "Username", "AttributeValue": function}]
    return [event for page in pages.paginate(LookupAttributes=attributes) for event in page["Events"]]


def _call(event: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return source, name, invoking service, and error of a call. The recording must not contain the other fields."""
    detail = json.loads(event["CloudTrailEvent"])
    by = detail.get("userIdentity", {}).get("invokedBy", "")
    return event["EventSource"], event["EventName"], by, detail.get("errorCode", "")
