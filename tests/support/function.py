"""The function as Lambda runs it, in a simulation: delivered again when it fails, killed, delivered twice.

Its client is the real one, cut off right above the socket: what it sends is answered by the emulator's own wire layer.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from imagebuilder_local.emulator import ImageBuilder, ServiceError
from imagebuilder_local.emulator.faults import Fault, InjectedError
from imagebuilder_local.emulator.wire import read_request, route, to_json
from imagebuilder_model import STACK_ID_TAG
from imagebuilder_pipeline_handler.runtime.custom_resource import CustomResource
from imagebuilder_pipeline_handler.runtime.event import Event, InvalidEventError
from imagebuilder_pipeline_handler.runtime.progress import Outcome, Progress
from imagebuilder_pipeline_handler.runtime.response import UndeliveredError
from support.cloudformation import FUNCTION_ARN
from support.environment import new_work, shared_client
from support.simulation import Process, SimulatedClock, Simulation

TIMEOUT: Final = 300.0
"""The function's, in seconds, as the construct sets it."""

MARGIN: Final = 4.0
"""An answer leaves at least so many seconds before the function's deadline."""

_DELIVERED_AGAIN: Final = (60.0, 120.0)
_READ_TIMEOUT: Final = 12.0
_LATENCY: Final = (0.01, 0.3)
_IAM_DELAYS: Final = 3.0
_BYTES_OF_AN_ANSWER: Final = 4096
_ANSWERS_WITHOUT_CONTENT: Final = frozenset({"TagResource", "UntagResource"})


@dataclass
class Plan:
    """What goes wrong with one event. Each list is used up, entry by entry, by whatever comes next."""

    calls: list[Any] = field(default_factory=list[Any])
    """Faults of its next requests to Image Builder, as the emulator spells them."""
    puts: list[int | str] = field(default_factory=list[int | str])
    """What the ResponseURL does: a status, `hang`, `reset` or, having taken the answer, `lost`."""
    is_deaf: bool = False
    """Whether the ResponseURL answers 503 for ever after."""
    kills: list[int | None] = field(default_factory=list[int | None])
    """For its deliveries, in order: how many waits the process survives, None for all of them."""
    copies: list[float] = field(default_factory=list[float])
    """Seconds until Lambda delivers the event once more without being asked to."""
    stray: float | None = None
    """Seconds until it comes out of Lambda's queue once more, when CloudFormation has long gone on."""
    in_a_process: bool = False
    """Whether a process of its own does the work, over sockets."""

    def is_calm(self) -> bool:
        return not (self.calls or self.puts or self.is_deaf or self.kills or self.copies or self.stray)


