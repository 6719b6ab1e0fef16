"""Deploy a pipeline with and without a build on deploy, in turn, and print the seconds of each as JSON.

    python deployments.py ROUNDS PROJECT WORK_FOLDER

Each deployment but the first of each changes the description, which builds nothing.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_local.cdk import Cdk
from imagebuilder_local.cloud import LocalCloud

_KINDS: Final = ("with", "without")


def main(rounds: int, project: Path, folder: Path) -> None:
    """Deploy to a separate local cloud."""
    taken: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    cloud = LocalCloud(folder / "cloud")
    cloud.start()
    try:
        cdk_cli = Cdk(cloud, folder, project)
        cdk_cli.bootstrap()
        for number in range(-1, rounds):
            for kind in _KINDS if number % 2 else reversed(_KINDS):
                made = app(kind, f"deployment {number}", folder)
                started = time.monotonic()
                cdk_cli.deploy(made)
                if number >= 0:
                    taken[kind].append(time.monotonic() - started)
    finally:
        cloud.stop()
    print(json.dumps(taken))


def app(kind: str, description: str, folder: Path) -> cdk.App:
    """Return an app with one pipeline."""
    made = cdk.App(outdir=str(folder / kind), analytics_reporting=False)
    stack = cdk.Stack(made, f"Bench-{kind}")
    # pyright takes the CDK's classes for none of its interfaces.
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")
    role: Any = iam.Role(stack, "Role", assumed_by=principal)
    profile = iam.InstanceProfile(stack, "Profile", role=role)
    pipeline = ImagePipeline(
        stack,
        "Pipeline",
        description=description,
        recipe=imagebuilder.CfnImageRecipe(stack, "Recipe", name=kind, version="1.0.0", parent_image="ami-1"),
        infrastructure_configuration=imagebuilder.CfnInfrastructureConfiguration(
            stack, "Infrastructure", name=kind, instance_profile_name=profile.instance_profile_name
        ),
    )
    if kind == "with":
        pipeline.build_on_deploy()
    return made


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
