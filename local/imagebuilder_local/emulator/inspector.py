"""Activation of Amazon Inspector in the account, which pipelines that scan images require."""

import os
from collections.abc import Collection, Mapping
from typing import Any, Final

from imagebuilder_local.emulator.errors import ServiceError

RESOURCE_TYPES: Final = frozenset({"ec2", "ecr"})
"""Resource types that Amazon Inspector is activated for independently, as the service names them."""

VARIABLE: Final = "IMAGEBUILDER_LOCAL_INSPECTOR"
_OFF: Final = "off"


def activated() -> frozenset[str]:
    """Return the resource types that Amazon Inspector is activated for, from the environment. Default: all.

    ValueError if the value is neither `off` nor a list of resource types.
    """
    text = os.environ.get(VARIABLE) or ",".join(RESOURCE_TYPES)
    given = set() if text == _OFF else {part.strip() for part in text.split(",")}
    if not given <= RESOURCE_TYPES:
        allowed = " and ".join(sorted(RESOURCE_TYPES))
        raise ValueError(f"{VARIABLE} must be {_OFF}, or a comma-separated list of {allowed}: got {text!r}")
    return frozenset(given)


def require_inspector(active: Collection[str], account: str, request: Mapping[str, Any]) -> None:
    """Reject a pipeline that scans a resource type that is not activated, with the message of AWS.

    The message is public for both types (aws/aws-cdk#37061); code, status and full sentence for `ecr`, from a Create
    (hashicorp/terraform-provider-aws#35674). The same response to an Update is not verified on AWS. A scan on demand
    needs no activation (API reference of ImageScanningConfiguration).
    """
    scanning = request.get("imageScanningConfiguration", {})
    if not scanning.get("imageScanningEnabled") or "ON_DEMAND_AMI_CVE" in scanning.get("imageScanningTypes", ()):
        return
    needed = "ecr" if "containerRecipeArn" in request else "ec2"
    if needed not in active:
        message = f"Amazon Inspector is not enabled for '{needed}' resources in account '{account}'."
        raise ServiceError("ResourceDependencyException", f"Resource dependency error: {message}")
