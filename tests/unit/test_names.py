"""The identity of a pipeline."""

import pytest

from imagebuilder_model import is_pipeline_arn, name_in_arn, normalized_name

ARN = "arn:aws-us-gov:imagebuilder:us-gov-west-1:123456789012:image-pipeline/my-pipe"


@pytest.mark.parametrize("name", ["My Pipe", "my_pipe", "MY-PIPE", "my-pipe"])
def test_names_that_differ_by_case_space_or_underscore_are_one(name: str) -> None:
    assert normalized_name(name) == name_in_arn(ARN)


@pytest.mark.parametrize(
    "text",
    ["", "web", "stack-Logical-1ABC", ARN + "\n", ARN.replace("image-pipeline", "image-recipe"), ARN + "/1.0.0"],
)
def test_other_ids_are_no_pipeline_arn(text: str) -> None:
    assert not is_pipeline_arn(text)
    with pytest.raises(ValueError, match="not an image pipeline's ARN"):
        name_in_arn(text)
