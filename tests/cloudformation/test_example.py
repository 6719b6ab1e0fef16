"""What the author of a template is told."""

import pytest
from support.author import Author

pytestmark = pytest.mark.timeout(240)


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
