"""Shows what is being done while it is done, and how long it took. Standard library only: set-up uses it too."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class StepError(Exception):
    """A step failed; the message is for the person who waits."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title when the step starts and its seconds when it ends."""
    print(f"==> {title}", flush=True)  # noqa: T201
    started = time.monotonic()
    yield
    print(f"    {time.monotonic() - started:.1f} s", flush=True)  # noqa: T201


def say(text: str) -> None:
    """Print text that belongs to the step that runs, set in below its title."""
    for line in text.splitlines():
        print(f"    {line}".rstrip(), flush=True)  # noqa: T201


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    show: bool = False,
) -> str:
    """Run a command to its end and return what it printed. `show` prints it as it comes.

    Raises StepError with the end of its output when it fails.
    """
    output: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 (asked for above)
        for line in process.stdout:
            output.append(line)
            if show:
                say(line)
    if process.returncode != 0:
        shown = "" if show else "\n" + "".join(output[-30:]).rstrip()
        raise StepError(f"`{' '.join(command)}` failed with exit code {process.returncode}{shown}")
    return "".join(output)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn a StepError, and a Ctrl-C, into a message and an exit code, without a stack trace."""
    try:
        yield
    except StepError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")
