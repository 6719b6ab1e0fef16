"""Medians and spreads."""

from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Sample:
    """What a number of runs gave."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile: half of the runs lie between them."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        first, _, third = quantiles(self.values, n=4, method="inclusive")
        return first, third

    def over(self, peer: "Sample") -> "Sample":
        """Return the ratios to a peer, run by run: what disturbs two runs side by side leaves their ratio alone."""
        return Sample(tuple(ours / theirs for ours, theirs in zip(self.values, peer.values, strict=True)))
