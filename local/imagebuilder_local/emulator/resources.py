"""Resources that pipelines refer to: recipes, configurations, components and workflows, registered by their creator."""

import re
from copy import deepcopy
from typing import Any

from imagebuilder_local.emulator.errors import not_found

_VERSION = re.compile(r"(?:[0-9]+|x)(?:\.(?:[0-9]+|x)){2}")


class Resources:
    """The registered ARNs, each with facts such as its platform and its tags."""

    def __init__(self) -> None:
        self._facts: dict[str, dict[str, Any]] = {}

    def add(self, arn: str, facts: dict[str, Any]) -> None:
        """Register an ARN. Earlier facts are replaced."""
        self._facts[arn] = {"tags": {}} | deepcopy(facts)

    def remove(self, arn: str) -> None:
        """Unregister an ARN. ResourceNotFoundException if it is not registered."""
        if self._facts.pop(arn, None) is None:
            raise not_found(arn)

    def facts(self, arn: str) -> dict[str, Any] | None:
        """Return the facts of exactly this ARN, not a copy."""
        return self._facts.get(arn)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return a copy of everything."""
        return deepcopy(self._facts)

    def resolve(self, reference: str) -> str | None:
        """Return the registered ARN for a reference: itself, or the newest version that matches its `x` wildcards.

        A version without a build number also matches the newest build of that version.
        """
        if reference in self._facts:
            return reference
        head, _, version = reference.rpartition("/")
        if not _VERSION.fullmatch(version):
            return None
        numbers = re.escape(version).replace("x", "[0-9]+")
        wanted = re.compile(rf"{re.escape(head)}/({numbers}(?:/[0-9]+)?)")
        found = [(_numbers(match[1]), arn) for arn in self._facts if (match := wanted.fullmatch(arn))]
        return max(found)[1] if found else None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.split(r"[./]", version)]
