"""The report of a failed deployment: cause and fix, the line of the app, the rollback, and the page's address."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

from imagebuilder_local.assembly import Assembly, Resource
from imagebuilder_local.output import cause_of

MOST_LINES: Final = 12
_WIDTH: Final = 118
_MOST_CHARACTERS: Final = 600
_STACK_TYPE: Final = "AWS::CloudFormation::Stack"
_OWN_REASON: Final = re.compile(r"(?P<code>(?:\w+ )?\w+): (?P<means>[^;]+; .*)", re.DOTALL)
"""A reason of the function: code, cause, fix, particulars."""
_FACTS: Final = re.compile(r" \((?:\w+, )?(?:request id [^()]*|\d+ attempts in [^()]*)\)")
"""The operation, its request id and the attempts, which the function's log has too."""

Operation = Mapping[str, Any]
"""A stack operation, as the page gets it."""


@dataclass(frozen=True)
class Deployment:
    """A deployment that failed: its output, the operations of the cloud during it, newest first, and the assembly."""

    output: str
    operations: Sequence[Operation] = ()
    assembly: Assembly = field(default_factory=Assembly)
    project: Path = field(default_factory=Path.cwd)
    page: str = ""


def block(deployment: Deployment, *, width: int | None = _WIDTH) -> str:
    """Return at most 12 lines that say what failed and why. The first one has the cause.

    Without a `width`, lines are not wrapped.
    """
    operations = list(reversed(deployment.operations))
    failed = next(_failures(operations), None)
    if failed is None:
        return _fitted(cause_of(deployment.output, deployment.project), [], width)
    operation, event = failed
    resource = deployment.assembly.resource(operation["stack"], event["logicalId"])
    code, reason = _reason(event, resource)
    path = operation["stack"] if _is_of_stack(operation, event) else resource.path or event["logicalId"]
    kind = f"{event['resourceType']}, {code}" if code else event["resourceType"]
    rows = [
        f"  failed: {event['status']} of {event['logicalId']} ({kind})",
        f"  made in: {resource.line}" if resource.line else "",
        _rolled_back(operation, operations),
        _deployed(deployment.output, operation),
    ]
    return _fitted(f"{path}: {reason}", [*filter(None, rows), *_ending(deployment)], width)


def _failures(operations: Iterable[Operation]) -> Iterator[tuple[Operation, Mapping[str, Any]]]:
    """Yield failures of resources, then those of stacks, each with its operation, oldest first."""
    failures = [
        (operation, event)
        for operation in operations
        for event in operation["events"]
        # A delete at the end of an update may fail, and the update still succeeds.
        if operation["status"].endswith("_FAILED") and event["status"].endswith("_FAILED") and event["reason"]
    ]
    # A failed nested stack is an event of its parent, after the event of its own resource.
    of_resources = [(operation, event) for operation, event in failures if event["resourceType"] != _STACK_TYPE]
    return chain(of_resources, failures)


def _is_of_stack(operation: Operation, event: Mapping[str, Any]) -> bool:
    return bool(event["resourceType"] == _STACK_TYPE and event["logicalId"] == operation["stack"])


def _reason(event: Mapping[str, Any], resource: Resource) -> tuple[str, str]:
    """Return the code of a reason of the function, and the reason in the words of the app, without particulars."""
    text = " ".join(str(event["reason"]).split())
    own = _OWN_REASON.fullmatch(text) if event["resourceType"].startswith("Custom::") else None
    if own is None:
        return "", text
    return own["code"], _with_props(_FACTS.sub("", own["means"], count=1), resource.props)


def _with_props(reason: str, props: Mapping[str, str]) -> str:
    """Replace the names of template properties with those of props."""
    if not props:
        return reason
    names = "|".join(sorted(map(re.escape, props), key=len, reverse=True))
    return re.sub(rf"\b(?:{names})\b", lambda match: props[match[0]], reason)


def _rolled_back(failed: Operation, operations: Sequence[Operation]) -> str:
    later = operations[operations.index(failed) + 1 :]
    # The name of a nested stack, which is rolled back with its parent, begins with that of the parent.
    rollback = next((one for one in later if one["kind"] == "rollback" and _is_in(failed["stack"], one["stack"])), None)
    if rollback is None:
        return ""
    stack = rollback["stack"]
    if rollback["status"].endswith("_FAILED"):
        reason = next((event["reason"] for event in reversed(rollback["events"]) if event["reason"]), "")
        return f"  not rolled back: {stack} is {rollback['status']}: {reason}"
    done = [event for event in rollback["events"] if not _is_of_stack(rollback, event)]
    deleted = sum(event["status"] == "DELETE_COMPLETE" for event in done)
    restored = sum(event["status"] == "UPDATE_COMPLETE" for event in done)
    parts = [
        f"{count} {'resource' if count == 1 else 'resources'} {what}"
        for count, what in ((restored, "restored"), (deleted, "deleted"))
        if count
    ]
    if rollback["status"].startswith("UPDATE_"):
        return f"  rolled back: {stack} is as before: {', '.join(parts) or 'nothing had changed'}"
    return f"  rolled back: {stack} has no resources: {', '.join(parts) or 'none was created'}"


def _is_in(stack: str, parent: str) -> bool:
    return f"{stack}-".startswith(f"{parent}-")


def _deployed(output: str, failed: Operation) -> str:
    """Return the other stacks that the CDK CLI reports as deployed."""
    names = re.findall(r"^\s*✅\s+(\S+)", output, re.MULTILINE)
    others = [name for name in dict.fromkeys(names) if name != failed["stack"]]
    return f"  deployed before: {', '.join(others)}" if others else ""


def _ending(deployment: Deployment) -> list[str]:
    return [f"  page: {deployment.page}"] if deployment.page else []


def _fitted(cause: str, rows: Sequence[str], width: int | None) -> str:
    """Wrap the lines of a cause and cut it so that all rows follow within 12 lines."""
    if len(cause) > _MOST_CHARACTERS:
        cause = f"{cause[: _MOST_CHARACTERS - 2]} …"
    lines = [part for line in cause.splitlines() for part in _wrapped(line, width)]
    room = MOST_LINES - len(rows)
    if len(lines) > room:
        lines = [*lines[: room - 1], "  …"]
    return "\n".join([*lines, *rows])


def _wrapped(line: str, width: int | None) -> list[str]:
    if width is None:
        return [line]
    return textwrap.wrap(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
