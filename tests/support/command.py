"""The command `imagebuilder-local` in this process: as a shell runs it, without the start of another interpreter.

What starts a local cloud and leaves it running needs a process of its own: the cloud is a child of the one that starts it.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

from imagebuilder_local.__main__ import run


@dataclass(frozen=True)
class Done:
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


def command(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run the command in a folder. `environment` replaces that of this process."""
    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        mock.patch.dict(os.environ, dict(os.environ if environment is None else environment), clear=True),
        mock.patch.object(sys, "argv", ["imagebuilder-local", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _exit_code()
    return Done(code, out.getvalue(), err.getvalue())


def _exit_code() -> int:
    """Run the command and return the code with which the interpreter would exit."""
    try:
        run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0
