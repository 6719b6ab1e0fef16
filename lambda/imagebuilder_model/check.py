"""Validates a request against the service model and reports all problems at once."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from imagebuilder_model.dynamic_reference import fault_of_reference
from imagebuilder_model.model import Model, Shape, load_model
from imagebuilder_model.rules import broken_rules
from imagebuilder_model.words import fault_in, shown


class MapKey(str):
    """A key of a map in a path. It is the user's, so `spell` leaves it alone."""

    __slots__ = ()


Path = tuple[str | int | MapKey, ...]
"""The place in a request: names of members, indices of lists, keys of maps."""


class Problem(NamedTuple):
    """One problem of a request. `str()` returns the whole sentence, path first."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{_dotted(self.path)} {self.message}".lstrip()


def check(
    operation: str,
    request: Mapping[str, Any],
    *,
    spell: Callable[[str], str] = str,
    is_unresolved: Callable[[object], bool] = lambda _: False,
    hidden: Collection[str] = (),
    more: Collection[str] = (),
    is_secret: Callable[[Path], bool] = lambda _: False,
) -> list[Problem]:
    """Return every problem of a request; an empty list if it satisfies the service model and the rules.

    `spell` returns the name that a member has for the reader. Values for which `is_unresolved` is true (CDK tokens) are
    skipped. A missing idempotency token is allowed, because every SDK fills it in. Messages never show the value at a
    path for which `is_secret` is true. For an unknown member the message suggests a name, or lists all: without those
    of `hidden`, and with the caller's own of `more`. KeyError when the model has no such operation.
    """
    checker = _Checker(load_model(), spell, is_unresolved, hidden, more, is_secret)
    problems = list(checker.structure((), checker.model.input_of(operation), request))
    problems += [
        Problem(tuple(spell(part) if isinstance(part, str) else part for part in path), message)
        for path, message in broken_rules(operation, request, spell, is_unresolved)
    ]
    return problems


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to the given one, or None if none is similar."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.lower(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None


@dataclass(frozen=True)
class _Checker:
    """Walks a value along its shape, with one method for each type of the model."""

    model: Model
    spell: Callable[[str], str]
    is_unresolved: Callable[[object], bool]
    hidden: Collection[str]
    more: Collection[str]
    is_secret: Callable[[Path], bool]

    def value(self, path: Path, shape: Shape, value: object) -> Iterator[Problem]:
        fault = fault_of_reference(value) if isinstance(value, str) else None
        if fault is not None:
            yield Problem(path, fault)
        elif not self.is_unresolved(value):
            yield from self.typed(path, shape, value)

    def typed(self, path: Path, shape: Shape, value: object) -> Iterator[Problem]:
        match shape.type, value:
            case "structure", Mapping():
                yield from self.structure(path, shape, value)
            case "map", Mapping():
                yield from self.map(path, shape, value)
            case "list", Sequence() if not isinstance(value, str):
                yield from self.list(path, shape, value)
            case "string", str():
                yield from self.string(path, shape, value)
            case "boolean", bool():
                pass
            case (("integer" | "long"), int()) if not isinstance(value, bool):
                yield from self.size(path, shape, value, "")
            case "timestamp", int() | float() if not isinstance(value, bool):
                pass
            case _:
                yield Problem(path, f"must be {_EXPECTED[shape.type]}: got {self.shown(path, value)}")

    def structure(self, path: Path, shape: Shape, value: Mapping[str, Any]) -> Iterator[Problem]:
        for name in shape.required:
            if name not in value and not shape.members[name].is_idempotency_token:
                yield Problem((*path, self.spell(name)), "is missing")
        for name, item in value.items():
            member = shape.members.get(name)
            if member is None:
                yield Problem((*path, name), self.unknown(path, shape, name))
            else:
                yield from self.value((*path, self.spell(name)), self.model.shapes[member.shape], item)

    def unknown(self, path: Path, shape: Shape, name: str) -> str:
        known = [self.spell(member) for member in shape.members if member not in self.hidden]
        known += () if path else self.more
        meant = nearest(name, known)
        return f"is not known: {f'did you mean {meant}? ' if meant else ''}allowed are {', '.join(known)}"

    def map(self, path: Path, shape: Shape, value: Mapping[str, Any]) -> Iterator[Problem]:
        yield from self.size(path, shape, len(value), "entries")
        for key, item in value.items():
            place = (*path, MapKey(key))
            if shape.key is not None:
                yield from (
                    Problem(problem.path, f"has a key that {problem.message}")
                    for problem in self.value(place, self.model.shapes[shape.key], key)
                )
            if shape.value is not None:
                yield from self.value(place, self.model.shapes[shape.value], item)

    def list(self, path: Path, shape: Shape, value: Sequence[Any]) -> Iterator[Problem]:
        yield from self.size(path, shape, len(value), "items")
        if shape.element is not None:
            for index, item in enumerate(value):
                yield from self.value((*path, index), self.model.shapes[shape.element], item)

    def string(self, path: Path, shape: Shape, value: str) -> Iterator[Problem]:
        if shape.enum and value not in shape.enum:
            yield Problem(
                path, f"is not an allowed value: got {self.shown(path, value)}, allowed are {', '.join(shape.enum)}"
            )
        too_long_or_short = list(self.size(path, shape, len(value), "characters"))
        yield from too_long_or_short
        if not too_long_or_short and shape.regex is not None and not shape.regex.search(value):
            got, allowed = fault_in(shape.name, shape.regex, value) or (self.shown(path, value), shape.pattern)
            got = self.shown(path, value) if self.is_secret(path) else got
            yield Problem(path, f"does not match the pattern: got {got}, allowed is {allowed}")

    def shown(self, path: Path, value: object) -> str:
        return "a value that is not shown" if self.is_secret(path) else described(value)

    def size(self, path: Path, shape: Shape, size: int, unit: str) -> Iterator[Problem]:
        low, high = shape.minimum, shape.maximum
        if (low is None or size >= low) and (high is None or size <= high):
            return
        verb = "is too large" if high is not None and size > high else "is too small"
        allowed = f"{low} to {high}" if low is not None and high is not None else _one_sided(low, high)
        yield Problem(path, f"{verb}: got {f'{size} {unit}'.rstrip()}, allowed {allowed}")


_EXPECTED = {
    "structure": "an object",
    "map": "an object",
    "list": "a list",
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "long": "a whole number",
    "timestamp": "a number of seconds since 1970",
}


def _one_sided(low: int | None, high: int | None) -> str:
    return f"at most {high}" if low is None else f"at least {low}"


def described(value: object) -> str:
    """Return a value as a message shows it: long strings are cut, and contents of maps and objects never shown."""
    match value:
        case bool():
            return str(value).lower()
        case Mapping():
            return "an object"
        case str():
            return shown(value)
        case int() | float():
            return repr(value)
        case None:
            return "nothing"
        case Sequence():
            return "a list"
        case _:
            name = type(value).__name__
            return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        match part:
            case int() | MapKey():
                text += f"[{part!r}]"
            case _:
                text += f".{part}" if text else part
    return text
