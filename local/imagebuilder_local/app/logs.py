"""The logs of the Lambda functions of a local cloud."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from imagebuilder_local.app.assembly import Environment
from imagebuilder_local.app.clients import client_of
from imagebuilder_local.cloud.state import Folder, State


def log_lines(state: State, folder: Folder, environments: Iterable[Environment]) -> list[str]:
    """Return the lines of all log groups of these environments by time: time, log group and message."""
    places = {(one.account, one.region) for one in environments}
    entries = [entry for place in sorted(places) for entry in _entries(state, folder, *place)]
    entries.sort(key=lambda entry: entry[0])
    return [f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S}  {group}  {message}" for at, group, message in entries]


def _entries(state: State, folder: Folder, account: str, region: str) -> Iterator[tuple[int, str, str]]:
    client = client_of(state, folder, "logs", account, region)
    try:
        for page in client.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                name = group["logGroupName"]
                for events in client.get_paginator("filter_log_events").paginate(logGroupName=name):
                    for event in events["events"]:
                        yield event["timestamp"], name, event["message"].rstrip()
    finally:
        client.close()
