"""Step Functions as the function and its state machine use it: executions are started by name, and play the looks."""

import json
import math
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from imagebuilder_pipeline_handler.runtime.clock import Clock
from imagebuilder_pipeline_handler.watcher import Watcher
from support.cloudformation import Context, Resource

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Watcher"

SECONDS_BETWEEN_LOOKS = 30.0


class StateMachines:
    """An endpoint for StartExecution. `play` does what the state machine of the provider does with what was started."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.fault: tuple[int, str] | None = None
        self.faults = math.inf
        """How many requests meet the fault."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"machines": self}))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """Forget every execution."""
        self.executions.clear()
        self.fault, self.faults = None, math.inf

    def start(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer StartExecution as the service does: a name is taken for good."""
        if self.fault is not None and self.faults > 0:
            self.faults -= 1
            status, code = self.fault
            return status, {"__type": code, "message": code}
        if request["name"] in self.executions:
            return 400, {"__type": "ExecutionAlreadyExists", "message": "Execution Already Exists"}
        self.executions[request["name"]] = {
            "machine": request["stateMachineArn"],
            "watch": json.loads(request["input"]),
        }
        return 200, {
            "executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:{request['name']}",
            "startDate": 0,
        }

    def play(
        self, look: Callable[[Any, Any], Any], clock: Clock, besides: Collection[str] = (), most: int = 200
    ) -> int:
        """Play every execution to its end, one after another, and return the number of looks."""
        looks = 0
        for name, execution in self.executions.items():
            while name not in besides and not execution["watch"].get("isOver"):
                execution["watch"] = json.loads(json.dumps(look(execution["watch"], Context(60))))
                looks += 1
                assert looks <= most, "the execution does not end"
                clock.sleep(SECONDS_BETWEEN_LOOKS)
        return looks


class _Handler(BaseHTTPRequestHandler):
    machines: StateMachines

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSStepFunctions.StartExecution"
        status, answer = self.machines.start(request)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class Waiting(Resource):
    """A resource whose response may come later: it plays the state machine when the function sends none."""

    machines: StateMachines = field(default_factory=StateMachines)
    look: Callable[[Any, Any], Any] = field(default_factory=Watcher)
    clock: Clock = field(default_factory=Clock)
    looks: int = 0
    """The number of looks for the last event."""

    def send(self, event: dict[str, Any], seconds: float = 300.0) -> dict[str, Any]:
        before, self.looks, running = len(self.responses.taken), 0, set(self.machines.executions)
        self.handler(event, Context(seconds))
        if len(self.responses.taken) == before:
            self.looks = self.machines.play(self.look, self.clock, running)
        (answer,) = self.responses.taken[before:]
        return answer
