"""Which calls were made by the functions' roles, and on their behalf by Image Builder: what CloudTrail says."""

import json
from collections import Counter
from typing import Any, Final

from tools.smoke_aws.account import Account

PROBE: Final = "cloudtrail"

_SECONDS: Final = 20 * 60
"""CloudTrail delivers within about 5 minutes on average, and promises no time (its user guide)."""

_IMAGE_BUILDER: Final = "imagebuilder.amazonaws.com"


def cloudtrail(account: Account) -> None:
    """Record the calls of each function of the run. What CloudTrail delivers later than the wait is not seen."""
    if account.lacks(PROBE, "cloudtrail"):
        return
    account.say(f"  waiting for CloudTrail, at most {_SECONDS // 60} minutes: it is eventually consistent")
    calls: Counter[tuple[str, str, str, str]] = Counter()
    # The deletion of its pipeline is the last call of a function, so what came before is there as well, mostly.
    complete = account.wait(lambda: _is_complete(account), _SECONDS)
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


def _is_complete(account: Account) -> bool:
    """Tell whether the last call of every function has arrived."""
    return bool(account.functions) and all(
        any(event["EventName"] == "DeleteImagePipeline" for event in _events(account, function))
        for function in account.functions
    )


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
