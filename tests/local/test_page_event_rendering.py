"""Events as the page's scripts render them, without a browser."""

import json
from email.message import Message
from pathlib import Path

from support.rendering import rendered, text

from imagebuilder_local.emulator import Answered, ImageBuilder
from imagebuilder_local.page import Timeline, view

STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Golden/0c9c6c1e"


def test_waiting_event_names_its_resource_and_the_build_that_it_waits_for(tmp_path: Path) -> None:
    timeline = Timeline()
    event = timeline.begin(
        request_type="Create",
        logical_id="Rest",
        props={"ImageArn": "arn:image"},
        stack_name="Golden",
        stack_id=STACK,
        resource_type="Custom::ImagePipelineImage",
    )
    timeline.function_returned(event)
    (waiting,) = json.loads(json.dumps(view(timeline, ImageBuilder())))["events"]
    card = rendered(tmp_path, "event", "eventBlock", waiting)
    assert card.get("data-tone") == "waiting"
    for part in (
        "Create event of Rest",
        "Waiting",
        "the response comes later",
        "Waiting for the build arn:image",
    ):
        assert part in text(card)
    assert not card.findall(".//a")
    card = rendered(tmp_path, "event", "eventBlock", waiting | {"build": {"status": "TESTING"}})
    assert text(card).endswith("Waiting for the build arn:image TESTING")
    assert [link.get("href") for link in card.iterfind(".//a")] == ["#build-arn:image"]


def test_attempts_that_fail_like_the_one_before_are_folded(tmp_path: Path) -> None:
    timeline = Timeline()
    event = timeline.begin(
        request_type="Update",
        logical_id="Pipeline",
        props={},
        stack_name="Golden",
        stack_id=STACK,
        resource_type="Custom::ImagePipeline",
    )
    timeline.traced(event, "Root=1-0-1")
    answers = (
        [Answered(429, "Slow", "slow down")] * 5 + [Answered(403, "Denied", "no")] * 2 + [Answered(200, None, None)]
    )
    for attempt, answer in enumerate(answers, 1):
        headers = Message()
        headers["X-Amzn-Trace-Id"] = "Root=1-0-1"
        headers["amz-sdk-request"] = f"attempt={attempt}"
        timeline.call("UpdateImagePipeline", {}, headers)(answer)
    (shown,) = json.loads(json.dumps(view(timeline, ImageBuilder())))["events"]
    card = rendered(tmp_path, "event", "eventBlock", shown)
    folds = [text(fold[0]) for fold in card.iterfind(".//li/div/details") if "attempts" in text(fold[0])]
    assert folds == ["4 more attempts up to attempt 5: Slow"]
    assert len(card.findall(".//details//details//li")) == 4
    assert text(card).count("403 Denied") == 2
    assert "attempt 8" in text(card)
