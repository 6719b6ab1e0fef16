"""The instance profile that infrastructure configurations of the tests name: the local cloud wants it to exist."""

from typing import Final

import boto3

from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.environment import client_settings

PROFILE: Final = "builder"


def make_instance_profile(cloud: LocalCloud) -> None:
    """Make the profile in a cloud that runs."""
    state = cloud.state()
    assert state is not None
    settings = client_settings(state, cloud.folder)
    iam = boto3.client(
        "iam",
        endpoint_url=state.endpoint,
        region_name=state.region,
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        verify=settings["AWS_CA_BUNDLE"],
    )
    try:
        iam.create_instance_profile(InstanceProfileName=PROFILE)
    finally:
        iam.close()
