"""Step Functions in a simulation: executions are started by name, and look at images as the provider's machine does."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import pytest
from botocore import endpoint
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from support.environment import shared_client
from support.function import Bucket, Delivery, Plan, Request, http_response
from support.simulation import SimulatedClock, Simulation
from support.waiting import SECONDS_BETWEEN_LOOKS

from imagebuilder_pipeline_handler.build import waiting
from imagebuilder_pipeline_handler.runtime.clock import Timeouts
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError
from imagebuilder_pipeline_handler.watcher import Watcher

LONGEST: Final = 3600.0
"""Seconds after which Step Functions stops an execution."""

_TIMEOUT_OF_A_LOOK: Final = 60.0
_READ_TIMEOUT: Final = 12.0
_LATENCY: Final = (0.01, 0.3)
_RETRIES: Final = (5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0)
"""Seconds of each pause at most, with full jitter."""


@dataclass
class BuildPlan(Plan):
    """What goes wrong with an event that may wait for a build."""

    starts: list[str] = field(default_factory=list[str])
    """Faults of its next StartExecution requests: an error code, `hang`, `reset before` or `reply lost`."""
    looks: list[int | None] = field(default_factory=list[int | None])
    """For its looks, in order: how many waits the watcher survives, None for all of them."""
    is_lost: bool = False
    """Whether Step Functions never plays its executions."""
    is_doubled: bool = False
    """Whether a second execution begins for it some seconds later."""

    def is_calm(self) -> bool:
        return super().is_calm() and not (self.starts or self.looks or self.is_lost or self.is_doubled)


class Look(Delivery):
    """One run of the watcher."""

    def __init__(self, request: Request, deadline: float, dies_at: int | None) -> None:
        super().__init__(request, deadline, dies_at)
        self.tokens = {}


@dataclass
class Execution:
    """One execution of the state machine, with what it passes from look to look."""

    input: str
    watch: dict[str, Any]
    is_running: bool = True


class StepFunctions:
    """Starts executions for the function, and plays them with the watcher."""

    def __init__(self, simulation: Simulation, bucket: Bucket, figures: Counter[str]) -> None:
        self._simulation = simulation
        self._bucket = bucket
        self._figures = figures
        self._executions: dict[str, Execution] = {}
        self._events: set[str] = set()
        self._watcher = Watcher(shared_client, clock=SimulatedClock(simulation), put=bucket.put)

    def watches(self, image: str) -> bool:
        """Return whether a running execution looks at an image."""
        return any(one.is_running and one.watch["image"] == image for one in self._executions.values())

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put Step Functions into the simulation, behind a new client: each client has a budget of retries."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(name, "test")
            # botocore pauses before a retry.
            patch.setattr(endpoint, "time", SimpleNamespace(sleep=self._simulation.sleep))
            waiting._client.cache_clear()
            waiting._client(Timeouts()).meta.events.register("before-send.sfn", self._send)
            try:
                yield
            finally:
                waiting._client.cache_clear()

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        delivery, simulation, url = self._simulation.process, self._simulation, str(request.url)
        assert isinstance(delivery, Delivery)
        plan = delivery.request.plan
        fault = plan.starts.pop(0) if isinstance(plan, BuildPlan) and plan.starts else ""
        simulation.sleep(simulation.random.uniform(*_LATENCY))
        if fault:
            self._figures[f"fault: StartExecution {fault}"] += 1
        match fault:
            case "hang":
                simulation.sleep(_READ_TIMEOUT)
                raise ReadTimeoutError(endpoint_url=url)
            case "reset before":
                raise ConnectionClosedError(endpoint_url=url)
            case "" | "reply lost":
                error = self._start(_body(request), delivery.request)
            case _:
                error = fault
        simulation.sleep(simulation.random.uniform(*_LATENCY))
        if fault == "reply lost":
            raise ConnectionClosedError(endpoint_url=url)
        answered = {"__type": error, "message": error} if error else {"executionArn": "arn", "startDate": 0}
        status = 503 if error == "ServiceUnavailable" else 400 if error else 200
        return http_response(url, status, json.dumps(answered).encode(), "")

    def _start(self, given: dict[str, Any], request: Request) -> str:
        """Start an execution and return the code of the error, empty for none.

        "StartExecution is idempotent for STANDARD workflows" while the execution runs (API reference).
        """
        name, plan = given["name"], request.plan
        known = self._executions.get(name)
        if known is not None:
            return "" if known.is_running and known.input == given["input"] else "ExecutionAlreadyExists"
        request_id = json.loads(given["input"])["event"]["RequestId"]
        if request_id in self._events:
            self._bucket.violations.append("watched twice: one event started two executions")
        self._events.add(request_id)
        self._begin(name, given["input"], 0.0)
        if isinstance(plan, BuildPlan) and plan.is_doubled:
            self._figures["fault: second execution"] += 1
            self._begin(f"{name} again", given["input"], self._simulation.random.uniform(0, 40))
        return ""

    def _begin(self, name: str, given: str, delay: float) -> None:
        execution = self._executions[name] = Execution(given, json.loads(given))
        plan = self._bucket.request(execution.watch["event"]["ResponseURL"]).plan
        self._figures["executions"] += 1
        if isinstance(plan, BuildPlan) and plan.is_lost:
            self._figures["fault: execution lost"] += 1
            execution.is_running = False
        else:
            self._simulation.spawn(partial(self._play, execution), delay)

    def _play(self, execution: Execution) -> None:
        ends = self._simulation.now + LONGEST
        while self._simulation.now < ends and not execution.watch.get("isOver"):
            self._look_until_done(execution, ends)
            if not execution.watch.get("isOver"):
                self._simulation.sleep(SECONDS_BETWEEN_LOOKS)
        execution.is_running = False

    def _look_until_done(self, execution: Execution, ends: float) -> None:
        for pause in (*_RETRIES, None):
            if self._look(execution) or pause is None or self._simulation.now >= ends:
                return
            self._figures["looks repeated"] += 1
            self._simulation.sleep(self._simulation.random.uniform(0, pause))

    def _look(self, execution: Execution) -> bool:
        """Invoke the watcher; return whether it ended well."""
        request = self._bucket.request(execution.watch["event"]["ResponseURL"])
        plan = request.plan
        dies_at = plan.looks.pop(0) if isinstance(plan, BuildPlan) and plan.looks else None
        look = Look(request, self._simulation.now + _TIMEOUT_OF_A_LOOK, dies_at)
        look.clock = lambda: self._simulation.now
        is_over: list[bool] = []

        def run() -> None:
            try:
                watch = self._watcher(json.loads(json.dumps(execution.watch)), look)
                execution.watch, look.outcome = json.loads(json.dumps(watch)), "ok"
            except UndeliveredError:
                look.outcome = "raised"
            finally:
                is_over.append(True)

        self._figures["looks"] += 1
        self._simulation.spawn(run, process=look)
        self._simulation.wait(lambda: bool(is_over))
        self._figures["fault: look killed"] += look.is_dead
        return look.outcome == "ok"


def _body(request: AWSPreparedRequest) -> dict[str, Any]:
    assert isinstance(request.body, bytes)
    body: dict[str, Any] = json.loads(request.body)
    return body
