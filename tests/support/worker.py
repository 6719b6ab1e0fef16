"""The function in processes of its own, over sockets, as many environments in each as are asked for.

Run as a script it is such a process: events come in on standard input, one JSON a line, and what became of them goes out.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Queue
from typing import Any, Final, Self

_TESTS: Final = Path(__file__).parent.parent
_SHARE_OF_A_SECOND: Final = 0.1


class Worker:
    """A process that runs the function. With `is_quick` its pauses pass at once."""

    def __init__(self, endpoint: str, *, is_quick: bool = False) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name == "AWS_CA_BUNDLE" or not name.startswith(("AWS_", "COV_"))
        }
        environment |= {
            "AWS_ENDPOINT_URL_IMAGEBUILDER": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(_TESTS)]),
        }
        quick = ["--quick"] if is_quick else []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.worker", *quick],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.was_killed = False
        """Whether it is gone: killed by us, or by itself."""
        self._results: Queue[dict[str, Any] | None] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.result(60) == {"ready": True}

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, event: Mapping[str, Any], seconds: float) -> None:
        """Let it work on an event, beside those that it works on already."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"event": event, "seconds": seconds}) + "\n")
        self._process.stdin.flush()

    def result(self, timeout: float) -> dict[str, Any]:
        """Return what became of an event: `outcome`, `request_id` and `deadline`; `killed` when the process is gone."""
        result = self._results.get(timeout=timeout)
        self.was_killed = self.was_killed or result is None
        return {"outcome": "killed"} if result is None else result

    def kill(self) -> None:
        self.was_killed = True
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._results.put(json.loads(line))
        except ValueError:  # closed while it was read
            pass
        self._results.put(None)


class Brake:
    """Lets a process have a share of one CPU only: stopped and continued ten times a second."""

    def __init__(self, pid: int, share: float) -> None:
        self._pid = pid
        self._share = share
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._is_over.is_set():
                os.kill(self._pid, signal.SIGSTOP)
                self._is_over.wait(_SHARE_OF_A_SECOND * (1 - self._share))
                os.kill(self._pid, signal.SIGCONT)
                time.sleep(_SHARE_OF_A_SECOND * self._share)
        except ProcessLookupError:
            pass


def main() -> None:
    """Work on every event at once, each in an environment of its own; end with standard input."""
    # Imported here, since whoever starts workers has no use for the function itself.
    from imagebuilder_pipeline_handler.runtime.clock import Clock, Timeouts  # noqa: PLC0415
    from support.clock import CLOCK, SkippingClock  # noqa: PLC0415
    from support.cloudformation import Context  # noqa: PLC0415
    from support.environment import new_handler  # noqa: PLC0415

    # What is logged costs what it costs, and is not read.
    logging.basicConfig(filename=os.devnull, level=logging.INFO)
    is_quick = "--quick" in sys.argv
    clock = SkippingClock(Timeouts(connect=1, read=0.5, response=0.5), of=CLOCK) if is_quick else Clock()
    lock = threading.Lock()
    idle = [new_handler(clock=clock)]

    def tell(result: dict[str, Any]) -> None:
        with lock:
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()

    def work(event: dict[str, Any], seconds: float) -> None:
        with lock:
            handler = idle.pop() if idle else new_handler(clock=clock)
        deadline = time.monotonic() + seconds
        try:
            handler(event, Context(seconds))
            outcome = "ok"
        except Exception:  # noqa: BLE001 (Lambda does not ask either)
            outcome = "raised"
        with lock:
            idle.append(handler)
        tell({"outcome": outcome, "request_id": event["RequestId"], "deadline": deadline})

    tell({"ready": True})
    for line in sys.stdin:
        threading.Thread(target=work, kwargs=json.loads(line), daemon=True).start()


if __name__ == "__main__":
    main()