@dataclass
class Request:
    """One event, and what became of it."""

    event: dict[str, Any]
    plan: Plan
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Every answer that the ResponseURL took."""
    honoured: dict[str, Any] | None = None
    """The first of them that came while CloudFormation waited."""
    is_given_up: bool = False
    """Whether CloudFormation waits no more."""
    was_cancelled: bool = False
    """Whether it waited no longer because a user thought better of it."""
    running: int = 0
    """Deliveries under way, or to come."""
    tokens: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """The idempotency token of each operation."""
    heard: int = 0
    """Deliveries that ended by themselves with an answer that was taken."""

    @property
    def request_id(self) -> str:
        return str(self.event["RequestId"])


class Violation(AssertionError):  # noqa: N818 (it is what a test fails with)
    """A promise is broken."""


class Delivery(Process):
    """One run of the function for one event."""

    def __init__(self, request: Request, deadline: float, dies_at: int | None) -> None:
        super().__init__(deadline, dies_at)
        self.request = request
        self.outcome = "killed"
        self.bodies: list[bytes] = []
        self.has_answered = self.was_heard = False
        self.progress: Progress | None = None
        self.tokens = request.tokens
        self.looked: dict[str, float] = {}
        """When looking at a pipeline was first denied."""

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - self.clock()) * 1000))

    clock: Callable[[], float]
    invoked_function_arn = FUNCTION_ARN


class Bucket:
    """Where CloudFormation's ResponseURLs lead."""

    def __init__(self, simulation: Simulation, figures: Counter[str]) -> None:
        self._simulation = simulation
        self._figures = figures
        self._by_url: dict[str, Request] = {}
        self.least_margin = TIMEOUT
        self.violations: list[str] = []
        """Promises broken by answers. Not raised on the spot, where the function would catch it."""

    def expect(self, request: Request) -> None:
        self._by_url[request.event["ResponseURL"]] = request

    def request(self, url: str) -> Request:
        """Return the event that a ResponseURL belongs to."""
        return self._by_url[url]

    def put(self, url: str, body: bytes, timeout: float) -> int:
        """Put a response as the function does."""
        delivery = self._simulation.process
        assert isinstance(delivery, Delivery)
        margin = delivery.deadline - self._simulation.now
        if not delivery.has_answered:
            self.least_margin = min(self.least_margin, margin)
            if margin < MARGIN:
                self.violations.append(f"late: {margin:.1f} s before the deadline")
        delivery.has_answered = True
        self._wait()
        request = self._by_url[url]
        if delivery.request.request_id != request.request_id:
            self.violations.append("an answer went to the URL of another event")
        request = delivery.request
        plan = request.plan
        act = plan.puts.pop(0) if plan.puts else 503 if plan.is_deaf else 200
        if act != 200:
            self._figures[f"fault: ResponseURL {act}"] += 1
        match act:
            case "hang":
                self._simulation.sleep(timeout)
                raise TimeoutError
            case "reset":
                raise ConnectionResetError
            case "lost":
                self.take(request, delivery, body)
                raise ConnectionResetError
            case 200:
                if delivery.was_heard:
                    self.violations.append("second answer: one delivery answered twice")
                delivery.was_heard = True
                self.take(request, delivery, body)
                self._wait()
                return 200
            case _:
                return int(act)

    def take(self, request: Request, delivery: Delivery | None, body: bytes) -> None:
        """Take an answer, and hold it against what CloudFormation demands of one."""
        answered: dict[str, Any] = json.loads(body)
        event = request.event
        for name in ("StackId", "RequestId", "LogicalResourceId"):
            if answered[name] != event[name]:
                self.violations.append(f"the answer has another {name}")
        if len(body) > _BYTES_OF_AN_ANSWER or not answered["PhysicalResourceId"]:
            self.violations.append("CloudFormation takes no such answer")
        if answered["Status"] == "FAILED" and not answered["Reason"]:
            self.violations.append("a failure without a reason")
        if event["RequestType"] == "Delete" and answered["PhysicalResourceId"] != event["PhysicalResourceId"]:
            self.violations.append("a Delete was answered with another id")
        is_failed_update = (event["RequestType"], answered["Status"]) == ("Update", "FAILED")
        if is_failed_update and answered["PhysicalResourceId"] != event["PhysicalResourceId"]:
            self.violations.append("an Update that failed was answered with another id")
        if delivery is not None:
            delivery.bodies.append(body)
            if len(set(delivery.bodies)) > 1:
                self.violations.append("second answer: one delivery answered in two ways")
        ids = {given["PhysicalResourceId"] for given in [*request.answers, answered] if given["Status"] == "SUCCESS"}
        if len(ids) > 1:
            self.violations.append("deliveries of one event succeeded with different ids")
        request.answers.append(answered)
        self._figures["answers"] += 1
        if request.honoured is None and not request.is_given_up:
            request.honoured = answered

    def _wait(self) -> None:
        self._simulation.sleep(self._simulation.random.uniform(*_LATENCY))


@dataclass
class Outage:
    """From when it begins until then, so many of all requests meet this fault."""

    fault: Any
    until: float
    share: float = 1.0
    begins: float = 0.0

    def strikes(self, now: float, dice: float) -> bool:
        return self.begins <= now < self.until and dice < self.share


class Workers(Protocol):
    """Processes that run the function for real."""

    def deliver(
        self, request: Request, faults: list[Any], dies_at: int | None, take: Callable[[bytes], None], *, twice: bool
    ) -> list[str]:
        """Run one or two deliveries of an event; hand over their answers, return how each ended.

        That is `ok`, `raised` or `killed`.
        """
        ...


