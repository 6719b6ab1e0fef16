"""Stand in for the Lambda runtime: import a function and invoke it with the events on stdin, one JSON object a line.

    python -I -S -B invoke.py SITE_PACKAGES RESULTS_FD MODE FUNCTION_FOLDER MODULE.FUNCTION

With MODE `serve`, write a line of JSON to the descriptor RESULTS_FD after each event. With `storm`, do so after the
first event only, fork a process for each further one, write the time at which all of them start, and wait for them.
Forks of a warm process fit on one machine and start together; the parent's connections must be closed before.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any


class Context:
    """The context of a function with a timeout of five minutes."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + 300
        self.aws_request_id = "00000000-0000-4000-8000-000000000000"
        self.function_name = "function"
        self.invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
        self.log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        return int((self._deadline - time.monotonic()) * 1000)


Handler = Callable[[dict[str, Any], Context], object]


def main(site_packages: str, results: int, mode: str, folder: str, handler_name: str) -> None:
    """Import the function and handle events until stdin ends."""
    # As in Lambda: the function's folder comes before the SDK of the runtime.
    sys.path[:0] = [folder]
    sys.path.append(site_packages)
    module, _, name = handler_name.rpartition(".")
    handler: Handler = getattr(import_module(module), name)
    import_cpu = time.process_time()
    for line in sys.stdin:
        result = invoke(handler, json.loads(line)) | {"import_cpu": import_cpu}
        write(results, json.dumps(result))
        if mode == "storm":
            storm(handler, [json.loads(further) for further in sys.stdin], results)


def invoke(handler: Handler, event: dict[str, Any]) -> dict[str, float]:
    """Invoke the function and measure it."""
    started, cpu = time.perf_counter(), time.process_time()
    handler(event, Context())
    return {
        "seconds": time.perf_counter() - started,
        "event_cpu": time.process_time() - cpu,
        "peak": peak_bytes(),
    }


def storm(handler: Handler, events: list[dict[str, Any]], results: int) -> None:
    """Invoke the function with all events at once."""
    gc.freeze()
    gate, opener = os.pipe()
    for event in events:
        if os.fork() == 0:
            os.close(opener)
            os.read(gate, 1)
            invoke_in_fork(handler, event)
    os.close(gate)
    # Give the last fork time to reach the gate.
    time.sleep(1)
    write(results, str(time.monotonic()))
    os.close(opener)
    for _ in events:
        os.wait()


def invoke_in_fork(handler: Handler, event: dict[str, Any]) -> None:
    """Invoke the function and end the process. The emulator knows the outcome; errors are for the log only."""
    try:
        handler(event, Context())
    except Exception as error:  # noqa: BLE001
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def peak_bytes() -> int:
    """Return the peak resident memory. `getrusage` would include the parent's before exec."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 (pathlib would be imported for it)
        kibibytes = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024


def write(results: int, line: str) -> None:
    """Write a line of results."""
    os.write(results, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
