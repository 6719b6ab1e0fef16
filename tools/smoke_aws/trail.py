"""Which calls were made by the functions' roles, and on their behalf by Image Builder: what CloudTrail says."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from tools.smoke_aws.account import Account

PROBE: Final = "cloudtrail"

_SECONDS: Final = 20 * 60
"""CloudTrail delivers within about 5 minutes on average, and promises no time (its user guide)."""

_SECONDS_WITHOUT_NEWS: Final = 5 * 60

_IMAGE_BUILDER: Final = "imagebuilder.amazonaws.com"


def cloudtrail(account: Account) -> None:
    """Record the calls of each function of the run. What CloudTrail delivers later than the wait is not seen."""
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
    """Whether all has probably come: something of every function, and nothing new for some minutes."""

    def __init__(self, account: Account, clock: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._clock = clock
        self._counts: list[int] = []
        self._since = clock()

    def is_complete(self) -> bool:
        """Look once more."""
        counts = [len(_events(self._account, function)) for function in self._account.functions]
        if counts != self._counts:
            self._counts, self._since = counts, self._clock()
        return all(counts) and self._clock() - self._since >= _SECONDS_WITHOUT_NEWS


def _events(account: Account, function: str) -> list[dict[str, Any]]:
    # A function's session of its role has the function's name.
    pages = account.client("cloudtrail").get_paginator("lookup_events")
    attributes = [{"AttributeKey": "Username", "AttributeValue": function}]
    return [event for page in pages.paginate(LookupAttributes=attributes) for event in page["Events"]]


def _call(event: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return source, name, on whose behalf, and error of a call. What else CloudTrail says is nobody's business."""
    detail = json.loads(event["CloudTrailEvent"])
    by = detail.get("userIdentity", {}).get("invokedBy", "")
    return event["EventSource"], event["EventName"], by, detail.get("errorCode", "")
