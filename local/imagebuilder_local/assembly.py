"""What a cloud assembly says of a resource: its construct path, the user's line, and the names of its props."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_SOURCES: Final = "imagebuilder-pipeline:sources"
"""Metadata of a stack with pipelines: file and line of the app that created each, by its path."""
_PROPS: Final = "imagebuilder-pipeline:props"
"""Metadata of a stack with pipelines: the prop of each template property."""

_LOGICAL_ID: Final = "aws:cdk:logicalId"
_CREATION_STACK: Final = "aws:cdk:creationStack"


@dataclass(frozen=True)
class Resource:
    """A resource of a stack. `path`, `line` and `props` are empty if the assembly does not have them."""

    path: str = ""
    line: str = ""
    props: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assembly:
    """The assembly in a folder, such as `cdk.out`; nothing is known of a folder without one."""

    folder: Path | None = None

    def resource(self, stack: str, logical_id: str) -> Resource:
        """Return what the assembly says of a resource of a stack, by the stack's name."""
        metadata = dict(self._metadata(stack))
        props: Mapping[str, str] = next((found for of in metadata.values() for found in _data(of, _PROPS)), {})
        lines = {
            path: line for of in metadata.values() for found in _data(of, _SOURCES) for path, line in found.items()
        }
        for path, entries in metadata.items():
            if logical_id in _data(entries, _LOGICAL_ID):
                line = lines.get(path.rpartition("/")[0], "")
                is_ours = bool(line)
                named = path.removeprefix("/").removesuffix("/Resource")
                return Resource(named, line or _line_of(entries), props if is_ours else {})
        return Resource()

    def _metadata(self, stack: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        if self.folder is None:
            return
        for manifest in (self.folder, *sorted(self.folder.glob("assembly-*"))):
            for name, artifact in _read(manifest / "manifest.json").get("artifacts", {}).items():
                named = artifact.get("properties", {}).get("stackName") or name
                # The resources of a nested stack are among those of its parent, whose name begins like its own.
                if artifact.get("type") == "aws:cloudformation:stack" and f"{stack}-".startswith(f"{named}-"):
                    file = artifact.get("additionalMetadataFile")
                    yield from (_read(manifest / file) if file else artifact.get("metadata", {})).items()


def _line_of(entries: list[dict[str, Any]]) -> str:
    """Return the first frame of the user in the creation stack, which apps in TypeScript have."""
    frames: list[Any] = next(_data(entries, _CREATION_STACK), [])
    return next((str(frame).strip() for frame in frames if str(frame).strip().startswith("at ")), "")


def _data(entries: list[dict[str, Any]], kind: str) -> Iterator[Any]:
    return (entry["data"] for entry in entries if entry.get("type") == kind and entry.get("data"))


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
