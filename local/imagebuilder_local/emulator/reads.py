"""Operations that read registered resources: one of them, or all of a kind."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from imagebuilder_local.emulator.descriptions import SHAPES, description
from imagebuilder_local.emulator.errors import invalid_value, not_found
from imagebuilder_local.emulator.ordered import ByArn
from imagebuilder_local.emulator.pages import page
from imagebuilder_local.emulator.state import State
from imagebuilder_local.emulator.versions import latest_version_references
from imagebuilder_model import load_model

Read = Callable[[State, Mapping[str, Any]], dict[str, Any]]

_GETS: Final = {
    "GetComponent": "component",
    "GetContainerRecipe": "container-recipe",
    "GetDistributionConfiguration": "distribution-configuration",
    "GetImageRecipe": "image-recipe",
    "GetInfrastructureConfiguration": "infrastructure-configuration",
}
"""The kind of resource that an operation returns."""

_NAME: Final = ("name",)
_LISTS: Final = {
    "ListContainerRecipes": ("container-recipe", ("containerType", "name", "parentImage", "platform")),
    "ListDistributionConfigurations": ("distribution-configuration", _NAME),
    "ListImageRecipes": ("image-recipe", ("name", "parentImage", "platform")),
    "ListInfrastructureConfigurations": ("infrastructure-configuration", _NAME),
}
"""The kind of resource that an operation lists, and its filters (API reference of each operation)."""

_COMPONENT_FILTERS: Final = (
    "description",
    "name",
    "platform",
    "productCodes",
    "status",
    "supportedOsVersion",
    "type",
    "version",
)
_IMAGE_FILTERS: Final = ("name", "osVersion", "platform", "type", "version")


def _get(operation: str, state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    model = load_model()
    (member,) = model.input_of(operation).required
    output = model.shapes[model.operations[operation].output].members
    (returned,) = (name for name, found in output.items() if found.shape == SHAPES[_GETS[operation]])
    arn = state.resources.resolve(request[member])
    if arn is None:
        raise not_found(request[member])
    references = {"latestVersionReferences": latest_version_references} if "latestVersionReferences" in output else {}
    found = description(state.resources, arn)
    return {returned: found} | {name: make(arn) for name, make in references.items()}


def _list(operation: str, state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    kind, filters = _LISTS[operation]
    return _page(operation, _described(state, kind).values(), request, filters)


def _list_components(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry for each version of a component, or for each name, without those that are deprecated."""
    wants_deprecated = any(entry.get("name") == "status" for entry in request.get("filters", ()))
    components = [
        component | {"status": component["state"]["status"]}
        for component in _described(state, "component").values()
        if wants_deprecated or component["state"]["status"] != "DEPRECATED"
    ]
    return _page("ListComponents", _by_version("ListComponents", components, request), request, _COMPONENT_FILTERS)


def _list_images(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry for each version of an image, or for each name."""
    images = [image.summary(state.clock()) for _, image in state.images.after("")]
    return _page("ListImages", _by_version("ListImages", images, request), request, _IMAGE_FILTERS)


def _list_image_build_versions(state: State, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the builds of a version, or all builds."""
    start = f"{request['imageVersionArn']}/" if "imageVersionArn" in request else ""
    images = [image.summary(state.clock()) for arn, image in state.images.items() if arn.startswith(start)]
    return _page("ListImageBuildVersions", images, request, _IMAGE_FILTERS)


READS: Final[Mapping[str, Read]] = (
    {operation: partial(_get, operation) for operation in _GETS}
    | {operation: partial(_list, operation) for operation in _LISTS}
    | {
        "ListComponents": _list_components,
        "ListImages": _list_images,
        "ListImageBuildVersions": _list_image_build_versions,
    }
)


def _described(state: State, kind: str) -> dict[str, dict[str, Any]]:
    return {arn: _for_lists(description(state.resources, arn)) for arn in state.resources.of_kind(kind)}


def _for_lists(found: dict[str, Any]) -> dict[str, Any]:
    """Add the members that summaries have besides those of the resource."""
    regions = {"regions": [one["region"] for one in found["distributions"]]} if "distributions" in found else {}
    instance = found.get("instanceConfiguration", {})
    image = {"instanceImage": instance["image"]} if "image" in instance else {}
    return found | regions | image | {"supportedOsVersion": found.get("supportedOsVersions", [])}


def _by_version(
    operation: str, builds: Iterable[dict[str, Any]], request: Mapping[str, Any]
) -> Iterable[dict[str, Any]]:
    """Return the first build of each version, or of each name with byName, under its ARN without the build.

    That the ARN of a name has the version `x.x.x` is not verified on AWS.
    """
    by_name = request.get("byName", False)
    if by_name and any(entry.get("name") == "version" for entry in request.get("filters", ())):
        raise invalid_value(operation, "byName", "It cannot be combined with the filter version")
    first: dict[str, dict[str, Any]] = {}
    for build in builds:
        kind, name, version = build["arn"].split("/")[:3]
        arn = f"{kind}/{name}/{'x.x.x' if by_name else version}"
        item = {key: value for key, value in build.items() if key != "version"}
        first.setdefault(arn, item | {"arn": arn} | ({} if by_name else {"version": version}))
    return first.values()


def _page(
    operation: str, items: Iterable[dict[str, Any]], request: Mapping[str, Any], filters: tuple[str, ...]
) -> dict[str, Any]:
    """Return a page of summaries. All resources are of this account: other owners have none."""
    model = load_model()
    output = model.shapes[model.operations[operation].output].members
    (member,) = output.keys() - {"requestId", "nextToken"}
    summary = model.shapes[str(model.shapes[output[member].shape].element)].members
    ordered = ByArn[dict[str, Any]]()
    if request.get("owner", "Self") == "Self":
        for item in items:
            ordered[item["arn"]] = item
    shown, more = page(operation, ordered.after, request, filters)
    return {member: [{name: value for name, value in item.items() if name in summary} for item in shown]} | more
