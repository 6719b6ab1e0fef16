"""Images of a run, with their AMIs and snapshots. Deleting a pipeline or a stack does not delete them."""

from collections.abc import Iterator
from typing import Any, Final

from tools.smoke_aws.account import Account

_IN_THE_WORKS: Final = frozenset({"PENDING", "CREATING", "BUILDING", "TESTING", "DISTRIBUTING", "INTEGRATING"})
_SECONDS: Final = 15 * 60


def delete(account: Account) -> None:
    """Cancel running builds, and delete all images with their outputs."""
    for image in _images(account):
        client, arn = account.client("imagebuilder"), image["arn"]
        if _state(account, arn) in _IN_THE_WORKS:
            client.cancel_image_creation(imageBuildVersionArn=arn, clientToken=f"{account.run}-cancel")
            account.wait(lambda: _state(account, arn) not in _IN_THE_WORKS, _SECONDS)  # noqa: B023
        for ami in image.get("outputResources", {}).get("amis", []):
            _deregister(account, ami)
        client.delete_image(imageBuildVersionArn=arn)


def left(account: Account) -> list[str]:
    """Return the ARNs of the existing images."""
    return [image["arn"] for image in _images(account)]


def _images(account: Account) -> Iterator[dict[str, Any]]:
    if account.is_local:  # its images exist only in memory and end with it
        return
    client = account.client("imagebuilder")
    versions = client.get_paginator("list_images").paginate(owner="Self")
    for version in (version for page in versions for version in page["imageVersionList"]):
        if f"/{account.prefix}-" in version["arn"]:
            builds = client.get_paginator("list_image_build_versions").paginate(imageVersionArn=version["arn"])
            yield from (image for page in builds for image in page["imageSummaryList"])


def _state(account: Account, arn: str) -> str:
    image = account.client("imagebuilder").get_image(imageBuildVersionArn=arn)["image"]
    return str(image["state"]["status"])


def _deregister(account: Account, ami: dict[str, Any]) -> None:
    ec2 = account.session.client("ec2", region_name=ami["region"])
    for image in ec2.describe_images(ImageIds=[ami["image"]])["Images"]:
        ec2.deregister_image(ImageId=image["ImageId"])
        for mapping in image["BlockDeviceMappings"]:
            if "SnapshotId" in mapping.get("Ebs", {}):
                ec2.delete_snapshot(SnapshotId=mapping["Ebs"]["SnapshotId"])
