"""Where things are."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BENCH: Final = ROOT / ".local" / "bench"
"""The environment of the benchmarks and all that a run leaves behind, except the page."""

VENV: Final = BENCH / "venv"
NODE_MODULES: Final = BENCH / "node_modules"
WORK: Final = BENCH / "work"
"""Emptied at the start of a run."""

CHILDREN: Final = Path(__file__).parent / "children"
PEERS: Final = Path(__file__).parent / "peers"
