"""Generate the JSON schemas of the resource types from the service model: `python -m tools.pipeline_schema`.

There are schemas for two readers. cfn-lint resolves functions and uses the format of CloudFormation's
registry. An editor validates the whole file and reads `!Ref Name` as the string `Name`, so its schema also allows a
string for every value.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from imagebuilder_model import SECURE_REFERENCE, Shape, load_model
from imagebuilder_model.builds import BUILD, IMAGE
from imagebuilder_model.ownership import (
    MEMBER_OF_ATTRIBUTE,
    ON_DELETE,
    OWNER_TAGS,
    RESERVED_MEMBERS,
    RUNTIME_ATTRIBUTES,
    most_tags,
)
from imagebuilder_model.spelling import template_name

FOLDER: Final = Path("cloudformation")
EDITOR: Final = FOLDER / "editor" / "template.schema.json"

_OPERATION: Final = "CreateImagePipeline"
_RECIPES: Final = ("ImageRecipeArn", "ContainerRecipeArn")
_LONGEST_TIMEOUT: Final = 3600  # seconds, the limit of CloudFormation

Schema = dict[str, Any]

_MORE: Final[dict[str, Schema]] = {
    # The service model does not define the format. The function validates the fields.
    "scheduleExpression": {"pattern": r"^(cron\(\s*\S+(\s+\S+){5}\s*\)|rate\(\s*[0-9]+\s+(minute|hour|day)s?\s*\))$"}
}

_DYNAMIC_REFERENCE: Final[Schema] = {
    "description": "A dynamic reference, which CloudFormation resolves for custom resources unless it is secure",
    "type": "string",
    "pattern": r"\{\{resolve:",
    "not": {"pattern": SECURE_REFERENCE.pattern},
}

_FRAME: Final[dict[str, Schema]] = {
    "ServiceToken": {"type": "string", "minLength": 1},
    "ServiceTimeout": {"type": "integer", "minimum": 1, "maximum": _LONGEST_TIMEOUT},
}
_OF_PIPELINE: Final[dict[str, Schema]] = {
    "AdoptExisting": {"type": "boolean"},
    "OnDelete": {"type": "string", "enum": list(ON_DELETE)},
    RUNTIME_ATTRIBUTES: {"type": "boolean"},
}


@dataclass(frozen=True)
class Resource:
    """A resource type: the shape of its properties, what its Ref is, and the attributes besides properties."""

    type_name: str
    shape: str
    description: str
    identifier: str
    attributes: tuple[str, ...]
    more: Schema = field(default_factory=dict)
    """Keywords of cfn-lint that say what holds across properties."""

    @property
    def file(self) -> Path:
        """The file of the schema, named as cfn-lint names those of AWS."""
        return FOLDER / "schema" / f"{self.type_name.lower().replace('::', '-')}.json"

    @property
    def name(self) -> str:
        """The type's name without the namespace."""
        return self.type_name.partition("::")[2]


_BY_FUNCTION: Final = "by the function with the ARN in ServiceToken"
_OF_IMAGE: Final = ("ImageArn", "Version", "ImageId", "ImageUri")

RESOURCES: Final = (
    Resource(
        "Custom::ImagePipeline",
        "CreateImagePipeline",
        f"An EC2 Image Builder pipeline, created {_BY_FUNCTION}",
        "Arn",
        ("Arn", "ClientToken", "RequestId", "WhatIsBuilt", *MEMBER_OF_ATTRIBUTE),
        {
            # cfn-lint's keyword, which gives better messages than `oneOf`.
            "requiredXor": list(_RECIPES),
            "dependentRequired": {"Workflows": ["ExecutionRole"]},
            "createOnlyProperties": ["/properties/Name"],
        },
    ),
    Resource(
        "Custom::ImagePipelineBuild",
        BUILD,
        f"An image that a pipeline builds during the deployment, started {_BY_FUNCTION}",
        "ImageArn",
        _OF_IMAGE,
    ),
    Resource(
        "Custom::ImagePipelineImage",
        IMAGE,
        f"An image that is waited for or looked up {_BY_FUNCTION}",
        "ImageArn",
        _OF_IMAGE[1:],
    ),
)


def registry_schema(resource: Resource) -> Schema:
    """Return the schema of a type in the format of CloudFormation's registry."""
    writer = _Writer(for_value=_in_any_case)
    properties = _properties(resource, writer)
    properties["properties"] |= {name: {"type": "string"} for name in resource.attributes}
    return {
        "typeName": resource.type_name,
        "description": resource.description,
        "definitions": writer.definitions | {"DynamicReference": _DYNAMIC_REFERENCE},
        **properties,
        **resource.more,
        "readOnlyProperties": [f"/properties/{name}" for name in resource.attributes],
        "primaryIdentifier": [f"/properties/{resource.identifier}"],
    }


def editor_schema() -> Schema:
    """Return the schema of a template. Resources of other types are not validated."""
    writer = _Writer(for_value=_or_a_function)
    types = {resource.name: _properties(resource, writer) for resource in RESOURCES}
    types["ImagePipeline"] |= {"anyOf": [{"required": [recipe]} for recipe in _RECIPES]}
    function = {"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": {"pattern": "^(Ref$|Fn::)"}}
    later = {"anyOf": [function, _DYNAMIC_REFERENCE]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"CloudFormation templates with {', '.join(resource.type_name for resource in RESOURCES)}",
        "type": "object",
        "properties": {
            "Resources": {
                "type": "object",
                "additionalProperties": {"allOf": [_if_it_is(resource) for resource in RESOURCES]},
            }
        },
        "definitions": types | {"Later": later} | writer.definitions,
    }


