"""The function's code, put together at synth: no pip, no network, no Docker."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

PACKAGES: Final = ("crhelper", "imagebuilder_model", "imagebuilder_pipeline_handler")
"""All that the function needs beside what the Lambda runtime has."""

_LEFT_OUT: Final = frozenset({".pyc", ".pyi"})


def handler_code() -> lambda_.Code:
    """Return the function's code as an asset whose hash is that of its content, wherever the packages are installed."""
    return lambda_.Code.from_asset(
        str(_folder_of("imagebuilder_pipeline_handler")),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("unused"),  # required, and used only when local bundling declines
            local=_LocalBundling(),
        ),
    )


def copy_packages(target: Path) -> None:
    """Copy the source files of the packages. Content alone is kept: an installation's times and modes differ."""
    for package in PACKAGES:
        folder = _folder_of(package)
        for source in sorted(folder.rglob("*")):
            if source.is_file() and source.suffix not in _LEFT_OUT:
                copy = target / package / source.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(source.read_bytes())
    for path in (target, *target.rglob("*")):
        # Lambda runs the code as another user than the one who made it.
        path.chmod(0o755 if path.is_dir() else 0o644)


def _folder_of(package: str) -> Path:
    # Found and not imported: crhelper imports boto3, which nobody needs at synth.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"the package {package} is not installed: install cdk-imagebuilder-pipeline with its dependencies",
            name=package,
        )
    return Path(spec.submodule_search_locations[0])


@jsii.implements(cdk.ILocalBundling)
class _LocalBundling:
    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_: object) -> bool:  # noqa: ARG002 (jsii names it)
        # Whatever fails is raised: False would send the CDK to Docker.
        copy_packages(Path(output_dir))
        return True
