"""The `AWS::ImageBuilder::*` types of CloudFormation, which ministack does not have, on top of the emulator.

Pipelines refer to these resources, so they must exist, and cannot be deleted while a pipeline refers to them. They are
registered in ministack's table of provisioners, which is not a public interface: the version is pinned, and a test
deploys each type.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from imagebuilder_local.cloud.api_names import api_members
from imagebuilder_local.cloud.latest_version import latest_version
from imagebuilder_local.cloud.native_image import TYPE as NATIVE_IMAGE
from imagebuilder_local.cloud.native_image import native_image
from imagebuilder_local.cloud.native_pipeline import TYPE as NATIVE_PIPELINE
from imagebuilder_local.cloud.native_pipeline import native_pipeline
from imagebuilder_local.emulator import SHAPES, ImageBuilder
from imagebuilder_model import load_model, normalized_name

# Message: aws/aws-cdk#11441
_NO_PROFILE: Final = (
    "The value supplied for parameter 'instanceProfileName' is not valid. The provided instance profile does not "
    "exist. Please specify a different instance profile and try again."
)

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class ResourceType:
    """A type: its part of the ARN, its required properties, and its references to other resources."""

    kind: str
    required: tuple[str, ...]
    arn_ends_with: tuple[str, ...] = ()
    references: Callable[[Properties], list[str]] = lambda _: []
    is_versioned: bool = True
    has_name: bool = True  # as an attribute
    subkind: str | None = None  # the property with the value that follows the kind in the ARN


def _components(properties: Properties) -> list[str]:
    return [component["ComponentArn"] for component in properties.get("Components", [])]


TYPES: Final = {
    "AWS::ImageBuilder::Component": ResourceType("component", ("Name", "Platform", "Version"), ("1",)),
    "AWS::ImageBuilder::ImageRecipe": ResourceType(
        "image-recipe", ("Name", "ParentImage", "Version"), references=_components
    ),
    "AWS::ImageBuilder::ContainerRecipe": ResourceType(
        "container-recipe",
        ("Components", "ContainerType", "Name", "ParentImage", "TargetRepository", "Version"),
        references=_components,
    ),
    "AWS::ImageBuilder::InfrastructureConfiguration": ResourceType(
        "infrastructure-configuration", ("InstanceProfileName", "Name"), is_versioned=False
    ),
    "AWS::ImageBuilder::DistributionConfiguration": ResourceType(
        "distribution-configuration", ("Distributions", "Name"), is_versioned=False
    ),
    "AWS::ImageBuilder::LifecyclePolicy": ResourceType(
        "lifecycle-policy",
        ("ExecutionRole", "Name", "PolicyDetails", "ResourceSelection", "ResourceType"),
        is_versioned=False,
        has_name=False,
    ),
    "AWS::ImageBuilder::Workflow": ResourceType("workflow", ("Name", "Type", "Version"), ("1",), subkind="Type"),
}


def provisioners(service: ImageBuilder) -> dict[str, dict[str, Any]]:
    """Return the entries for ministack's table of provisioners: create, update and delete of each type."""
    deployments: dict[str, str] = {}
    return {
        name: {
            "create": partial(_create, service, resource_type),
            "update": partial(_update, service, resource_type),
            "delete": partial(_delete, service),
        }
        for name, resource_type in TYPES.items()
    } | {
        NATIVE_PIPELINE: native_pipeline(service, deployments),
        NATIVE_IMAGE: native_image(service, deployments),
    }


def _create(
    service: ImageBuilder, resource_type: ResourceType, _logical_id: str, properties: Properties, _stack_name: str
) -> Created:
    arn = _arn(service, resource_type, properties)
    if arn in service.registered():
        raise ValueError(f"{arn} already exists: give it another Name or Version")
    return _put(service, resource_type, arn, properties)


def _update(
    service: ImageBuilder,
    resource_type: ResourceType,
    physical_id: str,
    _old: Properties,
    new: Properties,
    _stack_name: str,
) -> Created:
    arn = _arn(service, resource_type, new)
    if arn == physical_id and resource_type.is_versioned:
        raise ValueError(f"{arn} cannot be changed: give it another Version")
    return _put(service, resource_type, arn, new)


def _delete(service: ImageBuilder, physical_id: str, _properties: Properties) -> None:
    if physical_id in service.registered():
        service.unregister(physical_id)


def _arn(service: ImageBuilder, resource_type: ResourceType, properties: Properties) -> str:
    missing = [name for name in resource_type.required if name not in properties]
    if missing:
        raise ValueError(f"required properties are missing: {', '.join(missing)}")
    version = (str(properties["Version"]),) if resource_type.is_versioned else ()
    subkind = (str(properties[resource_type.subkind]).lower(),) if resource_type.subkind else ()
    parts = (resource_type.kind, *subkind, normalized_name(properties["Name"]), *version, *resource_type.arn_ends_with)
    return service.arn("/".join(parts))


def _facts(resource_type: ResourceType, properties: Properties) -> dict[str, Any]:
    """Return the properties as members of the type's shape in the API.

    The model has no shape for workflows and lifecycle policies.
    """
    shape = SHAPES.get(resource_type.kind)
    if shape is None:
        return {name.lower(): properties[name] for name in ("Name", "Data", "Tags") if name in properties}
    override = {"platform": properties["PlatformOverride"]} if "PlatformOverride" in properties else {}
    return api_members(load_model().shapes[shape], properties) | override


def _put(service: ImageBuilder, resource_type: ResourceType, arn: str, properties: Properties) -> Created:
    registered = service.registered()
    for reference in resource_type.references(properties):
        if reference.startswith(service.arn("")) and reference not in registered:
            raise ValueError(f"{reference} does not exist")
    profile = properties.get("InstanceProfileName")
    if profile is not None and service.iam is not None and not service.iam.has_instance_profile(profile):
        raise ValueError(_NO_PROFILE)
    service.register(arn, **_facts(resource_type, properties))
    name = {"Name": properties["Name"]} if resource_type.has_name else {}
    return arn, {"Arn": arn} | name | latest_version(arn)
