"""The functions that are compared, on disk as Lambda has them."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from imagebuilder_bench import synths
from imagebuilder_bench.paths import CHILDREN, PEERS, VENV, WORK

OURS: Final = synths.OURS
CRHELPER: Final = "crhelper style"
CFNRESPONSE: Final = "cfnresponse + boto3"
BOTOCORE: Final = "bare botocore client"
AWS_CUSTOM_RESOURCE: Final = synths.AWS_CUSTOM_RESOURCE

_SITE_PACKAGES: Final = Path(str(find_spec("botocore").origin)).parents[1]  # type: ignore[union-attr]
# No user site, no .pth files, and no .pyc written: a function's folder is read-only in Lambda.
_PYTHON: Final = (str(VENV / "bin" / "python"), "-I", "-S", "-B", str(CHILDREN / "invoke.py"), str(_SITE_PACKAGES))
_NODE: Final = (str(VENV / "bin" / "node"), str(CHILDREN / "invoke.cjs"))


@dataclass(frozen=True)
class Function:
    """A function's folder and handler, the program that invokes it, its environment, and how to convert its events."""

    folder: Path
    handler: str
    program: tuple[str, ...] = _PYTHON
    environment: Mapping[str, str] = field(default_factory=dict)
    convert: Callable[[dict[str, Any]], dict[str, Any]] = dict


def functions() -> dict[str, Function]:
    """Build every function: ours and the CDK's from synthesised assets, the others from `peers`."""
    return {
        OURS: _from_asset(OURS, _PYTHON, dict),
        CRHELPER: _from_peer("crhelper_style", "crhelper"),
        CFNRESPONSE: _from_peer("cfnresponse_style", "cfnresponse"),
        BOTOCORE: _from_peer("bare_botocore"),
        AWS_CUSTOM_RESOURCE: _from_asset(AWS_CUSTOM_RESOURCE, _NODE, as_sdk_calls),
    }


def as_sdk_calls(event: dict[str, Any]) -> dict[str, Any]:
    """Convert a Create event of `Custom::ImagePipeline` to that of AwsCustomResource for the same pipeline."""
    given = event["ResourceProperties"]
    call = {
        "service": "imagebuilder",
        "action": "createImagePipeline",
        "parameters": {
            "name": given["Name"],
            "imageRecipeArn": given["ImageRecipeArn"],
            "infrastructureConfigurationArn": given["InfrastructureConfigurationArn"],
        },
        "physicalResourceId": {"responsePath": "imagePipelineArn"},
        "logApiResponseData": True,
    }
    properties = {
        "ServiceToken": given["ServiceToken"],
        "Create": json.dumps(call),
        "InstallLatestAwsSdk": "false",
    }
    return event | {"ResourceType": "Custom::AWS", "ResourceProperties": properties}


def _from_asset(kind: str, program: tuple[str, ...], convert: Callable[[dict[str, Any]], dict[str, Any]]) -> Function:
    """Return the only function of a synthesised stack."""
    assembly = WORK / f"assembly-{kind}"
    synths.synth(kind, 1, assembly)
    template = json.loads((assembly / "Stack.template.json").read_text(encoding="utf-8"))
    assets = json.loads((assembly / "Stack.assets.json").read_text(encoding="utf-8"))["files"]
    (properties,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    )
    asset = assets[properties["Code"]["S3Key"].removesuffix(".zip")]["source"]["path"]
    variables = properties.get("Environment", {}).get("Variables", {})
    environment = {name: value for name, value in variables.items() if isinstance(value, str)}
    return Function(assembly / asset, properties["Handler"], program, environment, convert)


def _from_peer(module: str, *packages: str) -> Function:
    """Copy a module and its packages as `pip install --target` would."""
    target = WORK / module
    target.mkdir()
    shutil.copy(PEERS / f"{module}.py", target)
    for package in packages:
        shutil.copytree(_SITE_PACKAGES / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    return Function(target, f"{module}.handler")
