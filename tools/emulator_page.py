"""Generate the tables of docs/emulator.md from the emulator: `python -m tools.emulator_page [--print]`.

With `--print` the page goes to the standard output, and the file stays unchanged.
"""

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import botocore.session

from imagebuilder_local.cloud.resource_types import TYPES, provisioners
from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.emulator.operations import OPERATIONS

PAGE: Final = Path(__file__).parents[1] / "docs" / "emulator.md"

_NATIVE: Final = {
    "AWS::ImageBuilder::Image": "builds the image at once, and fails with the reason of the build",
    "AWS::ImageBuilder::ImagePipeline": "creates, updates and deletes the pipeline in the emulator",
    "AWS::ImageBuilder::LifecyclePolicy": "registered; never runs",
}


def page(text: str) -> str:
    """Return the page with the lines between its markers generated anew."""
    parts = {"operations": _operations, "missing": _missing, "types": _types, "others": _others}
    for name, lines in parts.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, after = text.partition(start)
        _, also_found, rest = after.partition(end)
        if not (found and also_found):
            raise ValueError(f"{PAGE.name} has no place for {name}: put it between {start.strip()} and {end}")
        text = before + start + "\n".join(["", *lines(), "", end]) + rest
    return text


def _operations() -> Iterator[str]:
    yield "| operation | what it does here |"
    yield "|---|---|"
    for name in sorted(OPERATIONS):
        yield f"| `{name}` | {_described(name)} |"


def _described(operation: str) -> str:
    """Return the first sentence of the docstring of an operation, or what its name says."""
    function = OPERATIONS[operation]
    if isinstance(function, partial):
        kind = re.sub(r"(?<!^)([A-Z])", lambda letter: f" {letter[1].lower()}", re.sub("^(Get|List)", "", operation))
        return f"Return one {kind.lower()}." if operation.startswith("Get") else f"Return a page of the {kind.lower()}."
    first, _, _ = (inspect.getdoc(function) or "").partition("\n")
    return first


def _missing() -> Iterator[str]:
    model = botocore.session.get_session().get_service_model("imagebuilder")
    yield _listed(name for name in model.operation_names if name not in OPERATIONS)


def _types() -> Iterator[str]:
    yield "| type | what it does here |"
    yield "|---|---|"
    for name in sorted(provisioners(ImageBuilder())):
        registered = f"registered; required: {_listed(TYPES[name].required)}" if name in TYPES else ""
        yield f"| `{name}` | {_NATIVE.get(name, registered)} |"


def _others() -> Iterator[str]:
    # ministack reads the environment when it is imported.
    from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS  # noqa: PLC0415

    by_service = defaultdict(list)
    for name in sorted(_RESOURCE_HANDLERS.keys() - provisioners(ImageBuilder()).keys()):
        by_service[name.split("::")[1]].append(name)
    for service, names in sorted(by_service.items()):
        yield f"- {service}: {_listed(names)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    generated = page(PAGE.read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(generated)
    else:
        PAGE.write_text(generated, encoding="utf-8")