class Function:
    """The function, invoked asynchronously by CloudFormation."""

    def __init__(
        self, simulation: Simulation, service: ImageBuilder, figures: Counter[str], workers: Workers | None = None
    ) -> None:
        self.bucket = Bucket(simulation, figures)
        self.outages: list[Outage] = []
        self.has_iam = True
        """Whether IAM keeps the function from pipelines of stacks other than the event's, as its policy says."""
        self._simulation = simulation
        self._service = service
        self._figures = figures
        self._workers = workers
        self._clock = SimulatedClock(simulation)
        self._warm: list[CustomResource] = []
        self.left_over: set[str] = set()
        """Ids of stacks for which a note in the log says that something could not be tidied up."""

        self.delivered_late: set[str] = set()
        """Ids of stacks of which an event was delivered once more when it was over."""

    def invoke(self, request: Request) -> None:
        """Let Lambda deliver an event: again after 60 and 120 seconds when the function does not end well."""
        self.bucket.expect(request)
        plan = request.plan
        if plan.in_a_process and self._workers is not None and not self.outages:
            request.running = 1
            self._simulation.spawn(partial(self._deliver_for_real, request, self._workers))
            return
        delays = [0.0, *plan.copies]
        request.running = len(delays)
        self._figures["fault: delivered once more"] += len(plan.copies)
        for delay in delays:
            self._simulation.spawn(partial(self._deliver_until_done, request), delay)
        if plan.stray is not None:
            self._figures["fault: delivered when it was over"] += 1
            self.deliver_again(request, plan.stray)

    def deliver_again(self, request: Request, delay: float = 0.0) -> None:
        """Deliver an event that is over: nothing goes wrong with it any more, and its answer counts for nothing."""
        self.delivered_late.add(str(request.event["StackId"]))
        again = Request(request.event, Plan(), is_given_up=True, tokens=request.tokens)
        self._simulation.spawn(partial(self._deliver, again), delay)

    def is_out(self) -> bool:
        """Tell whether Image Builder is out of order now."""
        return any(outage.until > self._simulation.now for outage in self.outages)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the function into the simulation."""
        with _sending(self._send):
            yield

    def _deliver_until_done(self, request: Request) -> None:
        for pause in (*_DELIVERED_AGAIN, None):
            if self._deliver(request) == "ok" or pause is None:
                break
            self._figures["delivered again"] += 1
            self._simulation.sleep(pause)
        request.running -= 1

    def _deliver(self, request: Request) -> str:
        dies_at = request.plan.kills.pop(0) if request.plan.kills else None
        delivery = Delivery(request, self._simulation.now + TIMEOUT, dies_at)
        delivery.clock = lambda: self._simulation.now
        is_over: list[bool] = []

        def run() -> None:
            try:
                self._handle(delivery)
            finally:
                is_over.append(True)

        self._figures["deliveries"] += 1
        self._simulation.spawn(run, process=delivery)
        self._simulation.wait(lambda: bool(is_over))
        if delivery.outcome == "ok":
            request.heard += 1
        self._figures["fault: killed"] += delivery.is_dead
        return "killed" if delivery.is_dead else delivery.outcome

    def _handle(self, delivery: Delivery) -> None:
        is_warm = self._warm and self._simulation.random.random() < 0.7
        handler = self._warm.pop() if is_warm else self._new_handler()
        try:
            handler({**delivery.request.event}, delivery)
            delivery.outcome = "ok"
        except UndeliveredError:
            delivery.outcome = "raised"
        except InvalidEventError:
            delivery.outcome = "refused"
            self._figures["refused: too late"] += 1
        note = "" if delivery.progress is None else delivery.progress.note
        if re.search("tidying up did not end|could not be deleted|may still have the tag", note):
            self.left_over.add(str(delivery.request.event["StackId"]))
        self._warm.append(handler)

    def _new_handler(self) -> CustomResource:
        work = new_work(shared_client, self._clock)

        def watched(event: Event, progress: Progress) -> Outcome:
            delivery = self._simulation.process
            assert isinstance(delivery, Delivery)
            delivery.progress = progress
            return work(event, progress)

        return CustomResource(watched, clock=self._clock, put=self.bucket.put)

    def _deliver_for_real(self, request: Request, workers: Workers) -> None:
        plan = request.plan
        for _ in (*_DELIVERED_AGAIN, None):
            dies_at = plan.kills.pop(0) if plan.kills else None
            twice, plan.copies = bool(plan.copies), []
            self._figures["deliveries"] += 1 + twice
            self._figures["deliveries by a process"] += 1 + twice
            self._figures["fault: delivered once more"] += twice
            faults, plan.calls = plan.calls, []
            for fault in faults:
                self._figures[f"fault: {Fault.read(fault).fault or Fault.read(fault).name}"] += 1
            take = partial(self.bucket.take, request, None)
            outcomes = workers.deliver(request, faults, dies_at, take, twice=twice)
            self._figures["fault: killed (process)"] += outcomes.count("killed")
            request.heard += outcomes.count("ok")
            if "ok" in outcomes:
                break
            self._figures["delivered again"] += 1
        request.running -= 1

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        simulation, url = self._simulation, str(request.url)
        simulation.sleep(simulation.random.uniform(*_LATENCY))
        found = route(str(request.method), url)
        assert found is not None
        body = request.body if isinstance(request.body, bytes) else b""
        given = read_request(found, url, body)
        name = found.operation.name
        self._check_call(name, given)
        fault = self._fault(name)
        if fault.name is None and self._is_foreign(given):
            fault = Fault(code="AccessDeniedException", status=403)
        if fault.body is not None and (fault.status or 200) < 300 and name in _ANSWERS_WITHOUT_CONTENT:
            fault = Fault()  # a proxy's page cannot be told from the service's own answer
        self._figures["calls"] += 1
        if fault.name is not None:
            self._service.note(name, given, fault.name)
        status, answered, error = 200, b"", ""
        match fault:
            case Fault(fault="hang"):
                simulation.sleep(_READ_TIMEOUT)
                raise ReadTimeoutError(endpoint_url=url)
            case Fault(fault="reset before"):
                raise ConnectionClosedError(endpoint_url=url)
            case Fault(fault=None, code=str()):
                injected = InjectedError(str(fault.code), fault.message, fault.status)
                status, answered, error = injected.http_status, to_json({"message": fault.message}), injected.code
            case Fault(fault=None, body=str()):
                status, answered = fault.status or 200, str(fault.body).encode()
            case _:
                try:
                    answered = to_json(self._service.call(name, given))
                except ServiceError as refused:
                    status, answered = refused.http_status, to_json({"message": refused.message})
                    error = refused.code
        simulation.sleep(_READ_TIMEOUT if fault.fault == "reply hangs" else simulation.random.uniform(*_LATENCY))
        if fault.fault == "reply hangs":
            raise ReadTimeoutError(endpoint_url=url)
        if fault.fault == "reply lost":
            raise ConnectionClosedError(endpoint_url=url)
        return http_response(url, status, answered, error)

    def _check_call(self, operation: str, given: Mapping[str, Any]) -> None:
        """Hold a call against what deliveries of one event promise together."""
        delivery = self._simulation.process
        assert isinstance(delivery, Delivery)
        request = delivery.request
        if str(request.event.get("PhysicalResourceId")).startswith("not-created/"):
            self.bucket.violations.append("marker: a Delete of what was never made called the service")
        # Of one event several images may be cancelled, each with a token of its own.
        action = f"{operation} {given.get('imageBuildVersionArn', given.get('resourceArn', ''))}".rstrip()
        token = delivery.tokens.setdefault(action, given.get("clientToken"))
        if token != given.get("clientToken"):
            self.bucket.violations.append(f"token: one event came with two tokens for {operation}")

    def _is_foreign(self, given: Mapping[str, Any]) -> bool:
        """Tell whether IAM denies a request, as the conditions of the function's policy say."""
        delivery = self._simulation.process
        assert isinstance(delivery, Delivery)
        arn = str(given.get("imagePipelineArn") or given.get("resourceArn") or given.get("imageBuildVersionArn"))
        tags = self._service._state.tags(arn) or {}
        own = str(delivery.request.event["StackId"])
        return self.has_iam and tags.get(STACK_ID_TAG, own) != own

    def _fault(self, operation: str) -> Fault:
        delivery, random = self._simulation.process, self._simulation.random
        assert isinstance(delivery, Delivery)
        self.outages = [outage for outage in self.outages if outage.until > self._simulation.now]
        given = next(
            (outage.fault for outage in self.outages if outage.strikes(self._simulation.now, random.random())), None
        )
        if given is None and delivery.request.plan.calls:
            given = delivery.request.plan.calls.pop(0)
        fault = Fault.read(given) if given is not None else Fault()
        if operation == "GetImagePipeline" and fault.code == "AccessDeniedException":
            # Who may not look for so long has to take a pipeline for somebody else's: see the machine's limits.
            began = delivery.looked.setdefault("denied", self._simulation.now)
            if self._simulation.now > began + _IAM_DELAYS:
                given, fault = None, Fault()
        if given is not None:
            self._figures[f"fault: {fault.fault or fault.name}"] += 1
        return fault


class _Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, content: bytes) -> None:
        self._content = deque([content])

    def stream(self) -> Iterator[bytes]:
        while self._content:
            yield self._content.popleft()


def http_response(url: str, status: int, content: bytes, error: str) -> AWSResponse:
    """Return an answer of a service as a client receives it. `error` is its code, empty for none."""
    headers = {"content-type": "application/json", "x-amzn-requestid": "simulated"}
    given: Mapping[str, str] = headers | ({"x-amzn-errortype": error} if error else {})
    raw: Any = _Raw(content)
    names: Any = _Headers(given)
    return AWSResponse(url, status, names, raw)


class _Headers(dict[str, str]):
    """Headers whose names are in lower case already."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


@contextmanager
def _sending(send: Callable[..., AWSResponse]) -> Iterator[None]:
    events: Any = shared_client().meta.events
    events.register("before-send.imagebuilder", send)
    try:
        yield
    finally:
        events.unregister("before-send.imagebuilder", send)
