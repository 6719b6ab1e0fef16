"""Reads the output of the CDK CLI: its progress, and the cause in a failure that no stack event tells."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

_TAIL: Final = re.compile(
    r"Failed resources:|\s*❌|‣ |Traceback \(most recent call last\):|\s+File \"|jsii\.errors\.|"
    r"[\w.]+(?:Error|Exception)\b.*:|\S+: SSM parameter /cdk-bootstrap"
)
"""How the lines of a failure begin."""
_PROGRESS: Final = re.compile(r"✨ |\S+: (?:start|success|creating|deploying)|\S+ \| +\d+/\d+ \|")
"""How the lines of an app that goes on begin, also after it printed an error that it had caught."""
_FAILED_EVENT: Final = re.compile(r"(.* \| [A-Z_]+_FAILED +\| [^|]+ \| \S+(?: \(\w+\))?) .*")
_FRAME: Final = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+)')
_EXCEPTION: Final = re.compile(r"(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*)(?:: (?P<text>.*))?$")
_FOREIGN: Final = re.compile(r"/(?:site-packages|dist-packages|lib/python3\.\d+)/")
_NOISE: Final = re.compile(
    r"\s*$|.*: Subprocess exited with error \d+$|Logs: http|.*CloudTrail|Bundling asset|[✨✅]|.*Total time|"
    r"\S+: (?:start|success|creating|deploying)|\S+ \| "
)
_NO_BOOTSTRAP: Final = re.compile(r"(\S+): SSM parameter \S+ not found in (aws://[\w/-]+)")
_MARK: Final = re.compile(r"^\s*(?:❌ +|‣ )")
_MOST_LINES: Final = 8


class Progress:
    """Passes on the lines of the CDK CLI up to a failure, which the report replaces."""

    def __init__(self) -> None:
        self.held: list[str] = []
        """Lines that are not passed on, because they look like a failure."""

    def shown(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the lines to show. Events of failed resources come without the reason."""
        for line in lines:
            if self.held and not _PROGRESS.match(line):
                self.held.append(line)
            elif _TAIL.match(line):
                self.held = [line]
            else:
                yield from self.held
                self.held = []
                yield _FAILED_EVENT.sub(r"\1", line)


def cause_of(output: str, project: Path) -> str:
    """Return why the CDK CLI failed, from its output: a line with the cause first, then where in the app.

    An app in Python that raises gets the exception and the user's own line. Everything else is what the CLI says last.
    """
    lines = output.splitlines()
    said = _of_the_app(lines, project) or _no_bootstrap(output) or _last_words(lines)
    return said or "the CDK CLI failed and printed nothing"


def _of_the_app(lines: list[str], project: Path) -> str:
    """Return the last exception of the app and the user's line in it, or what another app printed last.

    Empty if the app did not fail.
    """
    ending = next((at for at in range(len(lines) - 1, -1, -1) if "Subprocess exited with error" in lines[at]), None)
    if ending is None:
        return ""
    end = lines[:ending]
    start = max((at for at, line in enumerate(end) if _is_exception(line)), default=None)
    if start is None:
        command = lines[ending].strip().partition(": Subprocess exited")[0]
        said = [line for line in end if line.strip()][-_MOST_LINES:] or ["the app failed and printed nothing"]
        return "\n".join([*said, f"  command of the app: {command}"])
    message = [line for line in end[start:] if line.strip()][:_MOST_LINES]
    message[0] = _short_name(message[0])
    frames = [match for line in end[:start] if (match := _FRAME.match(line))]
    here = [frame for frame in frames if Path(frame["file"]).is_relative_to(project)] or frames
    own = [frame for frame in here if not _FOREIGN.search(frame["file"])]
    where = [f"  in: {_relative(own[-1]['file'], project)}:{own[-1]['line']}"] if own else []
    return "\n".join([*message, *where])


def _is_exception(line: str) -> bool:
    match = _EXCEPTION.match(line)
    return match is not None and (match["name"].endswith(("Error", "Exception", "Exit", "Interrupt")))


def _short_name(line: str) -> str:
    match = _EXCEPTION.match(line)
    return line if match is None else line[match.start("name") :]


def _relative(file: str, project: Path) -> str:
    path = Path(file)
    return str(path.relative_to(project)) if path.is_relative_to(project) else file


def _no_bootstrap(output: str) -> str:
    found = _NO_BOOTSTRAP.search(output)
    if found is None:
        return ""
    return (
        f"{found[1]}: {found[2]} is not bootstrapped: run `. .local/env && cdk bootstrap {found[2]}`, then deploy again"
    )


def _last_words(lines: list[str]) -> str:
    start = max((at for at, line in enumerate(lines) if _MARK.match(line)), default=0)
    said = [_MARK.sub("", line).rstrip() for line in lines[start:] if not _NOISE.match(line.strip())]
    kept: Callable[[str], bool] = bool
    return "\n".join(list(dict.fromkeys(filter(kept, said)))[-_MOST_LINES:])
