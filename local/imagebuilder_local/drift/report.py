"""The comparison as text and as JSON."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from imagebuilder_local.drift.comparison import Member
from imagebuilder_local.drift.pipelines import DRIFT, GONE, IN_SYNC, Pipeline

_GONE: Final = "was deleted outside of the stack; a deployment that changes a property of it creates it again"


def as_text(stack_id: str, pipelines: Sequence[Pipeline]) -> str:
    """Return one line for each pipeline, one for each member that differs or was not compared, and a count."""
    counts = Counter(pipeline.state for pipeline in pipelines)
    total = ", ".join(f"{counts[state]} {_counted(state)}" for state in (IN_SYNC, DRIFT, GONE) if counts[state])
    lines = [line for pipeline in pipelines for line in _lines(pipeline)]
    return "\n".join([stack_id, *lines, f"{len(pipelines)} compared: {total}"])


def as_json(stack_id: str, pipelines: Sequence[Pipeline]) -> str:
    """Return the same for machines."""
    found = [
        {
            "path": pipeline.path,
            "stackId": pipeline.stack_id,
            "logicalId": pipeline.logical_id,
            "arn": pipeline.arn,
            "state": pipeline.state,
            "differs": [_entry(member) for member in pipeline.members if member.is_drift],
            "notCompared": [
                {"path": member.path, "reason": member.reason} for member in pipeline.members if not member.is_drift
            ],
        }
        for pipeline in pipelines
    ]
    return json.dumps({"stackId": stack_id, "hasDrift": has_drift(pipelines), "pipelines": found}, indent=2)


def has_drift(pipelines: Sequence[Pipeline]) -> bool:
    """Return whether any pipeline differs from its template or is gone."""
    return any(pipeline.state != IN_SYNC for pipeline in pipelines)


def _counted(state: str) -> str:
    return "with drift" if state == DRIFT else state


def _lines(pipeline: Pipeline) -> Iterator[str]:
    yield f"{pipeline.path}: {pipeline.state}{f': {pipeline.arn} {_GONE}' if pipeline.is_gone else ''}"
    yield from (f"  {_line(member)}" for member in pipeline.members)


def _line(member: Member) -> str:
    if not member.is_drift:
        return f"{member.path}: not compared: {member.reason}"
    meaning = f" ({member.reason})" if member.reason else ""
    return f"{member.path}: template {_shown(member.template)}, live {_shown(member.live)}{meaning}"


def _shown(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)


def _entry(member: Member) -> dict[str, Any]:
    return {name: value for name, value in asdict(member).items() if name != "is_drift"}
