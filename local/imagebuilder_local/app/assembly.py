"""Reads the stacks of a cloud assembly, the folder that the CDK CLI synthesises an app into."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DEFAULT_QUALIFIER: Final = "hnb659fds"
"""Part of the names of bootstrapped resources, unless the app sets another one."""

_UNKNOWN: Final = ("unknown-account", "unknown-region")


@dataclass(frozen=True, order=True)
class Environment:
    """An account and a Region that stacks are deployed to, with the qualifier of their bootstrap."""

    account: str
    region: str
    qualifier: str = DEFAULT_QUALIFIER

    @property
    def url(self) -> str:
        """The environment as the CDK CLI writes it."""
        return f"aws://{self.account}/{self.region}"


@dataclass(frozen=True)
class Stack:
    """A stack of an assembly."""

    name: str
    path: str
    """The stack's id with its stages, as the CDK CLI takes it."""
    environment: Environment
    template: Path
    container_images: tuple[str, ...]
    """Container images that the CDK CLI would build and publish for the stack."""

    def resource_types(self) -> dict[str, str]:
        """Return the type of each resource of the template by its logical id."""
        template: dict[str, Any] = json.loads(self.template.read_text(encoding="utf-8"))
        return {name: str(resource.get("Type")) for name, resource in template.get("Resources", {}).items()}


def stacks_of(assembly: Path, default: Environment) -> list[Stack]:
    """Return the stacks of an assembly and of its stages. `default` replaces an account and a Region left out."""
    return list(_stacks(assembly, default))


def _stacks(assembly: Path, default: Environment) -> Iterator[Stack]:
    manifest: dict[str, Any] = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    artifacts: dict[str, Any] = manifest.get("artifacts") or {}
    for key, artifact in artifacts.items():
        properties = artifact.get("properties") or {}
        match artifact["type"]:
            case "cdk:cloud-assembly":
                yield from _stacks(assembly / properties["directoryName"], default)
            case "aws:cloudformation:stack":
                account, region = artifact["environment"].removeprefix("aws://").split("/")
                environment = Environment(
                    default.account if account in _UNKNOWN else account,
                    default.region if region in _UNKNOWN else region,
                    _qualifier(properties),
                )
                name = properties.get("stackName") or key
                images = _container_images(assembly, artifacts, artifact)
                path = str(artifact.get("displayName") or name).partition(" ")[0]
                yield Stack(name, path, environment, assembly / properties["templateFile"], images)
            case _:
                pass


def _qualifier(properties: dict[str, Any]) -> str:
    match str(properties.get("bootstrapStackVersionSsmParameter")).split("/"):
        case ["", "cdk-bootstrap", qualifier, "version"]:
            return qualifier
        case _:
            return DEFAULT_QUALIFIER


def _container_images(assembly: Path, artifacts: dict[str, Any], stack: dict[str, Any]) -> tuple[str, ...]:
    needed = (artifacts.get(name, {}) for name in stack.get("dependencies") or ())
    manifests = (one["properties"]["file"] for one in needed if one.get("type") == "cdk:asset-manifest")
    images: dict[str, Any] = {}
    for manifest in manifests:
        images |= json.loads((assembly / manifest).read_text(encoding="utf-8")).get("dockerImages") or {}
    return tuple(str(image.get("displayName") or key) for key, image in images.items())
