"""Pictures: horizontal bars with the spread of the runs, and lines over a logarithmic axis."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from imagebuilder_bench.stats import Sample

_COLOURS: Final = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#52525b")
_WIDTH: Final = 720
_LABELS: Final = 190
_RIGHT: Final = 90
_BAR: Final = 30


def bars(title: str, samples: Mapping[str, Sample], unit: str, scale: float = 1.0, digits: int = 0) -> str:
    """Draw a bar for each sample: its length the median, the thin line across its end the middle half of the runs."""
    room = _WIDTH - _LABELS - _RIGHT
    most = max(sample.quartiles[1] for sample in samples.values()) * scale or 1.0
    parts = []
    for index, (name, sample) in enumerate(samples.items()):
        top = 44 + index * _BAR
        length = sample.median * scale / most * room
        first, third = (_LABELS + quartile * scale / most * room for quartile in sample.quartiles)
        middle = top + 9
        parts += [
            _text(_LABELS - 8, middle + 4, name, anchor="end"),
            f'<rect x="{_LABELS}" y="{top}" width="{length:.1f}" height="18" fill="{_colour(index)}"/>',
            f'<path d="M{first:.1f} {middle}H{third:.1f}m0 -4v8M{first:.1f} {middle - 4}v8" stroke="#18181b"/>',
            _text(max(third, _LABELS + length) + 6, middle + 4, f"{sample.median * scale:,.{digits}f} {unit}"),
        ]
    return _picture(title, 52 + len(samples) * _BAR, parts)


def lines(title: str, series: Mapping[str, Sequence[tuple[float, float]]], x_title: str, y_title: str) -> str:
    """Draw a line for each series of points, with both axes logarithmic: what is linear is straight at 45 degrees."""
    points = [point for line in series.values() for point in line]
    left, right, top, bottom = 80, _WIDTH - 200, 50, 300
    x_low, x_high = _decades(x for x, _ in points)
    y_low, y_high = _decades(y for _, y in points)

    def across(x: float) -> float:
        return left + (math.log10(x) - x_low) / (x_high - x_low) * (right - left)

    def up(y: float) -> float:
        return bottom - (math.log10(y) - y_low) / (y_high - y_low) * (bottom - top)

    parts = []
    for exponent in range(x_low, x_high + 1):
        x = across(10.0**exponent)
        parts += [f'<path d="M{x:.1f} {top}V{bottom}" stroke="#e4e4e7"/>']
        parts += [_text(x, bottom + 18, f"{10.0**exponent:,.10g}", anchor="middle")]
    for exponent in range(y_low, y_high + 1):
        y = up(10.0**exponent)
        parts += [f'<path d="M{left} {y:.1f}H{right}" stroke="#e4e4e7"/>']
        parts += [_text(left - 8, y + 4, f"{10.0**exponent:,.10g}", anchor="end")]
    for index, (name, line) in enumerate(series.items()):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        parts += [f'<polyline points="{path}" fill="none" stroke="{_colour(index)}" stroke-width="2"/>']
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{_colour(index)}"/>' for x, y in line]
        legend = top + 8 + index * 20
        parts += [f'<rect x="{right + 14}" y="{legend - 8}" width="12" height="8" fill="{_colour(index)}"/>']
        parts += [_text(right + 32, legend, name)]
    parts += [_text((left + right) / 2, bottom + 38, x_title, anchor="middle"), _text(8, top - 10, y_title)]
    return _picture(title, bottom + 50, parts)


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """Return the powers of ten between which the values lie."""
    positive = [value for value in values if value > 0]
    low = math.floor(math.log10(min(positive)))
    return low, max(low + 1, math.ceil(math.log10(max(positive))))


def _colour(index: int) -> str:
    return _COLOURS[index % len(_COLOURS)]


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(title: str, height: int, parts: Sequence[str]) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="22" font-weight="bold">{escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])
