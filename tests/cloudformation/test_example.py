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

    author.deploy("golden", "golden.yaml", "--parameter-overrides PipelineDescription=other")
    changed = author.pipelines()["golden"]
    assert changed["description"] == "other"
    assert changed["dateCreated"] == made["dateCreated"]

    author.deploy("golden", "golden.yaml", "--parameter-overrides PipelineName=silver")
    assert author.outputs("golden")["PipelineArn"] == f"{ARN}silver"
    assert author.outputs("golden")["PipelineName"] == "silver"
    assert {"golden", "silver"} & author.pipelines().keys() == {"silver"}

    author.delete("golden")
    assert "silver" not in author.pipelines()
    assert not [arn for arn in author.image_builder()["registered"] if "/golden-" in arn]


def test_wrong_property_fails_before_any_call_with_a_reason_that_tells_the_way_out(author: Author) -> None:
    text = (author.folder / "golden.yaml").read_text()
    (author.folder / "wrong.yaml").write_text(text.replace("TimeoutMinutes: 90", "TimeoutMinutes: 9\n        Tiem: 1"))
    before = author.changes()
    author.deploy("wrong", "wrong.yaml", fails=True)
    reasons = author.failures("wrong")
    assert "ImageTestsConfiguration.TimeoutMinutes is too small: got 9, allowed 60 to 1440" in reasons
    assert "ImageTestsConfiguration.Tiem is not known" in reasons
    assert author.changes() == before
    author.delete("wrong")
