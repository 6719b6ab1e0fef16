"""Construct paths of the resources in templates, as the CDK writes them into the metadata."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final, NamedTuple

_METADATA: Final = "aws:cdk:path"
_DEFAULT_CHILDREN: Final = frozenset({"Resource", "Default"})
"""Ids of the construct that a construct mainly consists of: `Pipeline/Resource` is the Pipeline."""


class Resource(NamedTuple):
    """A resource's path in the app, and its name: the path inside the stack, or else the logical id."""

    path: str | None
    name: str


class ConstructPaths:
    """Keeps the paths of the stacks that were deployed last. Threads may share it."""

    def __init__(self, most_stacks: int = 200) -> None:
        self._most = most_stacks
        self._stacks: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._lock = Lock()

    def add(self, stack_id: str, template: Mapping[str, Any]) -> None:
        """Add the paths of a template. Resources that it no longer has keep theirs, since their deletes follow."""
        found: dict[str, str] = {}
        for logical_id, resource in (template.get("Resources") or {}).items():
            metadata = resource.get("Metadata") if isinstance(resource, dict) else None
            path = metadata.get(_METADATA) if isinstance(metadata, dict) else None
            if isinstance(path, str):
                found[logical_id] = path
        with self._lock:
            self._stacks[stack_id] = self._stacks.pop(stack_id, {}) | found
            if len(self._stacks) > self._most:
                self._stacks.popitem(last=False)

    def of(self, stack_id: str, stack_name: str, logical_id: str) -> Resource:
        """Return path and name of a resource. A resource without metadata has no path."""
        with self._lock:
            path = self._stacks.get(stack_id, {}).get(logical_id)
        return Resource(path, logical_id if path is None else _inside(path, stack_name) or logical_id)


def _inside(path: str, stack_name: str) -> str:
    """Return the path inside the stack, without the id of a default child."""
    parts = path.split("/")
    # The name of a stack is its path with dashes, unless the app chose another one.
    own = next((end for end in range(1, len(parts)) if "-".join(parts[:end]) == stack_name), 1)
    inner = parts[own:]
    while len(inner) > 1 and inner[-1] in _DEFAULT_CHILDREN:
        inner.pop()
    return "/".join(inner)
