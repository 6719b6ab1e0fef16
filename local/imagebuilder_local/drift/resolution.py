"""Resolves the intrinsic functions of a template as CloudFormation does.

No library that ships with the local cloud does this for a deployed stack. A value that cannot be resolved is `Unknown`;
so is what is made of it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from imagebuilder_local.drift.conditions import Conditions
from imagebuilder_local.drift.references import attribute, reference
from imagebuilder_local.drift.stack import Stack
from imagebuilder_local.drift.unknown import Unknown, first_unknown
from imagebuilder_model import DYNAMIC_REFERENCE, SECURE_REFERENCE

_NO_VALUE: Final = object()
_VARIABLE: Final = re.compile(r"\$\{(!?)([^}]*)\}")


class Resolver:
    """Resolves values of the template of one stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._conditions = Conditions(stack.template.get("Conditions", {}), self._evaluated)
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::Sub": self._sub,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import_value,
        }

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Return the properties of a resource. Each value that cannot be resolved is `Unknown`."""
        resolved = self._evaluated(self._stack.template["Resources"][logical_id].get("Properties", {}))
        found = _without_dynamic_references(resolved)
        return found if isinstance(found, dict) else {}

    def _evaluated(self, value: Any) -> Any:
        match value:
            case Mapping() if len(value) == 1 and _is_function(name := next(iter(value))):
                return self._called(name, value[name])
            case Mapping():
                items = {name: self._evaluated(item) for name, item in value.items()}
                return {name: item for name, item in items.items() if item is not _NO_VALUE}
            case list():
                return [item for item in map(self._evaluated, value) if item is not _NO_VALUE]
            case bool():
                return str(value).lower()
            case int() | float():
                return str(value)
            case _:
                return value

    def _called(self, name: str, given: Any) -> Any:
        function = self._functions.get(name)
        if function is None:
            return Unknown(name)
        try:
            return function(given)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            # CloudFormation accepted the template, so this is a form that is not known here.
            return Unknown(f"{name} in a form that is not known here")

    def _ref(self, name: Any) -> Any:
        return _NO_VALUE if name == "AWS::NoValue" else reference(self._stack, str(name))

    def _get_att(self, given: Any) -> Any:
        parts = given.split(".", 1) if isinstance(given, str) else given
        name, wanted = map(self._evaluated, parts)
        unknown = first_unknown([name, wanted])
        if unknown is not None:
            return unknown
        path = self._role_path(name) if wanted == "Arn" else "/"
        return path if isinstance(path, Unknown) else attribute(self._stack, name, wanted, role_path=path)

    def _role_path(self, logical_id: str) -> Any:
        properties = self._stack.template.get("Resources", {}).get(logical_id, {}).get("Properties", {})
        found = self._evaluated(properties.get("Path", "/"))
        return "/" if found is _NO_VALUE else found

    def _if(self, given: Any) -> Any:
        name, if_true, if_false = given
        holds = self._conditions.holds(name)
        return holds if isinstance(holds, Unknown) else self._evaluated(if_true if holds else if_false)

    def _join(self, given: Any) -> Any:
        separator, parts = given[0], self._evaluated(given[1])
        return first_unknown(parts) or separator.join(parts)

    def _split(self, given: Any) -> Any:
        text = self._evaluated(given[1])
        return text if isinstance(text, Unknown) else text.split(given[0])

    def _select(self, given: Any) -> Any:
        index, items = map(self._evaluated, given)
        for value in (index, items):
            if isinstance(value, Unknown):
                return value
        return items[int(index)] if int(index) < len(items) else Unknown(f"item {index} of a list of {len(items)}")

    def _sub(self, given: Any) -> Any:
        text, given_values = (given, {}) if isinstance(given, str) else given
        values = self._evaluated(given_values)
        unknown: list[Unknown] = []

        def value_of(found: re.Match[str]) -> str:
            name = found[2].strip()
            if found[1]:
                return f"${{{found[2]}}}"
            value = values[name] if name in values else self._variable(name)
            if isinstance(value, Unknown):
                unknown.append(value)
            return str(value)

        filled = _VARIABLE.sub(value_of, text)
        return unknown[0] if unknown else filled

    def _variable(self, name: str) -> Any:
        return self._get_att(name) if "." in name else self._ref(name)

    def _find_in_map(self, given: Any) -> Any:
        keys = [self._evaluated(key) for key in given[:3]]
        unknown = first_unknown(keys)
        if unknown is not None:
            return unknown
        found: Any = self._stack.template.get("Mappings", {})
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is not None:
            return self._evaluated(found)
        has_default = len(given) > 3 and isinstance(given[3], Mapping) and "DefaultValue" in given[3]  # noqa: PLR2004
        return self._evaluated(given[3]["DefaultValue"]) if has_default else Unknown(f"mapping {'.'.join(keys)}")

    def _import_value(self, given: Any) -> Any:
        name = self._evaluated(given)
        if isinstance(name, Unknown):
            return name
        value = self._stack.exports.get(name)
        return Unknown(f"export {name}, which does not exist") if value is None else value


def _is_function(name: str) -> bool:
    return name == "Ref" or name.startswith("Fn::")


def _without_dynamic_references(value: Any) -> Any:
    """Replace strings with a dynamic reference: CloudFormation resolves it after everything else, if at all."""
    match value:
        case str():
            found = DYNAMIC_REFERENCE.search(value) or SECURE_REFERENCE.search(value)
            return value if found is None else Unknown(f"the dynamic reference {found[0]}")
        case dict():
            return {name: _without_dynamic_references(item) for name, item in value.items()}
        case list():
            return [_without_dynamic_references(item) for item in value]
        case _:
            return value
