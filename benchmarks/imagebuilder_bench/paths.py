"""Paths of the benchmarks."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BENCH: Final = ROOT / ".local" / "bench"
"""The benchmarks' own environment and all output of a run except the page."""

VENV: Final = BENCH / "venv"
NODE_MODULES: Final = BENCH / "node_modules"
WORK: Final = BENCH / "work"
"""Scratch folder, emptied when a run starts."""

CHILDREN: Final = Path(__file__).parent / "children"
PEERS: Final = Path(__file__).parent / "peers"
