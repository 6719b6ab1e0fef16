"""Bar charts."""

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from imagebuilder_bench.figure import Sample

_COLOURS: Final = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#52525b")
_WIDTH: Final = 720
_LABELS: Final = 190
_RIGHT: Final = 90
_BAR: Final = 30


def bars(title: str, samples: Mapping[str, Sample], unit: str, scale: float = 1.0, digits: int = 0) -> str:
    """Return an SVG with a bar for the median of each sample and a whisker between its quartiles."""
    room = _WIDTH - _LABELS - _RIGHT
    most = max(sample.quartiles[1] for sample in samples.values()) * scale or 1.0
    height = 52 + len(samples) * _BAR
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="22" font-weight="bold">{escape(title)}</text>',
    ]
    for index, (name, sample) in enumerate(samples.items()):
        top = 44 + index * _BAR
        length = sample.median * scale / most * room
        first, third = (_LABELS + quartile * scale / most * room for quartile in sample.quartiles)
        middle = top + 9
        colour = _COLOURS[index % len(_COLOURS)]
        label = f"{sample.median * scale:,.{digits}f} {unit}"
        parts += [
            f'<text x="{_LABELS - 8:.1f}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{length:.1f}" height="18" fill="{colour}"/>',
            f'<path d="M{first:.1f} {middle}H{third:.1f}m0 -4v8M{first:.1f} {middle - 4}v8" stroke="#18181b"/>',
            f'<text x="{max(third, _LABELS + length) + 6:.1f}" y="{middle + 4:.1f}">{escape(label)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
