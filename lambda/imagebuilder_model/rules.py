"""The rules across members that the service enforces and its model cannot say."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_RECIPES = ("imageRecipeArn", "containerRecipeArn")


def broken_rules(
    operation: str,
    request: Mapping[str, Any],
    spell: Callable[[str], str],
    is_unresolved: Callable[[object], bool],
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield path and message of every broken rule. Paths are in the model's spelling, messages as `spell` says."""
    if operation in {"CreateImagePipeline", "UpdateImagePipeline"}:
        yield from _exactly_one_recipe(request, spell, is_unresolved)


def _exactly_one_recipe(
    request: Mapping[str, Any], spell: Callable[[str], str], is_unresolved: Callable[[object], bool]
) -> Iterator[tuple[tuple[str, ...], str]]:
    given = [name for name in _RECIPES if name in request]
    image, container = (spell(name) for name in _RECIPES)
    if not given:
        yield (_RECIPES[0],), f"is missing: give {image} or {container}"
    # An unresolved recipe may turn out to be AWS::NoValue, and then there is only one.
    elif len(given) > 1 and not any(is_unresolved(request[name]) for name in given):
        yield (_RECIPES[1],), f"is given beside {image}: a pipeline has one recipe, remove one of the two"
