"""What a figure of the page consists of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from imagebuilder_bench.stats import Sample

OURS_OVER: Final = "ours ÷ this"


@dataclass(frozen=True)
class Table:
    """Rows of text under a header. Columns after the first are numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Goal:
    """What a number should be at most, what it was, and why it may be missed: shown only when it is."""

    text: str
    got: float
    limit: float
    why_missed: str
    unit: str = "×"

    @property
    def is_met(self) -> bool:
        """Whether the number is small enough."""
        return self.got <= self.limit


@dataclass(frozen=True)
class Figure:
    """One figure: how it is measured, tables, goals, pictures by file name, and the numbers that history keeps."""

    id: str
    title: str
    how: str
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the figure as data; pictures are files of their own."""
        return asdict(self) | {"pictures": list(self.pictures)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_json returned."""
        tables = tuple(Table(tuple(t["header"]), tuple(tuple(row) for row in t["rows"])) for t in data["tables"])
        goals = tuple(Goal(**goal) for goal in data["goals"])
        pictures = dict.fromkeys(data["pictures"], "")
        return cls(data["id"], data["title"], data["how"], tables, goals, pictures, data["values"])


def compared(samples: Mapping[str, Sample], ours: str, unit: str, scale: float = 1.0, digits: int = 0) -> Table:
    """Return a table of medians, quartiles and the ratios of ours to the others, run by run."""
    rows = []
    for name, sample in samples.items():
        first, third = sample.quartiles
        ratio = "" if name == ours else number(samples[ours].over(sample).median)
        spread = f"{first * scale:,.{digits}f} – {third * scale:,.{digits}f}"
        rows.append((name, f"{sample.median * scale:,.{digits}f}", spread, str(len(sample.values)), ratio))
    return Table(("", f"median, {unit}", "middle half of the runs", "runs", OURS_OVER), tuple(rows))


def number(value: float) -> str:
    """Write a ratio, or another number without a natural precision, with two or three figures that count."""
    size = abs(value)
    if size >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"  # noqa: PLR2004
