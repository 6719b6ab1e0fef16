"""Component documents, of which the emulator runs nothing: it only finds a step that is certain to fail."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

_RESTARTS: Final[Mapping[str, int]] = {"ExecuteBash": 194, "ExecutePowerShell": 3010}
"""The actions that run commands, and the exit code with which each asks for a restart of the instance.

The codes are those of the user guide's page on component documents.
"""

_EXIT: Final = re.compile(r"exit\s+([0-9]+)", re.ASCII)


class FailedStep(NamedTuple):
    """A step that fails, its action, and the exit code."""

    name: str
    action: str
    exit_code: int


def failed_step(text: str, phase: str) -> FailedStep | None:
    """Return the first step of a phase that fails; None if none does, or if the text is not a document.

    A step fails if one of its commands ends with `exit N`, N from 1 to 255: a run always reaches that. A failure that
    the step ignores (`onFailure: Ignore`) is none.
    """
    for step in _steps(text, phase):
        action = str(step.get("action"))
        code = _exit_code(_list(_mapping(step.get("inputs")).get("commands"))) if action in _RESTARTS else 0
        if code not in {0, _RESTARTS.get(action)} and step.get("onFailure") != "Ignore":
            return FailedStep(str(step.get("name")), action, code)
    return None


def phases(text: str) -> set[str]:
    """Return the names of the phases of a document; empty if the text is not one."""
    return {str(entry.get("name")) for entry in map(_mapping, _list(_mapping(_parsed(text)).get("phases")))}


def component_step(text: str) -> str | None:
    """Return the name of the step of a workflow document that runs the components, None if it has none."""
    steps = map(_mapping, _list(_mapping(_parsed(text)).get("steps")))
    return next((str(step.get("name")) for step in steps if step.get("action") == "ExecuteComponents"), None)


def _steps(text: str, phase: str) -> Iterator[Mapping[str, Any]]:
    for entry in map(_mapping, _list(_mapping(_parsed(text)).get("phases"))):
        if entry.get("name") == phase:
            yield from map(_mapping, _list(entry.get("steps")))


def _exit_code(commands: Iterable[object]) -> int:
    """Return the code of the first command that ends with `exit N`; 0 if none does."""
    for command in commands:
        last = re.split(r"[;\n]", str(command).strip())[-1].strip()
        found = _EXIT.fullmatch(last)
        if found:
            return int(found[1]) if int(found[1]) in {*range(1, 256), *_RESTARTS.values()} else 0
    return 0


def _parsed(text: str) -> object:
    try:
        return yaml.safe_load(text)  # JSON is YAML
    except yaml.YAMLError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
