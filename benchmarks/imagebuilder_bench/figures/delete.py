"""How long a Delete takes that has nothing to wait for."""

from typing import Final

from support.cloudformation import Resource

from imagebuilder_bench.bench import Bench, in_turns
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.paths import WORK
from imagebuilder_bench.processes import worker
from imagebuilder_bench.services import Services, services
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars
from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG

_NAMES: Final = (OURS, CRHELPER, CFNRESPONSE, AWS_CUSTOM_RESOURCE)

_HOW: Final = """\
The Delete of a live pipeline in a fresh process of a function with five minutes, settings untouched: the seconds in the
handler, and the seconds that it asked `time.sleep` for, which are added and not slept through. crhelper sleeps 120 s
so that its logs arrive (`sleep_on_delete`)."""


def measure(bench: Bench) -> Figure:
    """Delete a pipeline with each of them."""
    taken: dict[str, list[float]] = {name: [] for name in _NAMES}
    with services(WORK) as aws:
        for number in range(-1, bench.rounds):
            for name in in_turns(_NAMES, number):
                seconds = _delete(bench, aws, name)
                if number >= 0:
                    taken[name].append(seconds)
    samples = {name: Sample(tuple(values)) for name, values in taken.items()}
    return Figure(
        id="delete",
        title="Delete",
        how=_HOW,
        tables=(compared(samples, OURS, "s", 1, 2),),
        goals=(
            Goal("under 1 s", samples[OURS].median, 1.0, "The emulator answers at once, so the function waited.", "s"),
        ),
        pictures={"delete.svg": bars("Delete, default settings, five-minute function", samples, "s", 1, 2)},
        values={name: sample.median for name, sample in samples.items()},
    )


def _delete(bench: Bench, aws: Services, name: str) -> float:
    function, resource = bench.functions[name], aws.resource()
    # Made in the service itself: what is measured is a fresh process that gets the Delete first.
    properties = aws.properties()
    made = aws.image_builder.call(
        "CreateImagePipeline",
        {f"{key[:1].lower()}{key[1:]}": value for key, value in properties.items()}
        | {"clientToken": resource.logical_id, "tags": _owner_tags(resource)},
    )
    resource.properties, resource.physical_id = properties, made["imagePipelineArn"]
    event = resource.event("Delete", properties)
    environment = aws.environment | {"BENCH_SKIP_SLEEP": "1"}
    with worker(function, environment, bench.log(name)) as process:
        result = process.send(function.takes(event))
    if any(pipeline["arn"] == resource.physical_id for pipeline in aws.image_builder.pipelines()):
        raise RuntimeError(f"{name} did not delete its pipeline")
    return result.seconds + result.slept


def _owner_tags(resource: Resource) -> dict[str, str]:
    return {STACK_ID_TAG: resource.stack_id, LOGICAL_ID_TAG: resource.logical_id}
