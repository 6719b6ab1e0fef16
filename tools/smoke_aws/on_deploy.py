"""One build on deploy, with BUILD=1: whether the policies of the function and the watcher are enough."""

from typing import Any, Final

import aws_cdk as cdk
from tools.smoke_aws.account import Account
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import add_pipeline

from imagebuilder_model.ownership import LOGICAL_ID_TAG, STACK_ID_TAG, WHAT_IS_BUILT_TAG

PROBE: Final = "build-on-deploy"
_OUTPUT: Final = "ImageArn"


def build_on_deploy(account: Account, parts: Parts) -> None:
    """Deploy a pipeline that builds, then deploy it with another description."""
    done = deploy(account, PROBE, PROBE, lambda stack: _fill(account, parts, stack, "first"))
    account.expect(
        PROBE,
        "the function starts a build, the watcher reads the image by its tags, and the deployment gets its response",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "CREATE_COMPLETE",
    )
    image = _image(account, done.output(_OUTPUT))
    tags = sorted(image.get("tags", {}))
    account.expect(
        PROBE,
        "an image that was started with tags has them",
        tags,
        holds={STACK_ID_TAG, LOGICAL_ID_TAG, WHAT_IS_BUILT_TAG} <= set(tags),
    )
    again = deploy(account, PROBE, PROBE, lambda stack: _fill(account, parts, stack, "second"))
    arns = [done.output(_OUTPUT), again.output(_OUTPUT)]
    account.expect(PROBE, "another description builds nothing", arns, holds=len(set(arns)) == 1)


def _fill(account: Account, parts: Parts, stack: cdk.Stack, description: str) -> None:
    pipeline = add_pipeline(
        account,
        parts,
        stack,
        PROBE,
        description=description,
        distribution_configuration=parts.distribution,
        image_tags=account.tags,
    )
    build = pipeline.build_on_deploy(image_tags=account.tags)
    cdk.CfnOutput(stack, _OUTPUT, value=build.image_arn)


def _image(account: Account, arn: str) -> dict[str, Any]:
    client = account.client("imagebuilder")
    found: dict[str, Any] = client.get_image(imageBuildVersionArn=arn)["image"]
    client.close()
    return found
