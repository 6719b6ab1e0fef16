"""Bar charts, narrow enough for two beside each other, in the colours of the reader's scheme."""

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from imagebuilder_bench.figure import Sample

_COLOURS: Final = ("#c2410c", "#2563eb", "#15803d", "#9333ea", "#71717a")
_WIDTH: Final = 480
_LABELS: Final = 214
_RIGHT: Final = 70
_BAR: Final = 24
# A picture that a page loads knows the reader's scheme, but not the page's style sheet.
_STYLE: Final = (
    "text{fill:#18181b}path{stroke:#18181b}@media(prefers-color-scheme:dark){text{fill:#d4d4d8}path{stroke:#d4d4d8}}"
)


def bars(title: str, samples: Mapping[str, Sample], unit: str, scale: float = 1.0, digits: int = 0) -> str:
    """Return an SVG with a bar for the median of each sample and a whisker between its quartiles."""
    room = _WIDTH - _LABELS - _RIGHT
    most = max(sample.quartiles[1] for sample in samples.values()) * scale or 1.0
    height = 36 + len(samples) * _BAR
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="0" y="16" font-weight="bold">{escape(title)}</text>',
    ]
    for index, (name, sample) in enumerate(samples.items()):
        top = 30 + index * _BAR
        length = sample.median * scale / most * room
        first, third = (_LABELS + quartile * scale / most * room for quartile in sample.quartiles)
        middle = top + 8
        colour = _COLOURS[index % len(_COLOURS)]
        label = f"{sample.median * scale:,.{digits}f} {unit}".strip()
        parts += [
            f'<text x="{_LABELS - 8:.1f}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{length:.1f}" height="16" fill="{colour}"/>',
            f'<path d="M{first:.1f} {middle}H{third:.1f}m0 -4v8M{first:.1f} {middle - 4}v8"/>',
            f'<text x="{max(third, _LABELS + length) + 6:.1f}" y="{middle + 4:.1f}">{escape(label)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
