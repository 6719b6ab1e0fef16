"""Probes of a pipeline that does not exist."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, update


def get_absent(account: Account, _: Parts) -> None:
    """Read a pipeline that does not exist."""
    account.call("get-absent", "get_image_pipeline", imagePipelineArn=arn_of(account, "absent"))


def update_absent(account: Account, parts: Parts) -> None:
    """Update a pipeline that does not exist."""
    request = update(account, parts, arn_of(account, "absent"), "update-absent")
    account.call("update-absent", "update_image_pipeline", **request)


def delete_absent(account: Account, _: Parts) -> None:
    """Delete a pipeline that does not exist."""
    account.call("delete-absent", "delete_image_pipeline", imagePipelineArn=arn_of(account, "absent"))


def tag_absent(account: Account, _: Parts) -> None:
    """Tag and untag a pipeline that does not exist, and list its tags."""
    arn = arn_of(account, "absent")
    account.call("tag-absent", "tag_resource", resourceArn=arn, tags=account.tags)
    account.call("tag-absent", "untag_resource", resourceArn=arn, tagKeys=list(account.tags))
    account.call("tag-absent", "list_tags_for_resource", resourceArn=arn)


def list_images_of_absent(account: Account, _: Parts) -> None:
    """List the images of a pipeline that does not exist."""
    arn = arn_of(account, "absent")
    account.call("list-images-of-absent", "list_image_pipeline_images", imagePipelineArn=arn)
