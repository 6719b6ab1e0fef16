"""The AMIs and container images that a build creates."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from imagebuilder_local.emulator.state import State

BUILD_DATE: Final = "{{ imagebuilder:buildDate }}"
"""The variable that the service replaces in the name of an AMI (user guide, distribution settings)."""


def output_resources(
    state: State, image: Mapping[str, Any], distributions: Collection[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the `outputResources` of an image, given as GetImage returns it.

    Each Region of the distributions has an AMI for each target account, or one container image. Without distributions
    only this Region has one. An AMI id depends on the image, the Region and the account, and is always the same.
    """
    everywhere = distributions or [{"region": state.region}]
    if image["type"] == "DOCKER":
        return {"containers": [_container(state, image, distribution) for distribution in everywhere]}
    return {"amis": [ami for distribution in everywhere for ami in _amis(state, image, distribution)]}


def _amis(state: State, image: Mapping[str, Any], distribution: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    region, settings = distribution["region"], distribution.get("amiDistributionConfiguration", {})
    date = image["dateCreated"].replace(":", "-")
    name = settings.get("name", f"{image['name']} {BUILD_DATE}")
    for variable in (BUILD_DATE, BUILD_DATE.replace(" ", "")):
        name = name.replace(variable, date)
    described = {"description": settings["description"]} if "description" in settings else {}
    # The build creates the AMI of this account and Region; copies go to the target accounts.
    own = [state.account] if region == state.region else []
    for account in dict.fromkeys([*own, *(settings.get("targetAccountIds") or [state.account])]):
        digest = hashlib.sha256(f"{image['arn']} {region} {account}".encode()).hexdigest()
        yield {"region": region, "image": f"ami-{digest[:17]}", "name": name, "accountId": account} | described


def _container(state: State, image: Mapping[str, Any], distribution: Mapping[str, Any]) -> dict[str, Any]:
    region, settings = distribution["region"], distribution.get("containerDistributionConfiguration", {})
    recipe = image["containerRecipe"]
    target = settings.get("targetRepository") or recipe.get("targetRepository") or {}
    repository = target.get("repositoryName", image["name"])
    registry = f"{state.account}.dkr.ecr.{region}.amazonaws.com"
    tags = [image["version"].replace("/", "-"), *settings.get("containerTags", ())]
    return {"region": region, "imageUris": [f"{registry}/{repository}:{tag}" for tag in tags]}
