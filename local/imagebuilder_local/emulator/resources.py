"""What pipelines refer to: recipes, configurations, components and workflows, made elsewhere and registered here."""

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
        """Make the ARN exist; what was known of it before is forgotten."""
        self._facts[arn] = {"tags": {}} | deepcopy(facts)

    def remove(self, arn: str) -> None:
        """Make the ARN not exist any more. ResourceNotFoundException when it did not."""
        if self._facts.pop(arn, None) is None:
            raise not_found(arn)

    def facts(self, arn: str) -> dict[str, Any] | None:
        """Return what is known of exactly this ARN, not a copy."""
        return self._facts.get(arn)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return a copy of everything."""
        return deepcopy(self._facts)

    def resolve(self, reference: str) -> str | None:
        """Return the registered ARN that a reference means: itself, or the newest version that its `x` wildcards allow.

        A version without a build number also means the newest build of that version.
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
