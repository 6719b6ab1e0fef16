"""A Create that meets a process which has had one before."""

from contextlib import ExitStack
from typing import Final

from imagebuilder_bench.bench import Bench, in_turns
from imagebuilder_bench.figure import Figure, Goal, compared
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, BOTOCORE, CFNRESPONSE, CRHELPER, OURS, PROVIDER
from imagebuilder_bench.lambda_service import lambda_service
from imagebuilder_bench.paths import WORK
from imagebuilder_bench.processes import Worker, worker
from imagebuilder_bench.services import Services, services
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, AWS_CUSTOM_RESOURCE, PROVIDER, CRHELPER, CFNRESPONSE)
_EVENTS_A_ROUND: Final = 5
_WARM_UP: Final = 5

_HOW: Final = """\
From the event's arrival at the function to its answer taken by CloudFormation: a Create with one call to the emulator
and one answer to a ResponseURL over TLS, both on loopback. Timed inside the process, around the handler. Every function
is one process that has handled some events before. AwsCustomResource and the Provider framework are the JavaScript of
aws-cdk-lib's own assets, with the SDK for JavaScript installed beside them; the only change is that their connections
to the ResponseURL are sent to the server's port, because they ignore the URL's. The Provider framework invokes a second
function: that is the bare botocore client, in a process of its own, invoked without what Lambda itself adds."""


def measure(bench: Bench) -> Figure:
    """Send each of them the same number of events, in turns."""
    taken: dict[str, list[float]] = {name: [] for name in _NAMES}
    with services(WORK) as aws, ExitStack() as stack:
        workers = {name: _start(bench, name, aws, stack) for name in _NAMES}
        for number in range(-_WARM_UP, bench.rounds * _EVENTS_A_ROUND):
            for name in in_turns(_NAMES, number):
                result = workers[name].send(bench.functions[name].takes(aws.create_event()))
                if number >= 0:
                    taken[name].append(result.seconds)
        answers = [answer["Status"] for answer in aws.responses.taken]
    failed = len(answers) - answers.count("SUCCESS")
    if failed or len(answers) != len(_NAMES) * (_WARM_UP + bench.rounds * _EVENTS_A_ROUND):
        raise RuntimeError(f"{failed} of {len(answers)} events failed")
    samples = {name: Sample(tuple(values)) for name, values in taken.items()}
    ratio = samples[OURS].over(samples[AWS_CUSTOM_RESOURCE]).median
    return Figure(
        id="warm-event",
        title="Warm event",
        how=_HOW,
        tables=(compared(samples, OURS, "ms", 1000, 1),),
        goals=(
            Goal(
                "at most 1.0 × AwsCustomResource's handler",
                ratio,
                1.0,
                "Of an event's time, most goes into a new TLS connection to the ResponseURL, and there into reading "
                "the trusted certificates, which Node keeps compiled in and Python reads from a file.",
            ),
        ),
        pictures={"warm-event.svg": bars("Create to answer delivered, warm", samples, "ms", 1000, 1)},
        values={name: sample.median * 1000 for name, sample in samples.items()}
        | {f"ours ÷ {AWS_CUSTOM_RESOURCE}": ratio},
    )


def _start(bench: Bench, name: str, aws: Services, stack: ExitStack) -> Worker:
    environment = aws.environment
    if name == PROVIDER:
        user = stack.enter_context(worker(bench.functions[BOTOCORE], environment, bench.log("user function")))
        environment = environment | stack.enter_context(lambda_service(user))
    return stack.enter_context(worker(bench.functions[name], environment, bench.log(name)))
