"""Where in the app a construct is created, for reports of failures and for the stack traces of wrong props."""

import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from traceback import StackSummary, TracebackException
from types import FrameType, TracebackType
from typing import Any, Final
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import constructs
import jsii

from cdk_imagebuilder_pipeline.request import PROP_OF_MEMBER
from cdk_imagebuilder_pipeline.values.stacks import facts_of
from imagebuilder_model.spelling import template_name

SOURCES: Final = "imagebuilder-pipeline:sources"
"""Metadata of a stack in the cloud assembly: file and line of the app that created each pipeline, by its path."""
PROPS: Final = "imagebuilder-pipeline:props"
"""Metadata of a stack with pipelines in the cloud assembly: the prop of each template property."""

PROP_OF_PROPERTY: Final[Mapping[str, str]] = {
    template_name(member): prop for member, prop in PROP_OF_MEMBER.items() if prop
} | {"AdoptExisting": "adopt_existing", "OnDelete": "on_delete"}

_LIBRARIES: Final = tuple(
    f"{form}/"
    for module in (__file__, cdk.__file__, constructs.__file__, jsii.__file__, f"{sysconfig.get_path('stdlib')}/os.py")
    for form in {Path(str(module)).parent, Path(str(module)).resolve().parent}  # as imported, and without links
)
_SOURCES: Final[WeakKeyDictionary[cdk.Stack, dict[str, str]]] = WeakKeyDictionary()


def record_origin(path: str, stack: cdk.Stack) -> None:
    """Add the line of the app and the names of the props to the cloud assembly. The template does not change.

    `path` is that of the pipeline or of its build. All lines of a stack are one entry, which is rendered at synth.
    """
    sources = _SOURCES.get(stack)
    if sources is None:
        sources = _SOURCES[stack] = {}
        node = facts_of(stack).node
        node.add_metadata(PROPS, PROP_OF_PROPERTY)
        node.add_metadata(SOURCES, cdk.Lazy.uncached_any(_Sources(sources)))
    if line := line_of_app():
        sources[f"/{path}"] = line


@jsii.implements(cdk.IAnyProducer)
class _Sources:
    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def produce(self, context: Any) -> Any:  # noqa: ARG002 (CDK's signature)
        return self._sources


def line_of_app() -> str:
    """Return file and line of the innermost caller outside the libraries, for example `app.py:12`; empty if none."""
    frame = next((frame for frame in _callers() if is_of_app(frame.f_code.co_filename)), None)
    if frame is None:
        return ""
    file = Path(frame.f_code.co_filename)
    return f"{file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}:{frame.f_lineno}"


def is_of_app(file: str) -> bool:
    """Return whether a file is of the app: neither of this library, nor of the CDK, jsii or Python."""
    return not file.startswith(("<", *_LIBRARIES))


def show_only_the_app_of(kind: type[BaseException]) -> None:
    """Let Python print the stack trace of an uncaught error of this kind with the frames of the app alone.

    Another hook, for example of a debugger, stays.
    """
    if sys.excepthook is not sys.__excepthook__:
        return

    def hook(found: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, kind):
            sys.__excepthook__(found, error, trace)
            return
        shown = TracebackException(found, error, trace)
        own = [frame for frame in shown.stack if is_of_app(frame.filename)]
        shown.stack = StackSummary.from_list(own or shown.stack)
        print("".join(shown.format()), file=sys.stderr, end="")  # noqa: T201 (it replaces Python's own)

    sys.excepthook = hook


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
