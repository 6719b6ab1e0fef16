"""Recording of a run: a file of JSON lines. Placeholders replace account details, so that it can be shared."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

FORMAT: Final = 1
ACCOUNT: Final = "111122223333"
"""Placeholder for the account id, as in AWS documentation; it matches ARN patterns."""

REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"
RUN: Final = "00000000"
CALLER: Final = "user/somebody"

_REQUEST_ID: Final = re.compile(r"(Request ?(?:ID|Id|Token): ?)[0-9A-Fa-f-]{36}")
"""Request id in a CloudFormation reason."""

_NOT_ALLOWED: Final = ("SecretAccessKey", "SessionToken", "ResponseURL")


class Recording:
    """Writes one line per fact immediately, so that the facts before a failure are kept."""

    def __init__(self, path: Path, placeholders: Mapping[str, str]) -> None:
        self.path = path
        # Longest first: the name of a caller may contain the account id.
        self._placeholders = dict(sorted(placeholders.items(), key=lambda pair: -len(pair[0])))
        self._lines: list[dict[str, Any]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def replace(self, text: str, placeholder: str) -> None:
        """Replace a string with a placeholder from now on, for example a request id."""
        if text:
            self._placeholders[text] = placeholder

    def add(self, kind: str, **fields: object) -> dict[str, Any]:
        """Write a line, and return it as written."""
        text = json.dumps({"kind": kind, **fields}, default=_plain, ensure_ascii=False)
        for value, placeholder in self._placeholders.items():
            text = text.replace(value, placeholder)
        text = _REQUEST_ID.sub(rf"\g<1>{REQUEST_ID}", text)
        if any(f'"{name}"' in text for name in _NOT_ALLOWED):
            raise ValueError(f"a line of the kind {kind!r} would contain a secret")
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        line: dict[str, Any] = json.loads(text)
        self._lines.append(line)
        return line

    def lines(self, kind: str) -> list[dict[str, Any]]:
        """Return the written lines of a kind."""
        return [line for line in self._lines if line["kind"] == kind]


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a recording. ValueError for an invalid file or another format."""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line: object = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{path}:{number}: must be a line of JSON: {error}") from error
        if not isinstance(line, dict) or "kind" not in line:
            raise ValueError(f"{path}:{number}: must be an object with a kind: got {text[:80]!r}")
        if number == 1 and (line["kind"], line.get("format")) != ("run", FORMAT):
            raise ValueError(f"{path}: must begin with a run of format {FORMAT}: record it with this version")
        yield line


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return f"{len(value)} bytes"
        case _:
            return str(value)
