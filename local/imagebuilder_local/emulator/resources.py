"""Resources that pipelines refer to: recipes, configurations, components and workflows, registered by their creator."""

from copy import deepcopy
from typing import Any

from imagebuilder_local.emulator.errors import not_found
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.versions import newest


class Resources:
    """The registered ARNs, each with its facts: members of the API's shape for it, such as platform and tags."""

    def __init__(self) -> None:
        self._facts = ByArn[dict[str, Any]]()

    def add(self, arn: str, facts: dict[str, Any], now: str) -> None:
        """Register an ARN. Earlier facts are replaced, except the date of creation."""
        dates = {"dateCreated": self._facts.get(arn, {}).get("dateCreated", now), "dateUpdated": now}
        self._facts[arn] = {"tags": {}} | dates | deepcopy(facts)

    def remove(self, arn: str) -> None:
        """Unregister an ARN. ResourceNotFoundException if it is not registered."""
        if self._facts.pop(arn, None) is None:
            raise not_found(arn)

    def facts(self, arn: str) -> dict[str, Any] | None:
        """Return the facts of exactly this ARN, not a copy."""
        return self._facts.get(arn)

    def of_kind(self, kind: str) -> list[str]:
        """Return the ARNs of a kind, as ARNs name it, for example `image-recipe`."""
        return [arn for arn in self._facts if arn.split(":", 5)[5].split("/", 1)[0] == kind]

    def all(self) -> dict[str, dict[str, Any]]:
        """Return a copy of everything."""
        return deepcopy(dict(self._facts))

    def resolve(self, reference: str) -> str | None:
        """Return the registered ARN for a reference: itself, or the newest version that matches its `x` wildcards.

        A version without a build number also matches the newest build of that version.
        """
        return reference if reference in self._facts else newest(reference, self._facts)
