"""Bundles the function's code at synth, without pip, network or Docker."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from cdk_imagebuilder_pipeline.provider.packages import own_files, recorded_files

PACKAGES: Final = ("crhelper", "imagebuilder_model", "imagebuilder_pipeline_handler")
"""Packages that the function requires in addition to the Lambda runtime."""

CRHELPER_RELEASE: Final = "2.0.12"
CRHELPER_DIGEST: Final = "eb3b5f43b14e83a1d285b857213dad165ab276bb6efc693bc102a209a0d2c3fc"
"""The tested build. The digest is required because crhelper's repository contains different code with this version."""


def handler_code() -> lambda_.Code:
    """Return the function's code as an asset. Its hash depends on the content, not on where packages are installed."""
    return lambda_.Code.from_asset(
        str(Path(__file__).parents[1]),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("unused"),  # required, but used only if local bundling returns False
            local=_LocalBundling(),
        ),
    )


def shipped_files() -> dict[str, bytes]:
    """Return all files that ship to Lambda, by path in the asset, in the order of the package names."""
    files: dict[str, bytes] = {}
    for package in PACKAGES:
        if package == "crhelper":
            files |= recorded_files(package, CRHELPER_RELEASE, CRHELPER_DIGEST)
        else:
            files |= own_files(package)
    return files


def copy_packages(target: Path) -> None:
    """Write the code to a folder. Copy only the content, because times and modes differ between installations."""
    for name, content in shipped_files().items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    for path in (target, *target.rglob("*")):
        # Lambda runs the code as a different user.
        path.chmod(0o755 if path.is_dir() else 0o644)


@jsii.implements(cdk.ILocalBundling)
class _LocalBundling:
    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_: object) -> bool:  # noqa: ARG002 (jsii names it)
        # Errors are raised, because the CDK would fall back to Docker for False.
        copy_packages(Path(output_dir))
        return True
