"""Adds checks before ministack provisions a resource type.

Import it after ministack's settings are in the environment. The table of provisioners is not a public interface:
ministack's version is pinned, and a test checks that each type used here has these operations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A pending change of one resource in a stack. `before` is None for a create."""

    stack_name: str
    logical_id: str
    properties: Properties
    before: Properties | None = None


def prepare(resource_type: str, prepared: Callable[[Change], Properties]) -> None:
    """Call `prepared` before each create and update of the type. It rejects the change or returns its properties.

    It rejects with a ValueError; the message becomes the reason in the events of the stack.
    """
    operations = provisioners._RESOURCE_HANDLERS[resource_type]
    original_create, original_update = operations["create"], operations["update"]

    def create(logical_id: str, properties: Properties, stack_name: str) -> Any:
        return original_create(logical_id, prepared(Change(stack_name, logical_id, properties)), stack_name)

    def update(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Any:
        changed = prepared(Change(stack_name, logical_id, new, old))
        return original_update(physical_id, old, changed, stack_name, logical_id)

    provisioners._RESOURCE_HANDLERS[resource_type] = operations | {"create": create, "update": update}


def refuse(resource_type: str, refusal: Callable[[Properties], str | None]) -> None:
    """Reject each create and update of the type if `refusal` returns a reason for its properties."""

    def prepared(change: Change) -> Properties:
        if reason := refusal(change.properties):
            raise ValueError(reason)
        return change.properties

    prepare(resource_type, prepared)
