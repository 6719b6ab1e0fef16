"""Deploy stacks of many custom resources to a local cloud, in turn, and print the seconds of each as JSON.

    python many_pipelines.py NUMBER ROUNDS PROJECT WORK_FOLDER

Ours are pipelines; the others are responded to at once by a function that does nothing else. The seconds are those of
`cdk deploy` of an assembly. Each deployment is of a new stack.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_lambda as lambda_

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_local.cdk import Cdk
from imagebuilder_local.cloud import LocalCloud

KINDS: Final = ("pipelines", "nothing")
_RESPOND: Final = """
import cfnresponse
def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, event["LogicalResourceId"])
"""


def main(number: int, rounds: int, project: Path, folder: Path) -> None:
    """Deploy to a separate local cloud."""
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    cloud = LocalCloud(folder / "cloud")
    cloud.start()
    try:
        cdk_cli = Cdk(cloud, folder, project)
        cdk_cli.bootstrap()
        for turn in range(rounds):
            for kind in KINDS if turn % 2 else reversed(KINDS):
                made = app(kind, turn, number, folder)
                made.synth()
                started = time.monotonic()
                cdk_cli.deploy(made)
                taken[kind].append(time.monotonic() - started)
    finally:
        cloud.stop()
    print(json.dumps(taken))


def app(kind: str, turn: int, number: int, folder: Path) -> cdk.App:
    """Return an app with one stack, whose resources share a recipe and an infrastructure configuration."""
    made = cdk.App(outdir=str(folder / f"{kind}-{turn}"), analytics_reporting=False)
    stack = cdk.Stack(made, f"Many-{kind}-{turn}")
    if kind == "nothing":
        token = respond(stack)
        for index in range(number):
            cdk.CustomResource(stack, f"Resource{index}", service_token=token, properties={"Name": f"name-{index}"})
        return made
    # pyright takes the CDK's classes for none of its interfaces.
    principal: Any = iam.ServicePrincipal("ec2.amazonaws.com")
    role: Any = iam.Role(stack, "Role", assumed_by=principal)
    profile = iam.InstanceProfile(stack, "Profile", role=role)
    infrastructure = imagebuilder.CfnInfrastructureConfiguration(
        stack, "Infrastructure", name=f"many-{turn}", instance_profile_name=profile.instance_profile_name
    )
    recipe = imagebuilder.CfnImageRecipe(
        stack, "Recipe", name=f"many-{turn}", version="1.0.0", parent_image="ami-1234567890abcdef0"
    )
    for index in range(number):
        ImagePipeline(stack, f"Pipeline{index}", recipe=recipe, infrastructure_configuration=infrastructure)
    return made


def respond(stack: cdk.Stack) -> str:
    """Add a function that responds to each event at once, and return its ARN."""
    code = lambda_.Code.from_inline(_RESPOND)
    runtime = lambda_.Runtime.PYTHON_3_13
    return lambda_.Function(stack, "Function", runtime=runtime, handler="index.handler", code=code).function_arn


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
