"""A browser for tests, or the reason why there is none; and a page that is given its state."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tools.browser import NAMES, Browser, browser, program

from support.cdk import ROOT

WITHOUT = "IMAGEBUILDER_NO_BROWSER"
TEXT = "(document.body?.innerText ?? '')"


@contextmanager
def tab_in(folder: Path) -> Iterator[Browser]:
    """Start a browser. Without one, skip the test; in CI let it fail."""
    require(program(), os.environ)
    with browser(folder) as made:
        yield made


def cleared(tab: Browser) -> Browser:
    """Return a tab as it was when the browser started, for the next test: a browser starts slowly."""
    tab.open("about:blank")
    tab.wait_for("location.href === 'about:blank' && document.readyState === 'complete'")
    tab.send("Emulation.clearDeviceMetricsOverride")
    tab.send("Emulation.setEmulatedMedia", features=[])
    tab.send("Page.setBypassCSP", enabled=False)
    tab.send("Performance.disable")
    tab.complaints.clear()
    return tab


def require(path: str | None, environment: Mapping[str, str]) -> None:
    """Skip or fail the test if `path` is None: there is no browser. CI skips only with IMAGEBUILDER_NO_BROWSER."""
    if path is not None:
        return
    reason = f"none of {', '.join(NAMES)} is on the PATH: apt-get install chromium"
    if environment.get("CI") and not environment.get(WITHOUT):
        pytest.fail(f"{reason}, or set {WITHOUT}=1 to skip the tests of the page")
    pytest.skip(reason)


def axe() -> str:
    """Return the script of axe-core, which finds what assistive technology cannot use."""
    file = Path(os.environ.get("AXE_CORE", ROOT / "node_modules" / "axe-core")) / "axe.min.js"
    if not file.is_file():
        pytest.fail(f"{file} does not exist: run make setup")
    return file.read_text(encoding="utf-8")


def state(**given: Any) -> dict[str, Any]:
    """Return what the page gets of an empty cloud, with other members where given."""
    return {
        "region": "us-east-1",
        "account": "000000000000",
        "activity": None,
        "pipelines": [],
        "images": {"executions": [], "olderExecutions": 0},
        "deployments": [],
        "events": [],
        "others": [],
    } | given


def deployment(number: int, stack: str, **given: Any) -> dict[str, Any]:
    """Return a create of a stack that succeeded, with other members where given."""
    return {
        "id": f"operation-{number}",
        "stack": stack,
        "stackId": f"arn:{stack}",
        "kind": "create",
        "state": "succeeded",
        "outcome": "succeeded",
        "status": "CREATE_COMPLETE",
        "at": "2026-01-01T00:00:00.000+00:00",
        "milliseconds": 100.0,
        "failed": None,
        "reason": None,
        "resources": [],
    } | given


def resource(logical_id: str, **given: Any) -> dict[str, Any]:
    """Return a resource that was created, with other members where given."""
    return {
        "logicalId": logical_id,
        "name": logical_id,
        "path": None,
        "type": "AWS::ImageBuilder::ImageRecipe",
        "physicalId": "",
        "state": "succeeded",
        "outcome": "created",
        "reason": None,
        "at": "2026-01-01T00:00:00.000+00:00",
        "milliseconds": 10.0,
        "events": [],
    } | given


def failed(number: int, stack: str, reason: str = "no such recipe", **given: Any) -> dict[str, Any]:
    """Return an update of a stack that failed because of its pipeline and was rolled back."""
    bad = resource("Pipeline", type="Custom::ImagePipeline", state="failed", outcome="failed", reason=reason, **given)
    good = resource("Recipe", state="rolled back", outcome="rolled back")
    return deployment(
        number,
        stack,
        kind="update",
        state="failed",
        outcome="failed and rolled back",
        failed="Pipeline",
        reason=reason,
        resources=[good, bad],
    )
