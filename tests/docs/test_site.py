"""The built site: whole, without anything from elsewhere, and with a search that finds what somebody pastes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import cdk_imagebuilder_pipeline
from imagebuilder_pipeline_handler.imagebuilder.advice import ADVICE

ROOT = Path(__file__).parents[2]
MESSAGES = ROOT / "docs" / "messages.md"
REPOSITORY_PAGES = sorted(ROOT.glob("*.md"))


class Page(HTMLParser):
    """What a page has to offer to links, and what it asks for."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in {"canonical", "next", "prev"}:
            self.loads.append(given.get("href", ""))
        elif "src" in given:
            self.loads.append(given["src"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def test_every_page_of_the_docs_is_in_the_site(site: Path) -> None:
    sources = [file.relative_to(ROOT / "docs") for file in (ROOT / "docs").rglob("*.md")]
    assert sources
    assert [source for source in sources if not (site / source.with_suffix(".html")).is_file()] == []


def test_every_link_within_the_site_leads_to_a_file_and_a_place_in_it(site: Path, pages: dict[Path, Page]) -> None:
    broken, followed = [], 0
    for file, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or (file.name == "404.html" and link.startswith("/")):
                continue
            followed += 1
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            has_place = not parts.fragment or target not in pages or unquote(parts.fragment) in pages[target].ids
            if not (target.is_file() and has_place) and parts.fragment != "__skip":
                broken.append(f"{file.relative_to(site)}: {link}")
    assert broken == []
    assert followed > 1000


def test_links_that_lead_nowhere_fail_what_make_docs_build_runs(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for folder in ("docs", "examples", "cloudformation", "constructs", "lambda", "local"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for page in (*REPOSITORY_PAGES, ROOT / "mkdocs.yml"):
        shutil.copy(page, tmp_path)
    (command,) = re.findall(r"(-m mkdocs build .*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    links = ("nowhere.md", "api.md#nowhere", "../nothing.txt")
    with (tmp_path / "docs" / "upgrading.md").open("a", encoding="utf-8") as upgrading:
        upgrading.writelines(f"\n[x]({link})\n" for link in links)
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    # A warning for each: any of them alone aborts.
    assert "Aborted with 3 warnings in strict mode" in said
    warnings = [line for line in said.splitlines() if line.startswith("WARNING")]
    for link in links:
        with subtests.test(link):
            assert [f"'{link}'" in line for line in warnings].count(True) == 1, said


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert {load for page in pages.values() for load in page.loads if urlsplit(load).netloc} == set()


def test_diagrams_are_drawn_and_not_left_as_text(site: Path) -> None:
    architecture = (site / "architecture.html").read_text(encoding="utf-8")
    assert architecture.count('<figure class="sequence"><svg') == 3
    assert "CloudFormation -&gt; Function" not in architecture


def test_pages_of_the_navigation_lead_to_the_next_one(site: Path) -> None:
    start = (site / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"]+)" class="md-footer__link md-footer__link--next"', start) == [
        "guides/first-deploy.html"
    ]


def test_only_output_of_programs_wraps(site: Path) -> None:
    (rule,) = re.findall(r"^(.*) \{ .*white-space: pre-wrap", (site / "site.css").read_text("utf-8"), re.MULTILINE)
    assert rule == ".md-typeset .language-text pre > code"
    messages = (site / "messages.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<div class="([^"]*)highlight">', messages)) == {"language-text "}


def test_every_public_name_and_each_prop_has_its_place_in_the_api(pages: dict[Path, Page], site: Path) -> None:
    package = "cdk_imagebuilder_pipeline"
    ids = pages[site / "api.html"].ids
    assert [name for name in cdk_imagebuilder_pipeline.__all__ if f"{package}.{name}" not in ids] == []
    props = cdk_imagebuilder_pipeline.ImagePipelineProps.__dataclass_fields__
    assert [name for name in props if f"{package}.ImagePipelineProps.{name}" not in ids] == []


@pytest.mark.parametrize("page", REPOSITORY_PAGES, ids=lambda page: page.name)
def test_links_of_the_repository_s_own_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def queries() -> Iterator[tuple[str, str]]:
    """Yield what somebody pastes, the first six words of a message, and the heading of what should be found."""
    for code, (means, fix) in ADVICE.items():
        yield first_words(f"{code}: {means}; {fix}"), f"{code}: {means}"
    for heading, example in re.findall(
        r"^### ([^\n]+)\n\n```\n(.*?)\n```$", MESSAGES.read_text(), re.MULTILINE | re.DOTALL
    ):
        # Another app than the page's.
        told = example.replace("Images/Golden", "Production/Web").replace("Images/", "Production/")
        yield first_words(told), heading
        owner, _, problem = told.partition("': ")
        if problem and " " not in owner.split("'")[-1]:
            yield first_words(problem), heading


def first_words(text: str) -> str:
    return " ".join(text.split()[:6])


def search(site: Path, wanted: list[str]) -> list[list[list[str]]]:
    """Search the site by its own program, and return for each query the places found, by page, best first."""
    node = Path(sys.executable).parent / "node"
    done = subprocess.run(
        [node, Path(__file__).with_name("search.mjs"), site],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Invalid query" not in done.stderr, done.stderr
    found: list[list[list[str]]] = json.loads(done.stdout)
    return found


def test_every_message_is_found_by_its_first_six_words(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    title_of = {entry["location"]: plain(entry["title"]) for entry in index["docs"]}
    asked = list(queries())
    assert len(asked) > 120
    lost = []
    for (query, heading), found in zip(asked, search(site, [query for query, _ in asked]), strict=True):
        best = [title_of[place] for place in found[0][:3]] if found else []
        if plain(heading) not in best:
            lost.append(f"{query!r} finds {best} and not {heading!r}")
    assert not lost, "\n".join(lost)


def plain(title: str) -> str:
    """Return a heading without what marks it up."""
    return re.sub(r"<[^>]+>|[`\\]", "", title).replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").strip()


def test_search_finds_pages_by_what_they_are_about(site: Path) -> None:
    found = search(site, ["auto-disable", "terraform", "drift detection", "PassRole"])
    tops = [pages[0][0].partition("#")[0] for pages in found]
    assert tops == ["guides/scheduled.html", "migrating/terraform.html", "guides/drift.html", "security.html"]
