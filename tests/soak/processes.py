"""Processes that run the function for the machine: real sockets, real kills."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final, Self

from support.function import Request
from support.tls import secure_responses
from support.worker import Worker

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer
from soak.templates import new_service

_LONGEST: Final = 60.0


class Processes:
    """Two processes that live through many sequences, each of which has a service of its own."""

    def __init__(self) -> None:
        self._service = new_service()

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._server = self._stack.enter_context(ImageBuilderServer(self._service))
        self._responses = self._stack.enter_context(secure_responses())
        self._workers = [self._new_worker() for _ in range(2)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.close()
        self._stack.close()

    def serve(self, service: ImageBuilder) -> Self:
        """Let the processes reach this service from now on."""
        self._service = service
        self._server._http.service = service
        return self

    def deliver(
        self, request: Request, faults: list[Any], dies_at: int | None, take: Callable[[bytes], None], *, twice: bool
    ) -> list[str]:
        """Run deliveries as the machine asks for them."""
        event = request.event | {"ResponseURL": self._responses.url}
        workers = self._workers[: 1 + twice]
        acts = [act for act in request.plan.puts if act in (503, 403, 307, "reset")]
        request.plan.puts, self._responses.script = [], list(acts)
        before = len(self._responses.taken)
        self._service.inject("*", faults)
        if dies_at is not None:
            self._kill_after(dies_at, workers[0])
        for worker in workers:
            worker.send(event, _LONGEST)
        outcomes = [worker.result(_LONGEST + 10)["outcome"] for worker in workers]
        vars(self._service).pop("call", None)
        self._service.faults.clear()
        for answer in self._responses.taken[before:]:
            take(json.dumps(answer).encode())
        # One may have been killed after it had told its outcome, at a call of the other.
        self._workers = [self._replaced(worker) if worker.was_killed else worker for worker in self._workers]
        return outcomes

    def _kill_after(self, calls: int, worker: Worker) -> None:
        """Kill a process as soon as so many calls have taken effect, before it hears of the last."""
        call, left = self._service.call, [calls]

        def fatal(*args: Any, **options: Any) -> dict[str, Any]:
            left[0] -= 1
            try:
                return call(*args, **options)
            finally:
                if left[0] == 0:
                    worker.kill()

        vars(self._service)["call"] = fatal

    def _replaced(self, worker: Worker) -> Worker:
        worker.close()
        return self._new_worker()

    def _new_worker(self) -> Worker:
        return Worker(self._server.url, is_quick=True)
