"""`python -m imagebuilder_bench [--quick] [--only FIGURE ...]`: measure and write the page."""

import argparse
import shutil

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figures import FIGURES
from imagebuilder_bench.page import write
from imagebuilder_bench.paths import BENCH, ROOT, WORK
from imagebuilder_bench.run import Run
from imagebuilder_local.steps import say, step, told_plainly


def main() -> None:
    """Measure the figures that the command line names."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="few rounds; write below .local/bench/quick, not docs")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES], default=[*FIGURES], help="measure only these figures")
    arguments = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    bench, run = Bench(quick=arguments.quick), Run.start(quick=arguments.quick)
    figures = []
    try:
        for name in arguments.only:
            with step(name):
                figures.append(FIGURES[name](bench))
                say(figures[-1].summary())
    finally:
        # Keep the finished figures if a later one fails or is interrupted.
        if figures:
            print(f"\nwritten: {write(figures, run, BENCH / 'quick' if run.quick else ROOT / 'docs')}")


if __name__ == "__main__":
    with told_plainly():
        main()
