"""Progress output with the duration of each step. Standard library only, because setup uses it."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class StepError(Exception):
    """A step failed; the message is printed for the user."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title at the start of the step and its duration in seconds at the end."""
    print(f"==> {title}", flush=True)  # noqa: T201
    started = time.monotonic()
    yield
    print(f"    {time.monotonic() - started:.1f} s", flush=True)  # noqa: T201


def say(text: str) -> None:
    """Print text of the current step, indented below its title."""
    for line in text.splitlines():
        print(f"    {line}".rstrip(), flush=True)  # noqa: T201


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    show: bool = False,
) -> str:
    """Run a command and return its output. `show` also prints the output as it arrives.

    StepError has the end of the output if the command fails.
    """
    output: list[str] = []
    with started(command, environment=environment, folder=folder) as process:
        for line in process.stdout or ():
            output.append(line)
            if show:
                say(line)
    if process.returncode != 0:
        shown = "" if show else "\n" + "".join(output[-30:]).rstrip()
        raise StepError(f"`{' '.join(command)}` failed with exit code {process.returncode}{shown}")
    return "".join(output)


def started(
    command: Sequence[str], *, environment: Mapping[str, str] | None, folder: Path | None
) -> "subprocess.Popen[str]":
    """Start a command without input, with its output and its errors in one stream of text."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


@contextmanager
def told_plainly() -> Iterator[None]:
    """Convert a StepError or a Ctrl-C into a message and an exit code, without a stack trace."""
    try:
        yield
    except StepError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")
