"""The functions that are compared, as Lambda would have them on disk."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from imagebuilder_bench.paths import BENCH, CHILDREN, PEERS, ROOT, VENV
from imagebuilder_bench.sdk_calls import as_sdk_calls
from imagebuilder_local.steps import run

OURS: Final = "ours"
CRHELPER: Final = "crhelper style"
CFNRESPONSE: Final = "cfnresponse + boto3"
BOTOCORE: Final = "bare botocore client"
AWS_CUSTOM_RESOURCE: Final = "AwsCustomResource"
PROVIDER: Final = "Provider framework"

SITE_PACKAGES: Final = Path(str(find_spec("botocore").origin)).parents[1]  # type: ignore[union-attr]


@dataclass(frozen=True)
class Function:
    """A function's folder, its handler as Lambda spells it, its language, its environment and what events it takes."""

    folder: Path
    handler: str
    language: Literal["python", "node"] = "python"
    environment: Mapping[str, str] = field(default_factory=dict)
    takes: Callable[[dict[str, Any]], dict[str, Any]] = dict

    def command(self, results: int) -> list[str]:
        """Return the command of a process that runs the function and writes results to a descriptor."""
        if self.language == "node":
            return [str(VENV / "bin" / "node"), str(CHILDREN / "invoke.cjs"), str(results), *self._where]
        # No user site, no .pth files; and no .pyc is written, for in Lambda the function's folder is read-only.
        python = [str(VENV / "bin" / "python"), "-I", "-S", "-B"]
        return [*python, str(CHILDREN / "invoke.py"), str(results), str(SITE_PACKAGES), *self._where]

    @property
    def _where(self) -> list[str]:
        return [str(self.folder), self.handler]


def functions(folder: Path) -> dict[str, Function]:
    """Put every function together in a folder: ours and the CDK's from their synthesised assets."""
    # Not in the folder itself: node looks for the SDK in the folders above the asset.
    assembly = BENCH / "assembly"
    shutil.rmtree(assembly, ignore_errors=True)
    run([str(VENV / "bin" / "python"), str(CHILDREN / "assets_app.py"), str(assembly)], environment=synth_environment())
    return {
        OURS: _from_assembly(assembly, "Ours", "imagebuilder_pipeline_handler."),
        CRHELPER: _from_peer(folder, "crhelper_style", "crhelper"),
        CFNRESPONSE: _from_peer(folder, "cfnresponse_style", "cfnresponse"),
        BOTOCORE: _from_peer(folder, "bare_botocore"),
        AWS_CUSTOM_RESOURCE: replace(
            _from_assembly(assembly, "AwsCustomResource", "index.handler"), takes=as_sdk_calls
        ),
        PROVIDER: _from_assembly(assembly, "Provider", "framework."),
    }


def synth_environment() -> dict[str, str]:
    """Return the environment of a program that synthesises."""
    sources = [ROOT / "constructs", ROOT / "lambda"]
    return os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "PYTHONDONTWRITEBYTECODE": "",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(BENCH / "jsii"),
    }


def _from_assembly(assembly: Path, stack: str, handler: str) -> Function:
    """Find the function of a stack by the beginning of its handler's name."""
    template = json.loads((assembly / f"{stack}.template.json").read_text(encoding="utf-8"))
    assets = json.loads((assembly / f"{stack}.assets.json").read_text(encoding="utf-8"))["files"]
    for resource in template["Resources"].values():
        properties: dict[str, Any] = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function" and properties["Handler"].startswith(handler):
            asset = assets[properties["Code"]["S3Key"].removesuffix(".zip")]
            variables = properties.get("Environment", {}).get("Variables", {})
            return Function(
                assembly / asset["source"]["path"],
                properties["Handler"],
                "node" if "nodejs" in str(properties["Runtime"]) else "python",
                {name: value for name, value in variables.items() if isinstance(value, str)},
            )
    raise LookupError(f"the stack {stack} has no function whose handler begins with {handler}")


def _from_peer(folder: Path, module: str, *packages: str) -> Function:
    """Put a function together as `pip install --target` and a copy of the module would."""
    target = folder / module
    target.mkdir()
    shutil.copy(PEERS / f"{module}.py", target)
    for package in packages:
        shutil.copytree(SITE_PACKAGES / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    return Function(target, f"{module}.handler")
