"""Many processes that make one pipeline each, all let go at once.

    python -I -S -B storm.py RESULTS_FD SITE_PACKAGES FUNCTION_FOLDER WHAT

WHAT is a handler as Lambda spells it, or `botocore:MODE` for a client with that retry mode and nothing around it. The
first line of stdin is a Create to warm up with, after which `warm` is written; each other line is the Create of one
process. They are forks of the one that is warm, so that they fit one machine and start when they are told to; its
connection must have been ended meanwhile. Writes the time at which they were let go, and ends when they have.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Act = Callable[[dict[str, Any]], object]


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


def main(results: int, site_packages: str, folder: str, what: str) -> None:
    """Fork, let go, wait."""
    sys.path[:0] = [folder]
    sys.path.append(site_packages)
    act = _client(what.removeprefix("botocore:")) if what.startswith("botocore:") else _handler(what)
    act(json.loads(sys.stdin.readline()))
    os.write(results, b"warm\n")
    events = [json.loads(line) for line in sys.stdin]
    gc.freeze()
    gate, opener = os.pipe()
    for event in events:
        if os.fork() == 0:
            os.close(opener)
            os.read(gate, 1)
            _end_after(act, event)
    os.close(gate)
    # All are at the gate, or about to be: a second is for the last of them.
    time.sleep(1)
    os.write(results, f"{time.monotonic()}\n".encode())
    os.close(opener)
    for _ in events:
        os.wait()


def _end_after(act: Act, event: dict[str, Any]) -> None:
    try:
        act(event)
    except Exception as error:  # noqa: BLE001 (the emulator knows what was made; this is for the log)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def _handler(name: str) -> Act:
    module, _, attribute = name.rpartition(".")
    handler = getattr(import_module(module), attribute)
    return lambda event: handler(event, Context())


def _client(mode: Any) -> Act:
    session, config = import_module("botocore.session"), import_module("botocore.config")
    client = session.get_session().create_client("imagebuilder", config=config.Config(retries={"mode": mode}))

    def create(event: dict[str, Any]) -> object:
        properties = event["ResourceProperties"]
        return client.create_image_pipeline(
            name=properties["Name"],
            imageRecipeArn=properties["ImageRecipeArn"],
            infrastructureConfigurationArn=properties["InfrastructureConfigurationArn"],
        )

    return create


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
