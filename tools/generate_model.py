"""Cut EC2 Image Builder's service model out of the installed botocore.

Run as `make model`. The result is data in botocore's own layout, so that it serves two readers: `imagebuilder_model`,
which checks requests against it, and botocore itself, which finds it through AWS_DATA_PATH and so knows the newest
members whatever SDK the Lambda runtime carries. Prose is left out: it is two thirds of the size and not ours.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

OPERATIONS = (
    "CreateImagePipeline",
    "DeleteImagePipeline",
    "GetImagePipeline",
    "ListImagePipelineImages",
    "ListImagePipelines",
    "ListTagsForResource",
    "StartImagePipelineExecution",
    "TagResource",
    "UntagResource",
    "UpdateImagePipeline",
)
SERVICE, API_VERSION, FILE = "imagebuilder", "2019-12-02", "service-2"
_DATA = Path(__file__).parent.parent / "lambda" / "imagebuilder_model" / "data"
TARGET = _DATA / SERVICE / API_VERSION / f"{FILE}.json"


def generate() -> str:
    """Return the cut model as JSON text, one operation or shape a line, so that a change of the API is a short diff."""
    full = Loader().load_service_model(SERVICE, FILE, API_VERSION)
    operations = {name: _without_prose(full["operations"][name]) for name in OPERATIONS}
    shapes = {name: _without_prose(full["shapes"][name]) for name in sorted(_reachable(operations, full["shapes"]))}
    sections = {"metadata": full["metadata"], "operations": operations, "shapes": shapes}
    head = f'{{"version":{json.dumps(full["version"])}'
    return ",\n".join([head, *(f'"{name}":{_one_line_each(section)}' for name, section in sections.items())]) + "}\n"


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        # A structure may have a member called `documentation`: that one is a map, prose is a string.
        prose = {"documentation"} if isinstance(value.get("documentation"), str) else set[str]()
        return {key: _without_prose(item) for key, item in value.items() if key not in prose}
    if isinstance(value, list):
        return [_without_prose(item) for item in value]
    return value


def _reachable(operations: dict[str, Any], shapes: dict[str, Any]) -> set[str]:
    waiting = [name for operation in operations.values() for name in _shape_names(operation)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_shape_names(shapes[name]))
    return found


def _shape_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "shape" and isinstance(item, str):
                yield item
            else:
                yield from _shape_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _shape_names(item)


def _one_line_each(section: dict[str, Any]) -> str:
    lines = (f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in section.items())
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(generate(), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(Path.cwd())}, {TARGET.stat().st_size:,} bytes")
