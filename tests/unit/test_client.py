"""The function's client: it sees no data but ours, and still calls where botocore's own would."""

import itertools
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import create_loader

from imagebuilder_pipeline_handler.imagebuilder.client import make_client
from imagebuilder_pipeline_handler.runtime.clock import Timeouts

ITS_DATA = create_loader()
"""botocore's own data: it is read once for all of its clients."""

REGIONS = ("eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "eusc-de-east-1", "eu-south-99")


@pytest.mark.parametrize(("region", "fips", "dualstack"), [*itertools.product(REGIONS, (False, True), (False, True))])
def test_endpoint_is_botocores_for_every_partition_and_variant(
    region: str, fips: bool, dualstack: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_DEFAULT_REGION": region,
        "AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
        "AWS_USE_DUALSTACK_ENDPOINT": str(dualstack).lower(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IMAGEBUILDER"):
        monkeypatch.delenv(name, raising=False)
    session = botocore.session.Session()
    session.register_component("data_loader", ITS_DATA)
    theirs = session.create_client("imagebuilder", config=Config(retries={"mode": "standard"}))
    assert _url(make_client(Timeouts())) == _url(theirs)


def _url(client: Any) -> str:
    try:
        url: str = client.generate_presigned_url("get_image_pipeline", {"imagePipelineArn": "arn:x"})
    except BotoCoreError as error:
        return str(error)
    return url.partition("/GetImagePipeline")[0]
