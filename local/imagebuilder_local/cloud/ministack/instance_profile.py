"""Makes the physical id of AWS::IAM::InstanceProfile the profile's name, as on AWS. ministack's is the ARN.

A reference to a profile, for example in an infrastructure configuration, resolves to the id and must be a name. Import
it after ministack's settings are in the environment. The table of provisioners is not a public interface: ministack's
version is pinned, and tests check that this type has these operations, and their results.
"""

from collections.abc import Mapping
from typing import Any, Final

from ministack.services import iam
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, str]]

_TYPE: Final = "AWS::IAM::InstanceProfile"


def identify_by_name() -> None:
    """Wrap the operations of the type, so that they take and return names."""
    operations = provisioners._RESOURCE_HANDLERS[_TYPE]
    original_create, original_update, original_delete = (operations[name] for name in ("create", "update", "delete"))

    def create(logical_id: str, properties: Properties, stack_name: str) -> Made:
        return _named(original_create(logical_id, properties, stack_name))

    def update(name: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Made:
        return _named(original_update(_arn(name), old, new, stack_name, logical_id))

    def delete(name: str, properties: Properties) -> None:
        original_delete(_arn(name), properties)

    own = {"create": create, "update": update, "delete": delete}
    provisioners._RESOURCE_HANDLERS[_TYPE] = operations | own


def _named(made: Made) -> Made:
    arn, attributes = made
    return arn.rpartition("/")[2], attributes


def _arn(name: str) -> str:
    profile = iam._instance_profiles.get(name)
    # None if the profile has been deleted meanwhile; ministack then does not find it by name either.
    return name if profile is None else str(profile["Arn"])
