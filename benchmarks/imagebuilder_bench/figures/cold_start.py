"""From a fresh process to the first call sent."""

from typing import Final

from imagebuilder_bench.bench import Bench, seconds_to_first_call
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, BOTOCORE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, CRHELPER, CFNRESPONSE, BOTOCORE, AWS_CUSTOM_RESOURCE)

WHY_MISSED: Final = (
    "What is left is Python's start, reading our own modules (the asset carries no compiled code, for the runtime's "
    "release is not known at synth) and, for about half of the time, importing the parts of botocore that sign, send "
    "and parse a request. Doing without botocore would meet the goal, and was decided against: see decision 7."
)

_HOW: Final = """\
From the start of a process to the arrival of its first Image Builder request at the emulator, on loopback: the clock is
read by the emulator, so nothing inside the measured process is touched, and the emulator's own share is the same for
all. The process is what Lambda would run: the real synthesised asset unpacked, a Create event, the function's folder
first on the path, the SDK of the runtime behind it with its compiled modules, no compiled modules of the function's own
(Lambda's `/var/task` is read-only), no `.pth` files. The endpoint speaks plain HTTP in the first table, so that the
function alone is timed, and TLS with as many trusted certificates as on AWS in the second. AwsCustomResource runs
on Node; it is here for orientation and has no goal."""


def measure(bench: Bench) -> Figure:
    """Run each of them."""
    plain = seconds_to_first_call(bench.cold_runs(_NAMES))
    tls = seconds_to_first_call(bench.cold_runs(_NAMES, tls=True))
    return Figure(
        id="cold-start",
        title="Cold start",
        how=_HOW,
        tables=(compared(plain, OURS, "ms", 1000), compared(tls, OURS, "ms over TLS", 1000)),
        goals=goals(plain),
        pictures={"cold-start.svg": bars("Fresh process to first call sent (less is better)", plain, "ms", 1000)},
        values={name: sample.median * 1000 for name, sample in plain.items()} | ratios(plain),
    )


def ratios(samples: dict[str, Sample]) -> dict[str, float]:
    """Return the two ratios that have goals."""
    ours = samples[OURS]
    return {f"ours ÷ {name}": ours.over(samples[name]).median for name in (CRHELPER, BOTOCORE)}


def goals(samples: dict[str, Sample]) -> tuple[Goal, ...]:
    """Return the goals of a cold start, whatever the share of a CPU."""
    ours = samples[OURS]
    return (
        Goal("at most 0.5 × crhelper style", ours.over(samples[CRHELPER]).median, 0.5, WHY_MISSED),
        Goal("at most 0.8 × a bare botocore client", ours.over(samples[BOTOCORE]).median, 0.8, WHY_MISSED),
    )
