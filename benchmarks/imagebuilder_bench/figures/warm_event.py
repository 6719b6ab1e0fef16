"""Time of a Create in a process that has handled events before."""

from contextlib import ExitStack
from typing import Final

from imagebuilder_bench.bench import Bench, taken
from imagebuilder_bench.figure import Figure, Sample, at_most, compared
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, CFNRESPONSE, CRHELPER, OURS
from imagebuilder_bench.processes import Process
from imagebuilder_bench.services import services
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, AWS_CUSTOM_RESOURCE, CRHELPER, CFNRESPONSE)
_EVENTS: Final = 100
_WARM_UP: Final = 5

_HOW: Final = """\
Time in the handler for a Create, with one call to the emulator and one response to a ResponseURL over TLS, both on
loopback. Each function runs in one process that has handled events before. AwsCustomResource is the asset of
aws-cdk-lib with the SDK for JavaScript installed beside it. Its requests to the ResponseURL are redirected to the
server's port, since it ignores the port of the URL."""


def measure(bench: Bench) -> Figure:
    """Send the same number of events to each function."""
    events = 15 if bench.quick else _EVENTS
    with services() as aws, ExitStack() as stack:
        processes = {name: stack.enter_context(Process(bench.functions[name], aws.environment)) for name in _NAMES}

        def seconds(name: str) -> float:
            return processes[name].send(bench.functions[name].convert(aws.create_event())).seconds

        samples = {name: Sample(tuple(values)) for name, values in taken(_NAMES, seconds, events, _WARM_UP).items()}
        statuses = [response["Status"] for response in aws.responses.taken]
    if statuses != ["SUCCESS"] * len(_NAMES) * (events + _WARM_UP):
        raise RuntimeError(f"only {statuses.count('SUCCESS')} of {len(statuses)} responses are a success")
    return Figure(
        id="warm-event",
        title="Warm event",
        how=_HOW,
        tables=(compared(samples, OURS, "ms", 1000, 1),),
        goals=(
            at_most(
                samples,
                OURS,
                AWS_CUSTOM_RESOURCE,
                id="aws-custom-resource",
                limit=1.0,
                of="the handler of ",
                why_missed="Most of an event's time is a new TLS connection to the ResponseURL, and most of that is "
                "loading the trusted certificates, which Node has compiled in and Python reads from a file.",
            ),
        ),
        picture=bars("Create until the response is delivered, warm", samples, "ms", 1000, 1),
    )
