"""Types of AWS::EC2 that a network of the CDK has and ministack's CloudFormation lacks, on top of its EC2.

Import it after ministack's settings are in the environment. The parts of ministack used here are not a public
interface: its version is pinned, and a test deploys each type.
"""

import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]

_RULES: Final = {
    "AWS::EC2::SecurityGroupIngress": "IpPermissions",
    "AWS::EC2::SecurityGroupEgress": "IpPermissionsEgress",
}


def network_types() -> dict[str, dict[str, Any]]:
    """Return the entries for ministack's table of provisioners."""
    rules = {
        name: {"create": partial(_add_rule, member), "delete": partial(_remove_rule, member)}
        for name, member in _RULES.items()
    }
    return rules | {
        "AWS::EC2::EIP": {"create": _allocate, "delete": _release},
        "AWS::EC2::NatGateway": {"create": _create_gateway, "delete": _delete_gateway},
    }


def _add_rule(member: str, _logical_id: str, properties: Properties, _stack_name: str) -> Created:
    group = ec2._security_groups.get(properties.get("GroupId"))
    if group is None:
        raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
    name = f"sgr-{random.randbytes(9).hex()[:17]}"  # noqa: S311 (no secret)
    (permission,) = provisioners._ec2_sg_permissions([properties])
    group[member].append(permission | {"SecurityGroupRuleId": name})
    return name, {"Id": name}


def _remove_rule(member: str, physical_id: str, properties: Properties) -> None:
    group = ec2._security_groups.get(properties.get("GroupId"))
    if group is not None:
        group[member][:] = [rule for rule in group[member] if rule.get("SecurityGroupRuleId") != physical_id]


def _allocate(_logical_id: str, properties: Properties, _stack_name: str) -> Created:
    made = _new(ec2._addresses, lambda: ec2._allocate_address({"Domain": properties.get("Domain", "vpc")}))
    return ec2._addresses[made]["PublicIp"], {"AllocationId": made, "PublicIp": ec2._addresses[made]["PublicIp"]}


def _release(physical_id: str, _properties: Properties) -> None:
    for name in [name for name, address in ec2._addresses.items() if address["PublicIp"] == physical_id]:
        del ec2._addresses[name]


def _create_gateway(_logical_id: str, properties: Properties, _stack_name: str) -> Created:
    names = ("SubnetId", "AllocationId", "ConnectivityType")
    request = {name: properties[name] for name in names if name in properties}
    made = _new(ec2._nat_gateways, lambda: ec2._create_nat_gateway(request))
    return made, {"NatGatewayId": made}


def _delete_gateway(physical_id: str, _properties: Properties) -> None:
    ec2._nat_gateways.pop(physical_id, None)


def _new(store: Any, create: Callable[[], tuple[int, Any, Any]]) -> str:
    """Return the key that a request adds to a store of ministack's EC2."""
    before = set(store)
    status, _, body = create()
    added = set(store) - before
    if not added:
        raise ValueError(f"EC2 answered {status}: {body!r}")
    return str(added.pop())
