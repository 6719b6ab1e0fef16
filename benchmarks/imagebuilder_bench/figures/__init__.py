"""The figures in the order of the page."""

from collections.abc import Callable, Mapping
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure
from imagebuilder_bench.figures import (
    api_calls,
    build_on_deploy,
    cold_start,
    cold_start_256,
    emulator_list,
    first_make_local,
    make_local,
    many_pipelines,
    memory,
    policy,
    storm,
    synth,
    warm_event,
)

FIGURES: Final[Mapping[str, Callable[[Bench], Figure]]] = {
    "cold-start": cold_start.measure,
    "cold-start-256": cold_start_256.measure,
    "warm-event": warm_event.measure,
    "memory": memory.measure,
    "api-calls": api_calls.measure,
    "synth": synth.measure,
    "policy": policy.measure,
    "storm": storm.measure,
    "build-on-deploy": build_on_deploy.measure,
    "make-local": make_local.measure,
    "first-make-local": first_make_local.measure,
    "many-pipelines": many_pipelines.measure,
    "emulator-list": emulator_list.measure,
}
