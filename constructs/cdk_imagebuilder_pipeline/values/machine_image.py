"""An AMI whose id is known at deploy, for the constructs of EC2."""

import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct


@jsii.implements(ec2.IMachineImage)
class MachineImage:
    """An AMI of the stack's Region."""

    def __init__(self, image_id: str, *, is_windows: bool) -> None:
        self._image_id = image_id
        self._os_type = ec2.OperatingSystemType.WINDOWS if is_windows else ec2.OperatingSystemType.LINUX

    def get_image(self, scope: Construct) -> ec2.MachineImageConfig:  # noqa: ARG002 (CDK's signature)
        """Return the AMI, with empty user data."""
        user_data = ec2.UserData.for_operating_system(self._os_type)
        return ec2.MachineImageConfig(image_id=self._image_id, os_type=self._os_type, user_data=user_data)
