"""Values of `Ref` and `Fn::GetAtt`, from what CloudFormation tells about a stack."""

import json
from typing import Any, Final

from imagebuilder_local.drift.stack import NESTED, Stack
from imagebuilder_local.drift.unknown import Unknown
from imagebuilder_model import DATA_PATH

PIPELINE: Final = "Custom::ImagePipeline"
_NATIVE: Final = "AWS::ImageBuilder::"
_ROLE: Final = "AWS::IAM::Role"


def reference(stack: Stack, name: str) -> Any:
    """Return the value of `Ref`: of a parameter, a pseudo parameter or a resource."""
    if name.startswith("AWS::"):
        return _pseudo(stack, name)
    if name in stack.template.get("Parameters", {}):
        return _parameter(stack, name)
    resource = stack.resources.get(name)
    # "Ref returns the resource's physical ID" (AWS CloudFormation User Guide, Ref).
    return resource.physical_id if resource and resource.physical_id else Unknown(f"resource {name}")


def attribute(stack: Stack, name: str, wanted: str, *, role_path: str) -> Any:
    """Return the value of `Fn::GetAtt`, where the physical id has it or CloudFormation tells it."""
    resource = stack.resources.get(name)
    unknown = Unknown(f"attribute {name}.{wanted}")
    if resource is None or not resource.physical_id:
        return unknown
    match resource.type, wanted:
        case _, "Arn" if resource.type.startswith(_NATIVE) or resource.type == PIPELINE:
            return resource.physical_id
        case str(kind), "Arn" if kind == _ROLE:
            _, partition, _, _, account, _ = stack.id.split(":", 5)
            return f"arn:{partition}:iam::{account}:role{role_path}{resource.physical_id}"
        case str(kind), _ if kind == NESTED and wanted.startswith("Outputs."):
            return stack.outputs_of(resource.physical_id).get(wanted.removeprefix("Outputs."), unknown)
        case _:
            return unknown


def _parameter(stack: Stack, name: str) -> Any:
    declared = stack.template["Parameters"][name]
    if str(declared.get("NoEcho", "false")).lower() == "true":
        return Unknown(f"parameter {name}, which has NoEcho")
    kind = str(declared.get("Type", "String"))
    values = stack.from_parameter_store if kind.startswith("AWS::SSM::Parameter::Value<") else stack.parameters
    if name not in values:
        return Unknown(f"parameter {name}")
    value = values[name]
    is_list = "List<" in kind or "CommaDelimitedList" in kind
    return [item.strip() for item in value.split(",")] if is_list else value


def _pseudo(stack: Stack, name: str) -> Any:
    _, partition, _, region, account, _ = stack.id.split(":", 5)
    known: dict[str, Any] = {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::AccountId": account,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::NotificationARNs": stack.notification_arns,
    }
    if name == "AWS::URLSuffix":
        return _dns_suffix(partition)
    return known.get(name, Unknown(f"pseudo parameter {name}"))


def _dns_suffix(partition: str) -> Any:
    partitions = json.loads((DATA_PATH / "partitions.json").read_text(encoding="utf-8"))["partitions"]
    found = {one["id"]: one["outputs"]["dnsSuffix"] for one in partitions}
    return found.get(partition, Unknown("pseudo parameter AWS::URLSuffix"))
