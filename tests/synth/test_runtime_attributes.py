"""The state of a pipeline as attributes: asked for by the pipelines of which somebody reads one, and by no other."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import ImagePipeline
from imagebuilder_model.ownership import MEMBER_OF_ATTRIBUTE

ATTRIBUTES: dict[str, Callable[[ImagePipeline], str]] = {
    "Platform": lambda pipeline: pipeline.platform,
    "DateNextRun": lambda pipeline: pipeline.date_next_run,
    "LastRunStatus": lambda pipeline: pipeline.last_run_status,
    "ConsecutiveFailures": lambda pipeline: pipeline.consecutive_failures,
}


def test_construct_has_each_attribute() -> None:
    assert ATTRIBUTES.keys() == MEMBER_OF_ATTRIBUTE.keys()


@pytest.mark.parametrize(("attribute", "read"), ATTRIBUTES.items(), ids=ATTRIBUTES)
def test_reading_one_asks_for_them(
    stack: cdk.Stack,
    pipeline: Callable[..., ImagePipeline],
    resources: Callable[..., dict[str, Any]],
    attribute: str,
    read: Callable[[ImagePipeline], str],
) -> None:
    value = read(pipeline("Read"))
    pipeline("NotRead", image_pipeline_name="not-read")
    made = resources(stack, "Custom::ImagePipeline")
    (name,) = (name for name in made if not name.startswith("NotRead"))
    asked = {name: one["Properties"].get("RuntimeAttributes") for name, one in made.items()}
    assert [*asked.values()] == [True, None]
    assert asked[name] is True
    assert stack.resolve(value) == {"Fn::GetAtt": [name, attribute]}
