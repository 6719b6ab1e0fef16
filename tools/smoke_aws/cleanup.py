"""Deletes all resources of a run, and finds those that are left."""

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from tools.smoke_aws import images
from tools.smoke_aws.account import RUN_TAG, Account, code_of, log_group_names
from tools.smoke_aws.cloudformation import bucket_name, destroy

_SECONDS: Final = 10 * 60
"""Time for which the tagging API may still list deleted resources."""

_PARTS: Final = "-parts"


def clean_up(account: Account) -> list[str]:
    """Delete all resources with the name prefix of the run, and return those that are left."""
    account.say("cleaning up")
    # Two passes: the first may fail to delete a resource because of a dependency that it deletes later.
    for _ in range(2):
        for step in (images.delete, _delete_pipelines, _delete_stacks, _delete_log_groups, _delete_bucket):
            _attempt(account, step)
        if not _names_left(account):
            break
    account.wait(lambda: not left(account), _SECONDS if not account.is_local else 5)
    found = left(account)
    account.recording.add("left", what=found)
    return found


def left(account: Account) -> list[str]:
    """Return the resources with the tag or the name prefix of the run."""
    return sorted({*_names_left(account), *tagged(account)})


def _attempt(account: Account, step: Callable[[Account], None]) -> None:
    try:
        step(account)
    except (BotoCoreError, ClientError) as error:
        account.recording.add("trouble", probe="clean-up", message=str(error))
        account.say(f"  {error}")


def _stacks(account: Account) -> list[str]:
    pages = account.client("cloudformation").get_paginator("describe_stacks").paginate()
    names = (stack["StackName"] for page in pages for stack in page["Stacks"])
    # The parts are deleted last, because pipelines refer to them.
    return sorted((name for name in names if name.startswith(account.prefix)), key=lambda name: name.endswith(_PARTS))


def _delete_stacks(account: Account) -> None:
    for name in _stacks(account):
        account.say(f"  {name}: {destroy(account, name)}")


def _pipelines(account: Account) -> list[str]:
    pages = account.client("imagebuilder").get_paginator("list_image_pipelines").paginate()
    found = (pipeline for page in pages for pipeline in page["imagePipelineList"])
    return [one["arn"] for one in found if f"/{account.prefix}-" in one["arn"]]


def _delete_pipelines(account: Account) -> None:
    of_stacks = _stacks(account)
    for arn in _pipelines(account):
        if not of_stacks or _is_of_a_probe(account, arn):
            account.client("imagebuilder").delete_image_pipeline(imagePipelineArn=arn)


def _is_of_a_probe(account: Account, arn: str) -> bool:
    """Return whether a pipeline is not part of a stack. Pipelines of stacks must be deleted by their function."""
    tags: dict[str, str] = account.client("imagebuilder").list_tags_for_resource(resourceArn=arn)["tags"]
    return not any(key.startswith(("imagebuilder-pipeline:stack", "aws:cloudformation")) for key in tags)


def _delete_log_groups(account: Account) -> None:
    for name in _log_groups(account):
        account.client("logs").delete_log_group(logGroupName=name)


def _log_groups(account: Account) -> list[str]:
    places = ("", "/aws/lambda/", "/aws/imagebuilder/", "/aws/imagebuilder/pipeline/")
    return [name for place in places for name in log_group_names(account, f"{place}{account.prefix}")]


def _delete_bucket(account: Account) -> None:
    s3, name = account.client("s3"), bucket_name(account)
    if not _buckets(account):
        return
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for one in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=one["Key"])
    s3.delete_bucket(Bucket=name)


def _buckets(account: Account) -> list[str]:
    return [
        one["Name"] for one in account.client("s3").list_buckets()["Buckets"] if one["Name"] == bucket_name(account)
    ]


def _roles(account: Account) -> list[str]:
    # The tagging API does not list roles.
    pages = account.client("iam").get_paginator("list_roles").paginate()
    return [role["Arn"] for page in pages for role in page["Roles"] if role["RoleName"].startswith(account.prefix)]


def _names_left(account: Account) -> list[str]:
    return [
        *(f"stack {name}" for name in _stacks(account)),
        *_pipelines(account),
        *(f"log group {name}" for name in _log_groups(account)),
        *(f"bucket {name}" for name in _buckets(account)),
        *_roles(account),
        *images.left(account),
    ]


def tagged(account: Account) -> list[str]:
    """Return the ARNs of resources with the run's tag, except those that are being deleted."""
    client = account.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": RUN_TAG, "Values": [account.run]}])
    arns = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
    return [arn for arn in arns if not _waits_for_its_end(account, arn)]


def _waits_for_its_end(account: Account, arn: str) -> bool:
    """Return whether it is a key that KMS deletes in some days, or a terminated build instance."""
    try:
        match arn.split(":", 5):
            case [_, _, "kms", *_]:
                key: dict[str, Any] = account.client("kms").describe_key(KeyId=arn)["KeyMetadata"]
                return str(key["KeyState"]) == "PendingDeletion"
            case [_, _, "ec2", _, _, resource] if resource.startswith("instance/"):
                found = account.client("ec2").describe_instances(InstanceIds=[resource.partition("/")[2]])
                instances = (one for reservation in found["Reservations"] for one in reservation["Instances"])
                return all(one["State"]["Name"] in {"shutting-down", "terminated"} for one in instances)
            case _:
                return False
    except ClientError as error:
        return code_of(error) in {"NotFoundException", "InvalidInstanceID.NotFound"}
