"""A stack of many pipelines, deployed to the local cloud."""

import json
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Sample, at_most, compared
from imagebuilder_bench.paths import CHILDREN, ROOT, WORK
from imagebuilder_bench.svg import bars
from imagebuilder_local.steps import run

# With the recipe, the configuration and the provider, the stack has 500 resources.
_PIPELINES, _QUICK, _ROUNDS = 489, 60, 3
_OURS: Final = "pipelines"
_NOTHING: Final = "custom resources that do nothing"
_WHY: Final = "The local cloud's CloudFormation sends the events one after the other."

_HOW: Final = """\
`cdk deploy` of a synthesised stack with {number} pipelines that share a recipe, to a local cloud that is bootstrapped.
Beside it, in the same local cloud, a stack with as many custom resources whose function responds at once and calls
nothing. Each deployment creates a new stack."""


def measure(bench: Bench) -> Figure:
    """Deploy both in turn."""
    folder = WORK / "many-pipelines"
    folder.mkdir()
    # The local cloud is of the project's environment, and so is the CDK CLI.
    python, program = str(ROOT / ".venv" / "bin" / "python"), str(CHILDREN / "many_pipelines.py")
    number, rounds = (_QUICK, 1) if bench.quick else (_PIPELINES, _ROUNDS)
    printed = run([python, program, str(number), str(rounds), str(ROOT), str(folder)], folder=ROOT)
    taken: dict[str, list[float]] = json.loads(printed.splitlines()[-1])
    samples = {_OURS: Sample(tuple(taken["pipelines"])), _NOTHING: Sample(tuple(taken["nothing"]))}
    return Figure(
        id="many-pipelines",
        title=f"{number} pipelines in the local cloud",
        how=_HOW.format(number=number),
        tables=(compared(samples, _OURS, "s", 1, 1),),
        goals=(
            Goal("at most 25 s", samples[_OURS].median, 25.0, _WHY, "s", id="seconds"),
            at_most(samples, _OURS, _NOTHING, id="nothing", limit=2.0, why_missed=_WHY),
        ),
        picture=bars(f"Deploy {number} to the local cloud (less is better)", samples, "s", 1, 1),
    )
