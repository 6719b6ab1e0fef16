"""Stands for the Lambda runtime: imports a function once and hands it every event that comes on stdin.

    python -I -S -B invoke.py RESULTS_FD SITE_PACKAGES FUNCTION_FOLDER MODULE.FUNCTION

Writes one line of JSON to the descriptor RESULTS_FD for each event. `time.sleep` is what is slept through; with
BENCH_SKIP_SLEEP set, sleeps are added up instead.
"""

import json
import os
import sys
import time
from importlib import import_module
from typing import Any


class Context:
    """What Lambda passes to a function that has five minutes."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + 300
        self.aws_request_id = "00000000-0000-4000-8000-000000000000"
        self.function_name = "function"
        self.invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
        self.log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        return int((self._deadline - time.monotonic()) * 1000)


def main(results: int, site_packages: str, folder: str, handler_name: str) -> None:
    """Serve events until stdin ends."""
    slept: list[float] = []
    if os.environ.get("BENCH_SKIP_SLEEP"):
        time.sleep = lambda seconds: slept.append(float(seconds))
    # As in Lambda: the function's own folder first, then the SDK that the runtime carries.
    sys.path[:0] = [folder]
    sys.path.append(site_packages)
    module, _, name = handler_name.rpartition(".")
    handler = getattr(import_module(module), name)
    initial = time.process_time()
    for line in sys.stdin:
        event: dict[str, Any] = json.loads(line)
        slept.clear()
        started, cpu = time.perf_counter(), time.process_time()
        returned = handler(event, Context())
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        shown = returned if isinstance(returned, dict) else None
        result = {"seconds": seconds, "slept": sum(slept), "peak": peak_bytes(), "returned": shown}
        result |= {"initial_cpu": initial, "cpu": cpu}
        os.write(results, (json.dumps(result) + "\n").encode())


def peak_bytes() -> int:
    """Return the most memory that this process had resident. `getrusage` would count the parent's from before exec."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 (pathlib would be imported for it)
        kibibytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
