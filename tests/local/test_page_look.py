"""The page in a headless Chromium, as people see, hear and use it: contrast, width, roles, keyboard, speed."""

import json
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
from support.browsing import TEXT, axe, cleared, deployment, failed, require, resource, state, tab_in
from support.measures import AXE, CONTRAST, FRAMES, SCROLL
from tools.browser import Browser

from imagebuilder_local.emulator import ImageBuilder
from imagebuilder_local.page import PageServer, Timeline, view

OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
SHOWN = "document.querySelector('article.deployment') !== null && document.querySelector('.build') !== null"


@pytest.fixture(scope="module")
def only_tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with tab_in(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture
def tab(only_tab: Browser) -> Browser:
    return cleared(only_tab)


def event(number: int, **given: Any) -> dict[str, Any]:
    """Return what the page gets of an event that failed after a call."""
    timeline = Timeline()
    made = timeline.begin(
        request_type="Update",
        logical_id="Pipeline",
        props={"Name": "web", "Description": "x" * 200},
        stack_name="Golden",
        stack_id="arn:Golden",
        resource_type="Custom::ImagePipeline",
        physical_id="arn:pipeline",
        old_props={"Name": "web"},
    )
    timeline.end(made, "no such recipe, and a word that is too long for a phone: " + "x" * 200)
    (shown,) = view(timeline, ImageBuilder())["events"]
    return dict(shown) | {"number": number} | given


@pytest.fixture
def full(client: Any, service: ImageBuilder, minimal: dict[str, Any]) -> dict[str, Any]:
    """A state with something of each kind."""
    schedule = {"scheduleExpression": "cron(0 9 ? * MON *)", "timezone": "America/Argentina/ComodRivadavia"}
    client.create_image_pipeline(**minimal, description="Patched weekly", schedule=schedule, tags={"team": "web"})
    pipeline = client.list_image_pipelines()["imagePipelineList"][0]["arn"]
    client.start_image_pipeline_execution(imagePipelineArn=pipeline)
    service.build_at_once({name: value for name, value in minimal.items() if name != "name"})
    working = resource("Image", state="working", outcome="creating", milliseconds=None)
    return view(Timeline(), service) | state(
        activity={"what": "cdk deploy", "at": "2026-01-01T00:00:00.000+00:00"},
        deployments=[
            deployment(3, "Images", state="working", outcome="in progress", milliseconds=None, resources=[working]),
            failed(2, "GoldenImageWithALongName", events=[1, 2]),
            deployment(1, "Golden", resources=[resource("Recipe"), resource("Pipeline", path="Golden/Pipeline")]),
        ],
        events=[event(2, state="succeeded"), event(1)],
        pipelines=json.loads(json.dumps(view(Timeline(), service)))["pipelines"],
        images=view(Timeline(), service)["images"],
    )


@pytest.mark.parametrize("is_open", [False, True])
def test_nothing_is_wider_than_a_phone_and_every_text_has_enough_contrast(
    full: dict[str, Any], tab: Browser, is_open: bool
) -> None:
    grounds = set()
    with PageServer(lambda: full) as server:
        tab.open(server.url)
        tab.wait_for(SHOWN)
        if is_open:
            tab.evaluate(OPEN_ALL)
        for scheme in ("light", "dark"):
            for width in (1400, 360):
                tab.emulate(width, scheme)
                ratio, text = tab.evaluate(CONTRAST)
                assert ratio >= 4.5, (scheme, text)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width
            grounds.add(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_violation(full: dict[str, Any], tab: Browser, scheme: str, width: int, is_open: bool) -> None:
    tab.emulate(width, scheme)
    with PageServer(lambda: full) as server:
        # The policy of the page allows no other script, not even one that a test adds.
        tab.send("Page.setBypassCSP", enabled=True)
        tab.open(server.url)
        tab.wait_for(SHOWN)
        if is_open:
            tab.evaluate(OPEN_ALL)
        tab.evaluate(f"void (() => {{ {axe()} }})()")
        assert tab.evaluate(AXE) == []


def test_page_without_anything_has_no_violation_either(tab: Browser) -> None:
    with PageServer(state) as server:
        tab.send("Page.setBypassCSP", enabled=True)
        tab.open(server.url)
        tab.wait_for(f"{TEXT}.includes('No deployments yet')")
        tab.evaluate(f"void (() => {{ {axe()} }})()")
        assert tab.evaluate(AXE) == []


def test_landmarks_are_named_and_news_is_told_politely(full: dict[str, Any], tab: Browser) -> None:
    with PageServer(lambda: full) as server:
        tab.open(server.url)
        tab.wait_for(SHOWN)
        nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    seen = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")}
    assert {("main", ""), ("region", "Deployments"), ("region", "Pipelines")} <= seen
    assert ("article", "GoldenImageWithALongName update") in seen
    assert ("button", "Start build of My Pipe") in seen
    assert ("search", "Filter the deployments") in seen
    assert {role for role, _ in seen} >= {"banner", "contentinfo", "heading", "status"}
    assert tab.evaluate("document.getElementById('news').getAttribute('aria-live')") == "polite"
    assert tab.evaluate("document.documentElement.lang") == "en"


def test_everything_is_reached_with_the_keyboard(full: dict[str, Any], tab: Browser) -> None:
    with PageServer(lambda: full) as server:
        tab.open(server.url)
        tab.wait_for(SHOWN)
        wanted = tab.evaluate(
            "[...document.querySelectorAll('summary, button, input, a')].filter((e) => e.checkVisibility()).length"
        )
        reached = set()
        for _ in range(wanted + 5):
            tab.press("Tab", 9)
            reached.add(tab.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
            outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none" or tab.evaluate("document.activeElement === document.body")
    assert len(reached) >= wanted


def test_link_to_an_event_opens_the_deployment_that_hides_it(full: dict[str, Any], tab: Browser) -> None:
    arn = full["pipelines"][0]["settings"]["arn"]
    full["events"] = [event(1, physicalId=arn, state="succeeded")]
    full["deployments"] = [deployment(1, "Golden", resources=[resource("Pipeline", events=[1])])]
    with PageServer(lambda: full) as server:
        tab.open(server.url)
        tab.wait_for(SHOWN)
        visible = "document.getElementById('event-1').checkVisibility({ contentVisibilityAuto: true })"
        assert tab.evaluate(visible) is False
        tab.evaluate("document.querySelector('a[href=\"#event-1\"]').click()")
        assert tab.evaluate(visible) is True


def test_ten_deployments_fit_three_screens_of_a_phone(tab: Browser) -> None:
    many = [resource(f"Resource{number}") for number in range(8)]
    given = state(deployments=[deployment(number, f"Stack{number}", resources=many) for number in range(10)])
    tab.emulate(360)
    with PageServer(lambda: given) as server:
        tab.open(server.url)
        tab.wait_for("document.querySelectorAll('article.deployment').length === 10")
        assert tab.evaluate("document.getElementById('deployments').scrollHeight") < 3 * 640


def test_content_is_there_within_a_second_also_when_it_is_much(tab: Browser) -> None:
    much = crowd(200)
    runs: list[float] = []
    with PageServer(lambda: much) as server:
        # Other work of a busy machine delays the page as well: the best of five counts.
        while len(runs) < 5 and not (runs and min(runs) < 1000):
            tab.open(server.url)
            tab.wait_for("document.querySelectorAll('article.deployment').length === 200")
            painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
            tab.wait_for(f"{painted} !== undefined")
            runs.append(max(tab.evaluate(f"[{painted}, Number(document.documentElement.dataset.shown)]")))
    assert 0 < min(runs) < 1000, runs


def test_two_hundred_deployments_scroll_at_60_frames_a_second(tab: Browser) -> None:
    much = crowd(200)
    with PageServer(lambda: much) as server:
        tab.open(server.url)
        tab.wait_for("document.querySelectorAll('article.deployment').length === 200")
        # Other work of a busy machine delays frames as well, so the work of the page is measured in time of the
        # processor, and of three scrolls the best one counts.
        tab.send("Performance.enable", timeDomain="threadTicks")
        runs, before = [], work(tab)
        for _ in range(3):
            tab.evaluate("scrollTo(0, 0)")
            runs.append(median(tab.evaluate(SCROLL)))
        milliseconds = (work(tab) - before) / (3 * FRAMES)
    assert min(runs) < 17.5, runs
    assert milliseconds < 1000 / 60 / 2  # half of a frame is left for the browser


def work(tab: Browser) -> float:
    """Return the milliseconds that the page has worked."""
    metrics = {metric["name"]: metric["value"] for metric in tab.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"]) * 1000


def crowd(count: int) -> dict[str, Any]:
    """Return a state with many deployments, one in ten of which failed with an event that is shown open."""
    many = [resource(f"Resource{number}") for number in range(8)]
    deployments = [
        failed(number, "Golden", events=[number]) if number % 10 == 0 else deployment(number, "Golden", resources=many)
        for number in range(count)
    ]
    one = event(0)
    return state(deployments=deployments, events=[one | {"number": number} for number in range(count)])


@pytest.mark.parametrize(
    ("environment", "outcome"),
    [
        ({}, pytest.skip.Exception),
        ({"CI": "true"}, pytest.fail.Exception),
        ({"CI": "true", "IMAGEBUILDER_NO_BROWSER": "1"}, pytest.skip.Exception),
    ],
)
def test_missing_browser_skips_and_in_ci_fails_with_the_way_out(environment: dict[str, str], outcome: Any) -> None:
    with pytest.raises(outcome, match="apt-get install chromium"):
        require(None, environment)
