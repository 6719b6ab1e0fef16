"""Probes of UpdateImagePipeline: omitted members, and another type of recipe."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request, token, update


def update_left_out(account: Account, parts: Parts) -> None:
    """Create a pipeline with optional members, then update it without them."""
    probe = "update-left-out"
    full = request(
        account,
        parts,
        probe,
        description="everything",
        distributionConfigurationArn=parts.distribution,
        enhancedImageMetadataEnabled=False,
        imageTestsConfiguration={"imageTestsEnabled": False, "timeoutMinutes": 60},
        schedule={
            "scheduleExpression": "cron(0 6 1 1 ? 2099)",
            "timezone": "Europe/London",
            "pipelineExecutionStartCondition": "EXPRESSION_MATCH_ONLY",
            "autoDisablePolicy": {"failureCount": 3},
        },
        imageTags=account.tags,
        status="DISABLED",
    )
    account.call(probe, "create_image_pipeline", **full)
    arn = arn_of(account, probe)
    account.call(probe, "get_image_pipeline", imagePipelineArn=arn)
    account.call(probe, "update_image_pipeline", **update(account, parts, arn, "left-out"))
    account.call(probe, "get_image_pipeline", imagePipelineArn=arn)
    account.call(probe, "delete_image_pipeline", imagePipelineArn=arn)


def recipe_type_switch(account: Account, parts: Parts) -> None:
    """Update a pipeline from an image recipe to a container recipe, then to another image recipe."""
    probe = "recipe-type-switch"
    arn = arn_of(account, probe)
    account.call(probe, "create_image_pipeline", **request(account, parts, probe))
    switch = {
        "imagePipelineArn": arn,
        "containerRecipeArn": parts.container_recipe,
        "infrastructureConfigurationArn": parts.infrastructure,
        "clientToken": token(account, "to-container"),
    }
    account.call(probe, "update_image_pipeline", **switch)
    other = update(account, parts, arn, "to-other", imageRecipeArn=parts.other_image_recipe)
    account.call(probe, "update_image_pipeline", **other)
    account.call(probe, "get_image_pipeline", imagePipelineArn=arn)
    account.call(probe, "delete_image_pipeline", imagePipelineArn=arn)
