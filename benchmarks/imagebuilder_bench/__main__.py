"""`python -m imagebuilder_bench [--quick] [--only FIGURE ...]`: measure, and write the page."""

import argparse
import shutil

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure
from imagebuilder_bench.figures import FIGURES
from imagebuilder_bench.paths import BENCH, ROOT, WORK
from imagebuilder_bench.results import write
from imagebuilder_local.steps import say, step, told_plainly


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="few runs, and the page stays as it is")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES], default=[*FIGURES], help="these figures alone")
    chosen = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    bench = Bench(quick=chosen.quick)
    figures: list[Figure] = []
    try:
        for name in chosen.only:
            with step(name):
                figure = FIGURES[name](bench)
                figures.append(figure)
                say(_summary(figure))
    finally:
        # Also when a figure fails, or is stopped: the others took long enough.
        if figures:
            written = write(figures, BENCH / "quick" if chosen.quick else ROOT / "docs")
            print(f"\nwritten: {written}")


def _summary(figure: Figure) -> str:
    lines = [" | ".join(cell for cell in row) for table in figure.tables for row in table.rows]
    goals = [f"{'met' if goal.is_met else 'MISSED'}: {goal.text} ({goal.got:.2f} {goal.unit})" for goal in figure.goals]
    return "\n".join([*lines, *goals])


if __name__ == "__main__":
    with told_plainly():
        main()
