"""A figure of the page, and the samples that its tables are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Sample:
    """One value for each round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        first, _, third = quantiles(self.values, n=4, method="inclusive")
        return first, third

    def spread(self, scale: float = 1.0, digits: int = 0) -> str:
        """Return the quartiles as text."""
        first, third = self.quartiles
        return f"{first * scale:,.{digits}f} – {third * scale:,.{digits}f}"

    def over(self, peer: "Sample") -> float:
        """Return the median of the ratios to a peer, round by round: noise that affects a whole round cancels out."""
        return median(ours / theirs for ours, theirs in zip(self.values, peer.values, strict=True))


@dataclass(frozen=True)
class Table:
    """A header and rows of text. All columns but the first are aligned right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Goal:
    """A measured value, its upper limit, and the reason to show if it exceeds the limit.

    The id is unique in its figure and stays when the text or the limit changes: the history of the values follows it.
    A goal that `guards` is a limit against regressions: a run that exceeds it fails.
    """

    id: str = field(kw_only=True)
    text: str
    got: float
    limit: float
    why_missed: str
    unit: str = "×"
    guards: bool = field(default=False, kw_only=True)

    @property
    def is_met(self) -> bool:
        """Whether the value is within the limit."""
        return self.got <= self.limit

    @property
    def verdict(self) -> str:
        """The value beside the limit, in a word."""
        met, missed = ("kept", "exceeded") if self.guards else ("met", "missed")
        return met if self.is_met else missed


@dataclass(frozen=True)
class Figure:
    """A section of the page: the method, the tables, what they say, the goals, and a picture (SVG) if there is one."""

    id: str
    title: str
    how: str
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    finding: str = ""
    picture: str = ""

    def summary(self) -> str:
        """Return the figure as lines for the terminal."""
        lines = [" | ".join(row) for table in self.tables for row in table.rows]
        goals = [
            f"{goal.verdict if goal.is_met else goal.verdict.upper()}: {goal.text} ({goal.got:.2f} {goal.unit})"
            for goal in self.goals
        ]
        return "\n".join([*lines, *goals])


def at_most(
    samples: Mapping[str, Sample],
    ours: str,
    peer: str,
    *,
    id: str,
    limit: float,
    why_missed: str,
    of: str = "",
    guards: bool = False,
) -> Goal:
    """Return the goal of a ratio to a peer."""
    ratio = samples[ours].over(samples[peer])
    return Goal(f"at most {limit} × {of}{peer}", ratio, limit, why_missed, id=id, guards=guards)


def compared(samples: Mapping[str, Sample], ours: str, unit: str, scale: float = 1.0, digits: int = 0) -> Table:
    """Return a table of the medians and quartiles of each sample, and of the ratio of ours to it."""
    rows = []
    for name, sample in samples.items():
        ratio = "" if name == ours else number(samples[ours].over(sample))
        median = f"{sample.median * scale:,.{digits}f}"
        rows.append((name, median, sample.spread(scale, digits), str(len(sample.values)), ratio))
    return Table(("", f"median, {unit}", "quartiles", "runs", "ours ÷ this"), tuple(rows))


def number(value: float) -> str:
    """Format a number with two or three significant digits."""
    size = abs(value)
    if size >= 100:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"  # noqa: PLR2004
