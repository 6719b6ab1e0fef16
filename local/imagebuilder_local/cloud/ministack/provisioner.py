"""Puts a check before ministack's own provisioning of a resource type.

To be imported when ministack's settings are in the environment. The table of provisioners is not a public interface:
ministack's version is pinned, and a test holds that each type that is used has these operations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What a stack is about to do with one resource. `before` is None when the resource is created."""

    stack_name: str
    logical_id: str
    properties: Properties
    before: Properties | None = None


def prepare(resource_type: str, prepared: Callable[[Change], Properties]) -> None:
    """Let each create and update of the type pass through `prepared`, which refuses it or returns its properties.

    It refuses with a ValueError, whose text becomes the reason that the stack's events show.
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
    """Refuse each create and update of the type for whose properties `refusal` returns a reason."""

    def prepared(change: Change) -> Properties:
        if reason := refusal(change.properties):
            raise ValueError(reason)
        return change.properties

    prepare(resource_type, prepared)