def _if_it_is(resource: Resource) -> Schema:
    return {
        "if": {"required": ["Type"], "properties": {"Type": {"const": resource.type_name}}},
        "then": {"required": ["Properties"], "properties": {"Properties": _reference(resource.name)}},
    }


def _properties(resource: Resource, writer: "_Writer") -> Schema:
    schema = writer.structure(load_model().input_of(resource.shape))
    more = _FRAME
    if resource.shape == _OPERATION:
        more = _FRAME | _OF_PIPELINE | {"Tags": _without_owner_tags(writer.definitions["TagMap"])}
    properties = schema["properties"] | {name: writer.for_value(value) for name, value in more.items()}
    # What comes first says whose resource it is.
    ordered = {name: properties[name] for name in [*_FRAME, *_OF_PIPELINE, *properties] if name in properties}
    return schema | {"properties": ordered, "required": ["ServiceToken", *schema["required"]]}


def _without_owner_tags(tags: Schema) -> Schema:
    """Return the schema of a tag map with a limit that allows for the tags that the function adds."""
    names = tags["propertyNames"] | {"not": {"enum": list(OWNER_TAGS)}}
    return tags | {"propertyNames": names, "maxProperties": most_tags(adopt_existing=False)}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _in_any_case(schema: Schema) -> Schema:
    """Return the schema with case-insensitive values, as the function accepts them."""
    return {("enumCaseInsensitive" if name == "enum" else name): value for name, value in schema.items()}


def _or_a_function(schema: Schema) -> Schema:
    """Return the schema of a value for an editor, which must also accept an intrinsic function in its place."""
    if "$ref" not in schema and schema["type"] not in {"array", "object"}:
        limits = {name: schema[name] for name in ("minLength", "maxLength") if name in schema}
        bounds = {name: schema[name] for name in ("minimum", "maximum") if name in schema}
        if "enum" in schema:
            schema = {"anyOf": [{"enum": schema["enum"]}, {"type": "string"}]}
        elif schema["type"] == "string":
            schema = {"type": ["string", "number", "boolean"]} | limits
        else:
            schema = {"anyOf": [{"type": schema["type"]} | bounds, {"type": "string"}]}
    return {"if": _reference("Later"), "else": schema}


@dataclass
class _Writer:
    """Writes shapes as JSON schemas; structures and maps of tags go to `definitions`."""

    for_value: Callable[[Schema], Schema]
    definitions: dict[str, Schema] = field(default_factory=dict)

    def value(self, shape: Shape) -> Schema:
        match shape.type:
            case "structure":
                return self.defined(shape, self.structure)
            case "map":
                return self.defined(shape, self.map)
            case "list":
                return {"type": "array", "items": self.member(shape.element)} | _least_and_most(shape, "Items")
            case "string":
                return {"type": "string"} | _least_and_most(shape, "Length") | dict(_text(shape))
            case "integer":
                return {"type": "integer", "minimum": shape.minimum, "maximum": shape.maximum}
            case _:
                return {"type": shape.type}

    def member(self, shape: str | None, name: str = "") -> Schema:
        assert shape is not None, "the model defines the members of lists and maps"  # noqa: S101
        return self.for_value(self.value(load_model().shapes[shape]) | _MORE.get(name, {}))

    def defined(self, shape: Shape, write: Callable[[Shape], Schema]) -> Schema:
        self.definitions[shape.name] = write(shape)
        return _reference(shape.name)

    def structure(self, shape: Shape) -> Schema:
        members = {name: member for name, member in shape.members.items() if name not in RESERVED_MEMBERS}
        return {
            "type": "object",
            "properties": {template_name(name): self.member(member.shape, name) for name, member in members.items()},
            "required": [template_name(name) for name in shape.required if name in members],
            "additionalProperties": False,
        }

    def map(self, shape: Shape) -> Schema:
        keys = self.value(load_model().shapes[shape.key or ""])
        return {
            "type": "object",
            "propertyNames": {name: value for name, value in keys.items() if name != "type"},
            "additionalProperties": self.member(shape.value),
        } | _least_and_most(shape, "Properties")


def _least_and_most(shape: Shape, unit: str) -> Schema:
    # Empty maps and lists are equal to none and are accepted.
    least = shape.minimum if shape.type == "string" else None
    limits = {f"min{unit}": least, f"max{unit}": shape.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _text(shape: Shape) -> Iterator[tuple[str, Any]]:
    if shape.pattern is not None:
        yield "pattern", shape.pattern
    if shape.enum:
        yield "enum", list(shape.enum)


def to_text(schema: Schema) -> str:
    """Return a schema in its committed format."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all schemas."""
    schemas = {resource.file: registry_schema(resource) for resource in RESOURCES} | {EDITOR: editor_schema()}
    for target, schema in schemas.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(to_text(schema), encoding="utf-8")
        print(f"wrote {target}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
