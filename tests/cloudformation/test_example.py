"""The example, deployed, changed, renamed and deleted with the AWS CLI."""

import pytest
from support.author import Author

pytestmark = pytest.mark.timeout(240)

ARN = "arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/"


def test_example_is_made_changed_in_place_replaced_by_name_and_deleted(author: Author) -> None:
    author.deploy("golden", "golden.yaml")
    made = author.pipelines()["golden"]
    assert author.outputs("golden")["PipelineArn"] == made["arn"] == f"{ARN}golden"
    assert made["imageTestsConfiguration"] == {"imageTestsEnabled": True, "timeoutMinutes": 90}
    assert made["schedule"]["autoDisablePolicy"] == {"failureCount": 3}
    assert made["tags"]["team"] == "images"
    assert ":stack/golden/" in made["tags"]["imagebuilder-pipeline:stack-id"]
