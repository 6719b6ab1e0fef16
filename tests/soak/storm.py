"""Many Creates at once against a service that admits a few requests a second, fails every fifth and drops replies."""

import itertools
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from support.cloudformation import FUNCTION_ARN, STACK_ID, as_cloudformation_sends
from support.function import MARGIN, Function, Outage, Request
from support.simulation import Simulation
from support.stack import CloudFormation, Stack
from support.tls import secure_responses
from support.worker import Worker

from imagebuilder_local.emulator import ImageBuilderServer
from imagebuilder_model.ownership import LOGICAL_ID_TAG
from imagebuilder_model.storms import PIPELINES_VARIABLE
from soak.templates import OWN, REGISTERED, new_service, properties_of

_ENVIRONMENTS_OF_A_PROCESS: Final = 25
_FAULTS: Final = (
    ("ServiceException", 0.07),
    ("ServiceUnavailableException", 0.07),
    ({"status": 502, "body": ""}, 0.06),
)
_LOST: Final = ("reply lost", 0.05)


@dataclass
class Result:
    """What became of a storm."""

    creates: int
    seconds: float
    calls: int
    faults: Counter[str]
    failures: list[str]
    earliest: float
    """The fewest seconds that an answer left before the function's deadline."""

    def __str__(self) -> str:
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.creates} creates in {self.seconds:.0f} s, {self.calls} requests ({told}), "
            f"{len(self.failures)} failures, earliest answer {self.earliest:.1f} s before the deadline"
        )


def wanted(number: int) -> dict[str, Any]:
    return {
        "name": f"storm-{number}",
        "imageRecipeArn": OWN + REGISTERED[0],
        "infrastructureConfigurationArn": OWN + REGISTERED[4],
    }


def storm(creates: int, rate: float, seed: int, timeout: float = 300.0) -> Result:
    """Let processes do it, over sockets."""
    service, dice = new_service(rate_limit=rate), random.Random(seed)
    # One entry a request: most are no fault. Far more than there can be requests in the time.
    service.inject("*", (_weather(dice) for _ in range(int(creates * timeout))))
    deadlines: dict[str, float] = {}
    failures: list[str] = []
    started = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(_told(creates))
        server = stack.enter_context(ImageBuilderServer(service))
        responses = stack.enter_context(secure_responses())
        processes = -(-creates // _ENVIRONMENTS_OF_A_PROCESS)
        workers = [stack.enter_context(Worker(server.url)) for _ in range(processes)]
        started = time.monotonic()
        for number, worker in zip(range(creates), itertools.cycle(workers), strict=False):
            worker.send(_event(number, responses.url), timeout)
        for number, worker in zip(range(creates), itertools.cycle(workers), strict=False):
            result = worker.result(timeout + 30)
            if result["outcome"] == "ok":
                deadlines[result["request_id"]] = result["deadline"]
            else:
                failures.append(f"{number}: {result['outcome']}")
        taken = list(responses.requests)
    seconds = time.monotonic() - started
    failures += _wrong([request["body"] for request in taken], service.pipelines(), creates)
    margins = [deadlines[request["body"]["RequestId"]] - request["at"] for request in taken]
    failures += [f"late: {margin:.1f} s before the deadline" for margin in margins if margin < MARGIN]
    calls = service.calls()
    return Result(creates, seconds, len(calls), _counted(calls), failures, min(margins, default=0.0))


def simulated_storm(creates: int, rate: float, seed: int) -> Result:
    """Do the same on a clock of its own: minutes take seconds, and each can be had again by its seed."""
    simulation, figures = Simulation(seed), Counter[str]()
    service = new_service(rate_limit=rate, clock=lambda: simulation.now)
    function = Function(simulation, service, figures)
    function.outages = [Outage(fault, float("inf"), share) for fault, share in (*_FAULTS, _LOST)]
    cloudformation = CloudFormation(simulation, function, figures)
    stack = Stack(cloudformation, "Storm")
    began, answered = simulation.now, [0.0]
    requests: list[Request] = cloudformation.requests

    def deploy() -> None:
        stack.deploy({f"P{number}": properties_of(wanted(number)) for number in range(creates)})
        answered[0] = simulation.now

    with function.installed(), _told(creates):
        simulation.spawn(deploy)
        simulation.run()
    failures = _wrong([answer for request in requests for answer in request.answers], service.pipelines(), creates)
    failures += function.bucket.violations
    calls = service.calls()
    return Result(creates, answered[0] - began, len(calls), _counted(calls), failures, function.bucket.least_margin)


@contextmanager
def _told(creates: int) -> Iterator[None]:
    """Tell the function the number of pipelines, as the construct does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PIPELINES_VARIABLE, str(creates))
        yield


def _event(number: int, url: str) -> dict[str, Any]:
    given = {"ServiceToken": FUNCTION_ARN, "ServiceTimeout": 1080}
    return {
        "RequestType": "Create",
        "RequestId": str(uuid.uuid4()),
        "StackId": STACK_ID,
        "ResponseURL": url,
        "ResourceType": "Custom::ImagePipeline",
        "LogicalResourceId": f"P{number}",
        "ResourceProperties": as_cloudformation_sends(given | properties_of(wanted(number))),
    }


def _weather(dice: random.Random) -> Any:
    number = dice.random()
    for fault, share in (*_FAULTS, _LOST):
        number -= share
        if number < 0:
            return fault
    return {"delay": 0.0}


def _wrong(answers: list[dict[str, Any]], pipelines: list[dict[str, Any]], creates: int) -> list[str]:
    expected = [f"P{number}" for number in range(creates)]
    wrong = [
        f"{answer['LogicalResourceId']}: {answer['Reason']}" for answer in answers if answer["Status"] != "SUCCESS"
    ]
    if sorted(answer["LogicalResourceId"] for answer in answers) != sorted(expected):
        wrong.append(f"{len(answers)} answers to {creates} events")
    if sorted(pipeline["tags"][LOGICAL_ID_TAG] for pipeline in pipelines) != sorted(expected):
        wrong.append(f"{len(pipelines)} pipelines of {creates} resources")
    return wrong


def _counted(calls: list[Any]) -> Counter[str]:
    return Counter(call.error or "done" for call in calls)
