"""Registered resources as the service describes them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from imagebuilder_local.emulator.component_document import phases
from imagebuilder_local.emulator.resources import Resources
from imagebuilder_model import load_model

SHAPES: Final[Mapping[str, str]] = {
    "component": "Component",
    "container-recipe": "ContainerRecipe",
    "distribution-configuration": "DistributionConfiguration",
    "image-recipe": "ImageRecipe",
    "infrastructure-configuration": "InfrastructureConfiguration",
}
"""The shape of the API for each kind of resource, as ARNs name the kind."""


def description(resources: Resources, arn: str) -> dict[str, Any]:
    """Return a copy of a resource with the members of its shape; what its ARN says if it is not registered here."""
    account, resource = arn.split(":", 5)[4:]
    kind, name, *version = resource.split("/")
    known: dict[str, Any] = {"arn": arn, "name": name, "owner": account, "platform": "Linux", **_DEFAULTS.get(kind, {})}
    if version:
        known["version"] = version[0]
    members = load_model().shapes[SHAPES[kind]].members
    facts = resources.facts(arn) or {}
    if kind == "component":
        known["type"] = "TEST" if phases(str(facts.get("data", ""))) == {"test"} else "BUILD"
    return {name: deepcopy(value) for name, value in (known | facts).items() if name in members}


_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "component": {"state": {"status": "ACTIVE"}, "encrypted": True},
    "container-recipe": {"containerType": "DOCKER", "encrypted": True},
    "distribution-configuration": {"distributions": []},
    "image-recipe": {"type": "AMI"},
}
