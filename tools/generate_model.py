"""Extract the data of EC2 Image Builder from the botocore release in `requirements/model.txt`.

Run it with `make model`; `make model VERSION=1.44.8` first pins another release. The result has botocore's layout for
its two readers: `imagebuilder_model`, which checks requests against the service model, and botocore itself. It has all
the data that botocore needs to create a client. The client of the function reads only this data, so it supports the
newest members with any SDK of the Lambda runtime, and does not read a megabyte of endpoints of other services. The
documentation is removed: it is two thirds of the model's size and not ours.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from tools.model_source import SourceError, pin, pinned_wheel, unpacked, version_of

OPERATIONS = (
    "CancelImageCreation",
    "CreateImagePipeline",
    "DeleteImage",
    "DeleteImagePipeline",
    "GetComponent",
    "GetContainerRecipe",
    "GetDistributionConfiguration",
    "GetImage",
    "GetImagePipeline",
    "GetImageRecipe",
    "GetInfrastructureConfiguration",
    "GetLifecycleExecution",
    "ListComponents",
    "ListContainerRecipes",
    "ListDistributionConfigurations",
    "ListImageBuildVersions",
    "ListImagePipelineImages",
    "ListImagePipelines",
    "ListImageRecipes",
    "ListImages",
    "ListInfrastructureConfigurations",
    "ListTagsForResource",
    "StartImagePipelineExecution",
    "StartResourceStateUpdate",
    "TagResource",
    "UntagResource",
    "UpdateImagePipeline",
)
LICENCES = ("LICENSE.txt", "NOTICE")  # the data from botocore stays under its licence
SERVICE, API_VERSION = "imagebuilder", "2019-12-02"
TARGET = Path(__file__).resolve().parent.parent / "lambda" / "imagebuilder_model" / "data"


def generate(wheel: Path) -> dict[str, str]:
    """Return the content of each file by path, with one operation, shape or partition per line for short diffs."""
    with tempfile.TemporaryDirectory() as folder:
        data = unpacked(wheel, Path(folder))
        return _generate(Loader(extra_search_paths=[str(data)], include_default_search_paths=False))


def _generate(loader: Loader) -> dict[str, str]:
    of_service = {
        "service-2": _model(loader.load_service_model(SERVICE, "service-2", API_VERSION)),
        "endpoint-rule-set-1": _lines(loader.load_service_model(SERVICE, "endpoint-rule-set-1", API_VERSION)),
    }
    of_all = {
        "endpoints": _endpoints(loader.load_data("endpoints")),
        "partitions": _lines(loader.load_data("partitions")),
        "sdk-default-configuration": _lines(_without_prose(loader.load_data("sdk-default-configuration"))),
    }
    return (
        {f"{SERVICE}/{API_VERSION}/{name}.json": text for name, text in of_service.items()}
        | {f"{name}.json": text for name, text in of_all.items()}
        | {name: _licence(name) for name in LICENCES}
    )


def _licence(name: str) -> str:
    text = distribution("botocore").read_text(name)
    if text is None:
        raise FileNotFoundError(f"botocore has no {name} in its metadata: find its new location in the release")
    return text


def _model(full: dict[str, Any]) -> str:
    operations = {name: _without_prose(full["operations"][name]) for name in OPERATIONS}
    shapes = {name: _without_prose(full["shapes"][name]) for name in sorted(_reachable(operations, full["shapes"]))}
    sections = {"metadata": full["metadata"], "operations": operations, "shapes": shapes}
    head = f'{{"version":{json.dumps(full["version"])}'
    return ",\n".join([head, *(f'"{name}":{_one_line_each(section)}' for name, section in sections.items())]) + "}\n"


def _endpoints(full: dict[str, Any]) -> str:
    partitions = [
        partition | {"services": {name: of for name, of in partition["services"].items() if name == SERVICE}}
        for partition in full["partitions"]
    ]
    return _lines(full | {"partitions": partitions})


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        # A structure may have a member called `documentation`: that one is an object, documentation is a string.
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
    return "{\n" + ",\n".join(f"{json.dumps(key)}:{_compact(value)}" for key, value in section.items()) + "\n}"


def _lines(data: dict[str, Any]) -> str:
    """Format JSON with one member per line, and one list item per line."""
    members = (
        f"{json.dumps(key)}:[\n" + ",\n".join(map(_compact, value)) + "\n]"
        if isinstance(value, list)
        else f"{json.dumps(key)}:{_compact(value)}"
        for key, value in data.items()
    )
    return "{\n" + ",\n".join(members) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def main(arguments: list[str]) -> None:
    """Pin the given release, if any, and write all files."""
    for version in arguments:
        pin(version)
    wheel = pinned_wheel()
    for name, text in generate(wheel).items():
        file = TARGET / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(f"wrote {file.relative_to(TARGET.parents[2])}, {file.stat().st_size:,} bytes, of {version_of(wheel)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SourceError as error:
        sys.exit(f"error: {error}")
