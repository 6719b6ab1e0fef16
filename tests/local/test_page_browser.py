"""The page in a headless Chromium, beside a real deployment."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.browsing import TEXT, cleared, deployment, failed, resource, state, tab_in
from support.deployed import Deployed, deployed
from tools.browser import Browser

from imagebuilder_local.page import PageServer

MARKUP = '<script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1">'
CARD = "document.querySelector('article.deployment')"
STEPS = f"[...{CARD}.querySelectorAll('.step strong')].map((step) => step.textContent)"
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


@pytest.fixture(scope="module")
def only_tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with tab_in(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture
def tab(only_tab: Browser) -> Browser:
    return cleared(only_tab)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Deployed]:
    with deployed(tmp_path) as made:
        yield made


def shown(tab: Browser) -> list[str]:
    """Return the first line of each deployment that is shown."""
    cards = tab.evaluate("[...document.querySelectorAll('article.deployment h3')].map((title) => title.textContent)")
    return [str(card) for card in cards]


def test_deploys_show_while_they_run_and_without_a_reload(cloud: Deployed, tab: Browser) -> None:
    tab.open(cloud.page)
    tab.wait_for(f"{TEXT}.includes('No pipelines') && {TEXT}.includes('No deployments yet')")
    tab.evaluate("window.loaded = 'once'")

    cloud.deploy("Golden", Name="golden", Description=MARKUP, Tags={"team": MARKUP})
    tab.wait_for(f"{TEXT}.includes('golden') && {CARD}?.innerText.includes('succeeded')")
    assert tab.evaluate(STEPS) == ["CloudFormation sends Create", "CreateImagePipeline", "The function responds"]
    card = tab.evaluate(f"{CARD}.innerText")
    assert "Golden create" in card
    assert "Resources: 3 created" in card
    assert "physical id" not in card  # a success is collapsed
    assert not tab.evaluate(f"{TEXT}.includes('No pipelines')")

    # What a template says is text: it is seen as it was written, and nothing of it runs or is loaded.
    tab.evaluate(OPEN_ALL)
    assert "physical id arn:aws:imagebuilder:us-east-1:000000000000:image-pipeline/golden" in tab.evaluate(
        f"{CARD}.innerText"
    )
    assert tab.evaluate(f"{TEXT}.split({json.dumps(MARKUP)}).length") > 4
    assert tab.evaluate("document.querySelectorAll('main :is(script, img)').length") == 0
    assert tab.evaluate("typeof window.pwned") == "undefined"

    cloud.order_faults("UpdateImagePipeline", [{"code": "TooManyRequestsException", "message": MARKUP}, {"delay": 3}])
    with ThreadPoolExecutor(1) as pool:
        deploying = pool.submit(cloud.deploy, "Golden", Name="golden", Description="new")
        # What is in progress is open: nobody has to look for it.
        tab.wait_for(f"{CARD}.innerText.includes('update') && {CARD}.innerText.includes('attempt 2')")
        assert "Working" in tab.evaluate(f"{CARD}.innerText")
        # What a person has opened, with the keyboard, stays open and focused when the card changes.
        tab.evaluate(f"{CARD}.querySelector('[data-key^=ids] summary').focus()")
        tab.press("Enter", 13)
        assert tab.evaluate(f"{CARD}.querySelector('[data-key^=ids]').open") is True
        assert deploying.result() == "UPDATE_COMPLETE"
    tab.wait_for(f"{CARD}.innerText.includes('succeeded')")
    assert tab.evaluate(f"{CARD}.querySelector('[data-key^=ids]').open") is True
    assert "Resources: 1 updated" in tab.evaluate(f"{CARD}.innerText")
    tab.evaluate(OPEN_ALL)
    card = tab.evaluate(f"{CARD}.innerText")
    assert "429 TooManyRequestsException" in card
    assert "attempt 2" in card
    assert "after a pause of" in card
    assert tab.evaluate(f"[{CARD}.querySelector('del').textContent, {CARD}.querySelector('ins').textContent]") == [
        MARKUP,
        "new",
    ]
    assert tab.evaluate("document.getElementById('news').textContent") == "update of Golden: succeeded"
    assert shown(tab) == ["Golden update", "Golden create"]
    assert tab.evaluate("window.loaded") == "once"
    assert tab.evaluate("typeof window.pwned") == "undefined"
    assert tab.complaints == []


def test_failed_update_and_its_rollback_are_one_open_card_with_the_reason_on_top(cloud: Deployed, tab: Browser) -> None:
    cloud.deploy("Golden", Name="golden")
    cloud.deploy("Golden", Name="golden", Descriptoin="x")
    bad = {
        "Type": "AWS::ImageBuilder::Component",
        "Properties": {"Name": "x"},
        "Metadata": {"aws:cdk:path": "Native/Harden/Resource"},
    }
    cloud.deploy("Native", more={"HardenA1B2": bad}, Name="native")
    tab.open(cloud.page)
    tab.wait_for(f"{CARD} !== null")
    assert shown(tab) == ["Native create", "Golden update", "Golden create"]
    # A resource of CloudFormation's own, which our function never saw, has its reason and its construct path.
    native = tab.evaluate(f"{CARD}.innerText")
    assert "failed and rolled back" in native
    assert "Harden AWS::ImageBuilder::Component\n\nrequired properties are missing" in native
    assert tab.evaluate(f"{CARD}.querySelector('.row .name').title") == "Native/Harden/Resource (HardenA1B2)"
    update = tab.evaluate("document.querySelectorAll('article.deployment')[1].innerText")
    assert "failed and rolled back" in update
    assert update.count("Descriptoin is not known") == 1
    titles = "[...document.querySelectorAll('article.deployment')[1].querySelectorAll('.event > details')]"
    assert tab.evaluate(f"{titles}.map((event) => event.open)") == [True, False]
    assert tab.complaints == []


def test_button_starts_a_build_and_a_refusal_is_told(cloud: Deployed, tab: Browser) -> None:
    cloud.deploy("Golden", Name="golden")
    tab.open(cloud.page)
    tab.wait_for("document.querySelector('button') !== null")
    tab.evaluate("document.querySelector('button').focus()")
    tab.press("Enter", 13)
    tab.wait_for("document.querySelector('.build') !== null")
    assert "manual" in tab.evaluate("document.querySelector('.build').innerText")
    assert tab.evaluate("document.activeElement.dataset.key.startsWith('start-')") is True
    (call,) = cloud.seen()["others"]
    assert (call["operation"], call["client"], call["status"]) == ("StartImagePipelineExecution", "this-page", 200)

    (pipeline,) = cloud.client("imagebuilder").list_image_pipelines()["imagePipelineList"]
    cloud.client("imagebuilder").delete_image_pipeline(imagePipelineArn=pipeline["arn"])
    tab.evaluate("document.querySelector('button').click()")
    tab.wait_for(f"{TEXT}.includes('ResourceNotFoundException')")


def test_commands_before_the_first_stack_are_shown_instead_of_nothing(tab: Browser) -> None:
    given = state(activity={"what": "cdk bootstrap", "at": "2026-01-01T00:00:00.000+00:00"})
    with PageServer(lambda: given) as server:
        tab.open(server.url)
        tab.wait_for(f"{TEXT}.includes('cdk bootstrap')")
        assert "prepares the account and Region" in tab.evaluate(TEXT)
        assert "No deployments yet" not in tab.evaluate(TEXT)
        given["activity"] = None
        tab.wait_for(f"{TEXT}.includes('No deployments yet')")
        assert "cdk bootstrap" not in tab.evaluate(TEXT)


def test_filter_shows_what_matches_and_says_when_nothing_does(tab: Browser) -> None:
    given = state(deployments=[deployment(1, "Alpha", resources=[resource("Recipe")]), failed(2, "Beta")])
    with PageServer(lambda: given) as server:
        tab.open(server.url)
        tab.wait_for("document.querySelectorAll('article.deployment').length === 2")
        tab.evaluate("document.getElementById('filter-text').focus()")
        tab.send("Input.insertText", text="alpha recipe")
        assert shown(tab) == ["Alpha create"]
        tab.evaluate("document.getElementById('filter-failed').click()")
        assert shown(tab) == []
        assert "No deployments match." in tab.evaluate(TEXT)
        tab.evaluate("document.getElementById('filter-text').value = ''")
        tab.send("Input.insertText", text="no such")
        assert shown(tab) == ["Beta update"]


def test_success_collapses_when_it_ends_unless_a_person_opened_it(tab: Browser) -> None:
    working = resource("Pipeline", state="working", outcome="creating", milliseconds=None, reason="still looking")
    given = state(deployments=[deployment(1, "Alpha", state="working", outcome="in progress", resources=[working])])
    row = "document.querySelector('article.deployment .row > details')"
    with PageServer(lambda: given) as server:
        tab.open(server.url)
        tab.wait_for(f"{row}?.open === true")
        given["deployments"] = [deployment(1, "Alpha", resources=[resource("Pipeline", reason="still looking")])]
        tab.wait_for(f"{CARD}.innerText.includes('Resources: 1 created')")
        assert tab.evaluate(f"{row}.open") is False
        tab.evaluate(f"{row}.open = true")
        given["deployments"][0]["outcome"] = "changed"
        tab.wait_for(f"{CARD}.innerText.includes('changed')")
        assert tab.evaluate(f"{row}.open") is True


def test_cloud_that_has_gone_is_told_with_the_way_back_and_found_again(tab: Browser) -> None:
    with PageServer(lambda: state(deployments=[deployment(1, "Alpha")])) as server:
        tab.open(server.url)
        tab.wait_for(f"{TEXT}.includes('Live') && {TEXT}.includes('Alpha')")
    tab.wait_for(f"{TEXT}.includes('Not reachable') && {TEXT}.includes('make local')")
    assert "Alpha" in tab.evaluate(TEXT)
