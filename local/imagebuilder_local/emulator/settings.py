"""The settings of a build: references to other resources, and the service's defaults."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from imagebuilder_local.emulator import defaults
from imagebuilder_local.emulator.errors import not_found
from imagebuilder_local.emulator.state import State
from imagebuilder_model import load_model

RECIPES: Final = ("imageRecipeArn", "containerRecipeArn")
_REFERENCES: Final = (*RECIPES, "infrastructureConfigurationArn", "distributionConfigurationArn")


def references(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ARNs that a pipeline, or a request for one, refers to."""
    yield from (settings[name] for name in _REFERENCES if name in settings)
    yield from (workflow["workflowArn"] for workflow in settings.get("workflows", ()))


def require_references(state: State, request: Mapping[str, Any]) -> None:
    """Reject a reference to a resource of this account that is not registered.

    The response of AWS is unverified. Its documentation of ResourceNotFoundException is "at least one of the resources
    referenced by your request does not exist". Resources of other accounts are unknown here.
    """
    if not state.strict_references:
        return
    for arn in references(request):
        if arn.split(":")[4] == state.account and state.resources.resolve(arn) is None:
            raise not_found(arn)


def build_settings(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a request that a build uses, with the service's defaults for omitted members."""
    given = {
        name: deepcopy(value)
        for name, value in request.items()
        if name in load_model().shapes["ImagePipeline"].members and name not in {"name", "tags"}
    }
    tests = defaults.TESTS | given.get("imageTestsConfiguration", {})
    recipe = next(request[name] for name in RECIPES if name in request)
    facts = state.resources.facts(state.resources.resolve(recipe) or recipe) or {}
    return defaults.BUILD | given | {"imageTestsConfiguration": tests, "platform": facts.get("platform", "Linux")}
