"""`python -m imagebuilder_bench [--quick] [--only FIGURE ...] [--page]`: measure and write the page."""

import argparse
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from imagebuilder_bench.figures import FIGURES
from imagebuilder_bench.idle import wait_until_idle
from imagebuilder_bench.measuring import measure_all
from imagebuilder_bench.page import write_page
from imagebuilder_bench.paths import BENCH, ROOT, WORK
from imagebuilder_bench.run import Run
from imagebuilder_local.steps import told_plainly

_QUICK = BENCH / "quick"


def main(given: Sequence[str] | None = None, docs: Path = ROOT / "docs") -> None:
    """Measure the figures that the command line names."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="few rounds; write below .local/bench/quick, not docs")
    parser.add_argument("--only", nargs="+", choices=[*FIGURES], default=[*FIGURES], help="measure only these figures")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page from what is stored")
    arguments = parser.parse_args(given)
    if arguments.page:
        print(f"written: {write_page(docs)}")
        return
    for scratch in (WORK, _QUICK) if arguments.quick else (WORK,):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
    figures = {name: FIGURES[name] for name in arguments.only}
    idle = partial(wait_until_idle, quick=arguments.quick)
    measure_all(figures, Run.start(quick=arguments.quick), _QUICK if arguments.quick else docs, idle)


if __name__ == "__main__":
    with told_plainly():
        main()
