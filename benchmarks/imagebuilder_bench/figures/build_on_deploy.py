"""What a build on deploy adds: to a synth, to a deployment that builds nothing, and for each look at an image."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from imagebuilder_bench.bench import Bench, in_turn
from imagebuilder_bench.figure import Figure, Goal, Sample, Table, compared
from imagebuilder_bench.figures.cold_start_256 import DEFAULT_MEBIBYTES, cpu_share
from imagebuilder_bench.functions import OURS
from imagebuilder_bench.paths import CHILDREN, ROOT, WORK
from imagebuilder_bench.processes import Process
from imagebuilder_bench.services import Services, services
from imagebuilder_bench.svg import bars
from imagebuilder_bench.synths import OWN_RECIPES, WITH_BUILDS, synth
from imagebuilder_local.steps import run

_COUNT: Final = 100
_WITH: Final = "with a build"
_WITHOUT: Final = "without"
_LOOKS: Final = 6
_ROUNDS: Final = 5

_HOW: Final = f"""\
The first table is the synth of {_COUNT} pipelines with recipes of their own, in fresh processes. The second is a
deployment to the local cloud by the CDK CLI that changes the description of a pipeline: its image is built already and
is not built again. The third is the watcher's look at an image that is being built, warm: CPU seconds divided by the
share of a vCPU that Lambda grants at {DEFAULT_MEBIBYTES} MiB, {{share:.1%}}, without waiting for the network."""


def measure(bench: Bench) -> Figure:
    """Measure the synth, the deployment and the look."""
    rounds = 2 if bench.quick else _ROUNDS
    synths, deployments, looks = _synths(rounds), _deployments(rounds), _looks(bench)
    ratio = deployments[_WITH].over(deployments[_WITHOUT])
    quartiles = "{:.1f} – {:.1f}".format(*(1000 * second for second in looks.quartiles))
    return Figure(
        id="build-on-deploy",
        title="Build on deploy",
        how=_HOW.format(share=cpu_share(DEFAULT_MEBIBYTES)),
        tables=(
            compared(synths, _WITH, "s", 1, 2),
            compared(deployments, _WITH, "s", 1, 2),
            Table(("", "median, ms", "quartiles"), (("a look", f"{1000 * looks.median:.1f}", quartiles),)),
        ),
        goals=(
            Goal(
                f"synth of {_COUNT}: at most 2.0 × without builds",
                synths[_WITH].over(synths[_WITHOUT]),
                2.0,
                "A build reads the recipe and its components through the CDK, a message to its Node process for each.",
                id="synth",
            ),
            Goal(
                "deployment without a new build: at most 1.2 × without builds",
                ratio,
                1.2,
                "Each build is one more custom resource, and the stack has a state machine and the watcher.",
                id="deployment",
            ),
            Goal(
                f"a look: at most 150 ms at {DEFAULT_MEBIBYTES} MiB",
                1000 * looks.median,
                150,
                "Most of a look is one request to Image Builder.",
                "ms",
                id="look",
            ),
        ),
        picture=bars("A deployment that builds nothing (less is better)", deployments, "s", 1, 2),
    )


def _synths(rounds: int) -> dict[str, Sample]:
    kinds = {_WITH: WITH_BUILDS, _WITHOUT: OWN_RECIPES}
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for name, counts in in_turn([*kinds], rounds):
        seconds = synth(kinds[name], _COUNT)
        if counts:
            taken[name].append(seconds)
    return {name: Sample(tuple(values)) for name, values in taken.items()}


def _deployments(rounds: int) -> dict[str, Sample]:
    folder = WORK / "build-on-deploy"
    folder.mkdir()
    # The local cloud is of the project's environment, and so is the CDK CLI.
    python, program = str(ROOT / ".venv" / "bin" / "python"), str(CHILDREN / "deployments.py")
    printed = run([python, program, str(rounds), str(ROOT), str(folder)], folder=ROOT)
    taken: dict[str, list[float]] = json.loads(printed.splitlines()[-1])
    return {_WITH: Sample(tuple(taken["with"])), _WITHOUT: Sample(tuple(taken["without"]))}


def _looks(bench: Bench) -> Sample:
    watcher = replace(bench.functions[OURS], handler="imagebuilder_pipeline_handler.watcher.look")
    share = cpu_share(DEFAULT_MEBIBYTES)
    taken = []
    with services() as aws:
        for _ in range(bench.rounds):
            watch = _watch(aws)
            with Process(watcher, aws.environment) as process:
                _, *warm = [process.send(watch) for _ in range(_LOOKS)]
            taken += [result.event_cpu / share for result in warm]
        if aws.responses.taken:
            raise RuntimeError("an image that is being built must have no response")
    return Sample(tuple(taken))


def _watch(aws: Services) -> dict[str, Any]:
    properties = aws.properties()
    pipeline = aws.image_builder.call(
        "CreateImagePipeline",
        {
            "name": properties["Name"],
            "imageRecipeArn": properties["ImageRecipeArn"],
            "infrastructureConfigurationArn": properties["InfrastructureConfigurationArn"],
            "clientToken": properties["Name"],
        },
    )["imagePipelineArn"]
    started = {"imagePipelineArn": pipeline, "clientToken": f"build-{properties['Name']}"}
    image = aws.image_builder.call("StartImagePipelineExecution", started)["imageBuildVersionArn"]
    return {
        "event": aws.create_event(),
        "image": image,
        "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "timeout": 3300,
        "isLast": True,
        "faults": 0,
    }
