"""Evaluates the conditions of a template."""

from collections.abc import Callable, Mapping
from typing import Any

from imagebuilder_local.drift.unknown import Unknown, first_unknown


class Conditions:
    """The conditions of one template. `evaluate` resolves the values that they compare."""

    def __init__(self, conditions: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> None:
        self._conditions = conditions
        self._evaluate = evaluate

    def holds(self, name: str) -> bool | Unknown:
        """Return whether a condition is true; Unknown if that depends on a value that is."""
        found = self._of(self._conditions[name]) if name in self._conditions else Unknown("")
        return Unknown(f"condition {name}") if isinstance(found, Unknown) else found

    def _of(self, condition: Any) -> bool | Unknown:
        match condition:
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Equals": values}:
                one, other = map(self._evaluate, values)
                return first_unknown([one, other]) or one == other
            case {"Fn::Not": [inner]}:
                found = self._of(inner)
                return found if isinstance(found, Unknown) else not found
            case {"Fn::And": parts}:
                return _any(map(self._of, parts), decisive=False)
            case {"Fn::Or": parts}:
                return _any(map(self._of, parts), decisive=True)
            case _:
                return Unknown("")


def _any(parts: Any, *, decisive: bool) -> bool | Unknown:
    """Return the decisive value if a part has it, even if others are unknown."""
    found = list(parts)
    if decisive in found:
        return decisive
    return next((part for part in found if isinstance(part, Unknown)), not decisive)
