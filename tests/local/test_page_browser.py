"""The page in a headless Chromium."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.browser import NAMES, Browser, browser, program
from support.deployed import Deployed, deployed

from imagebuilder_local.page import PageServer

pytestmark = pytest.mark.skipif(program() is None, reason=f"none of {', '.join(NAMES)} is on the PATH")

MARKUP = '<script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1">'
TEXT = "(document.body?.innerText ?? '')"
CARD = "document.querySelector('article.event')"

# The worst ratio of a text's colour to what is behind it (WCAG 2), with the text.
CONTRAST = """(() => {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data]; };
  const light = (colour) => rgba(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (rgba(colour)[3]) return colour;
    }
    return "white";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let worst = [99, ""];
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, node.textContent];
  }
  return worst;
})()"""


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as made:
        yield made


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Deployed]:
    with deployed(tmp_path) as made:
        yield made


def test_deploys_show_while_they_run_and_without_a_reload(cloud: Deployed, tab: Browser) -> None:
    tab.open(cloud.page)
    tab.wait_for(f"{TEXT}.includes('No pipelines') && {TEXT}.includes('No events yet')")
    tab.evaluate("window.loaded = 'once'")

    cloud.deploy("Golden", Name="golden", Description=MARKUP, Tags={"team": MARKUP})
    tab.wait_for(f"{TEXT}.includes('golden') && {CARD}?.innerText.includes('Succeeded')")
    steps = tab.evaluate(f"[...{CARD}.querySelectorAll('.step strong')].map((step) => step.textContent)")
    assert steps == ["CloudFormation sends Create", "CreateImagePipeline", "The function responds"]
    card = tab.evaluate(f"{CARD}.innerText")
    assert "Create Pipeline in Golden" in card
    assert "physical id arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/golden" in card
    assert not tab.evaluate(f"{TEXT}.includes('No pipelines')")

    # What a template says is text: it is seen as it was written, and nothing of it runs or is loaded.
    tab.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert tab.evaluate(f"{TEXT}.split({json.dumps(MARKUP)}).length") > 4
    assert tab.evaluate("document.querySelectorAll('main :is(script, img)').length") == 0
    assert tab.evaluate("typeof window.pwned") == "undefined"

    cloud.order_faults("UpdateImagePipeline", [{"code": "TooManyRequestsException", "message": MARKUP}, {"delay": 3}])
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(cloud.deploy, "Golden", Name="golden", Description="new")
        tab.wait_for(f"{CARD}.innerText.includes('Update') && {CARD}.innerText.includes('in progress')")
        assert "Working" in tab.evaluate(f"{CARD}.innerText")
        # What a person has opened, with the keyboard, stays open and focused when the card changes.
        tab.evaluate(f"{CARD}.querySelector('[data-key=ids] summary').focus()")
        tab.press("Enter", 13)
        assert tab.evaluate(f"{CARD}.querySelector('[data-key=ids]').open") is True
        assert deploying.result() == "UPDATE_COMPLETE"
    tab.wait_for(f"{CARD}.innerText.includes('Succeeded')")
    assert tab.evaluate(f"{CARD}.querySelector('[data-key=ids]').open") is True
    assert tab.evaluate("document.activeElement.parentElement.dataset.key") == "ids"
    card = tab.evaluate(f"{CARD}.innerText")
    assert "429 TooManyRequestsException" in card
    assert "attempt 2" in card
    assert "after a pause of" in card
    assert tab.evaluate(f"[{CARD}.querySelector('del').textContent, {CARD}.querySelector('ins').textContent]") == [
        MARKUP,
        "new",
    ]
    assert tab.evaluate("document.getElementById('news').textContent") == "Update of Pipeline in Golden: Succeeded"
    assert tab.evaluate("document.querySelectorAll('article.event').length") == 2
    assert tab.evaluate("window.loaded") == "once"
    assert tab.evaluate("typeof window.pwned") == "undefined"
    assert tab.complaints == []


def test_every_text_has_enough_contrast_and_nothing_is_wider_than_a_phone(cloud: Deployed, tab: Browser) -> None:
    cloud.deploy("Seen", Name="seen", Schedule={"ScheduleExpression": "rate(7 days)"})
    cloud.deploy("Seen", Name="seen", Descriptoin="x")
    (pipeline,) = cloud.client("imagebuilder").list_image_pipelines()["imagePipelineList"]
    cloud.client("imagebuilder").start_image_pipeline_execution(imagePipelineArn=pipeline["arn"])
    tab.open(cloud.page)
    tab.wait_for("document.querySelectorAll('article.event').length > 1 && document.querySelector('.build')")
    tab.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    for scheme in ("light", "dark"):
        for width in (1400, 360):
            tab.emulate(width, scheme)
            ratio, text = tab.evaluate(CONTRAST)
            assert ratio >= 4.5, (scheme, text)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        tab.evaluate(
            "matchMedia('(prefers-color-scheme: dark)').matches && getComputedStyle(document.body).backgroundColor"
        )
        != "rgb(244, 245, 247)"
    )


def test_landmarks_are_named_and_news_is_told_politely(tab: Browser) -> None:
    with PageServer(state) as server:
        tab.open(server.url)
        tab.wait_for(f"{TEXT}.includes('Live')")
        nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    seen = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")}
    assert {("main", ""), ("region", "Pipelines"), ("region", "Timeline")} <= seen
    assert {role for role, _ in seen} >= {"banner", "contentinfo", "heading", "status"}
    assert tab.evaluate("document.getElementById('news').getAttribute('aria-live')") == "polite"
    assert tab.evaluate("document.documentElement.lang") == "en"


def test_filter_shows_what_matches_and_says_when_nothing_does(tab: Browser) -> None:
    events = [event(1, "Alpha", "succeeded"), event(2, "Beta", "failed")]
    with PageServer(lambda: state(events=events)) as server:
        tab.open(server.url)
        tab.wait_for("document.querySelectorAll('article.event').length === 2")
        shown = "[...document.querySelectorAll('article.event .name')].map((name) => name.textContent)"
        tab.evaluate("document.getElementById('filter-text').focus()")
        tab.send("Input.insertText", text="alpha")
        assert tab.evaluate(shown) == ["Alpha"]
        tab.evaluate("document.getElementById('filter-failed').click()")
        assert tab.evaluate(shown) == []
        assert "No events match." in tab.evaluate(TEXT)


def test_cloud_that_has_gone_is_told_with_the_way_back_and_found_again(tab: Browser) -> None:
    with PageServer(lambda: state(events=[event(1, "Alpha", "succeeded")])) as server:
        tab.open(server.url)
        tab.wait_for(f"{TEXT}.includes('Live') && {TEXT}.includes('Alpha')")
    tab.wait_for(f"{TEXT}.includes('Not reachable') && {TEXT}.includes('make local')")
    assert "Alpha" in tab.evaluate(TEXT)


def state(**given: Any) -> dict[str, Any]:
    return {"region": "us-east-1", "account": "000000000000", "pipelines": [], "events": [], "others": []} | given


def event(number: int, logical_id: str, outcome: str) -> dict[str, Any]:
    return {
        "number": number,
        "state": outcome,
        "requestType": "Create",
        "resourceType": "Custom::ImagePipeline",
        "stack": "Golden",
        "stackId": "arn",
        "logicalId": logical_id,
        "physicalId": None,
        "requestId": "",
        "at": "2026-01-01T00:00:00.000+00:00",
        "milliseconds": 1.0,
        "properties": {},
        "changes": None,
        "reverts": False,
        "calls": [],
        "forgottenCalls": 0,
        "functionError": None,
        "answer": None,
        "failure": None,
    }
