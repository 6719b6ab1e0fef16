"""What a role needs with which Image Builder deletes images."""

from typing import Final

from aws_cdk import aws_iam as iam

from cdk_imagebuilder_pipeline.provider.nag import acknowledge_managed_policy

_MANAGED_POLICY: Final = "service-role/EC2ImageBuilderLifecycleExecutionPolicy"


def allow_deletion_of_images(role: iam.Role) -> None:
    """Attach the AWS managed policy for it to a role."""
    managed = iam.ManagedPolicy.from_aws_managed_policy_name(_MANAGED_POLICY)
    role.add_managed_policy(managed)
    reason = "AWS keeps this policy for the deletion of images, and adds to it what new kinds of images need"
    acknowledge_managed_policy(role, managed.managed_policy_arn, reason)
