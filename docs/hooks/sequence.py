"""Renders a sequence diagram as SVG from a plain description.

One line per step, in chronological order:

    A -> B: a call       A --> B: a response
    A -x B: a lost call  A --x B: a lost response
    A: an action of A

Participants are in order of their first appearance. ValueError for any other line.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, NamedTuple

_STEP: Final = re.compile(r"(?P<from>[^:<>-]+?)(?: (?P<arrow>--?[>x]) (?P<to>[^:]+))?: (?P<text>.+)")

_COLUMN: Final = 300
_MARGIN: Final = 110
_TOP: Final = 60
_ROW: Final = 46
_CHARACTER: Final = 7.0
"""Maximum width of a character in the labels, in pixels."""


class Step(NamedTuple):
    """A line of a description. `to` is empty for an action of one participant."""

    by: str
    arrow: str
    to: str
    text: str

    @property
    def is_answer(self) -> bool:
        """Whether it is a response to a call."""
        return self.arrow.startswith("--")

    @property
    def is_lost(self) -> bool:
        """Whether it is lost."""
        return self.arrow.endswith("x")


def steps(description: str) -> list[Step]:
    """Parse a description."""
    return list(_read(line.strip() for line in description.splitlines()))


def _read(lines: Iterable[str]) -> Iterator[Step]:
    for line in filter(None, lines):
        match = _STEP.fullmatch(line)
        if match is None:
            raise ValueError(f"not a step of a sequence: {line!r}")
        yield Step(match["from"], match["arrow"] or "", match["to"] or "", match["text"])


def svg(description: str) -> str:
    """Render a description. Lines have the colour of the text, so that they are visible on light and dark pages."""
    read = steps(description)
    names = list(dict.fromkeys(name for step in read for name in (step.by, step.to) if name))
    x = {name: _MARGIN + index * _COLUMN for index, name in enumerate(names)}
    width, height = 2 * _MARGIN + (len(names) - 1) * _COLUMN, _TOP + len(read) * _ROW + 20
    told = escape(
        "; ".join(f"{step.by} {'to ' + step.to if step.to else ''}: {step.text}" for step in read), quote=True
    )
    parts = [
        f'<figure class="sequence"><svg viewBox="0 0 {width} {height}" role="img" aria-label="{told}">',
        *(_participant(name, x[name], height) for name in names),
        *(_drawn(step, x, _TOP + (row + 1) * _ROW - 14) for row, step in enumerate(read)),
        "</svg></figure>",
    ]
    return "".join(parts)  # on one line: Markdown ends an HTML block at an empty line


def _participant(name: str, x: float, height: float) -> str:
    wide = len(name) * 8.5 + 24
    return (
        f'<line class="life" x1="{x}" y1="40" x2="{x}" y2="{height}"/>'
        f'<rect x="{x - wide / 2}" y="8" width="{wide}" height="32" rx="4"/>'
        f'<text class="name" x="{x}" y="29">{escape(name)}</text>'
    )


def _drawn(step: Step, x: dict[str, int], y: float) -> str:
    text = escape(step.text)
    if not step.to:
        wide = len(step.text) * _CHARACTER + 16
        left = x[step.by] - wide / 2
        return (
            f'<rect class="note" x="{left}" y="{y - 17}" width="{wide}" height="26" rx="3"/>'
            f'<text x="{x[step.by]}" y="{y}">{text}</text>'
        )
    start, end = x[step.by], x[step.to]
    way = 1 if end > start else -1
    # The arrow of a lost call or response ends before its target.
    tip = start + (end - start) * 0.8 if step.is_lost else end - way
    kind = "answer" if step.is_answer else "call"
    head = (
        f'<path class="lost" d="M{tip - 6} {y - 6}L{tip + 6} {y + 6}M{tip - 6} {y + 6}L{tip + 6} {y - 6}"/>'
        if step.is_lost
        else f'<path class="head" d="M{tip} {y}L{tip - way * 9} {y - 5}L{tip - way * 9} {y + 5}Z"/>'
    )
    return (
        f'<line class="{kind}" x1="{start}" y1="{y}" x2="{tip}" y2="{y}"/>{head}'
        f'<text x="{(start + end) / 2}" y="{y - 7}">{text}</text>'
    )
