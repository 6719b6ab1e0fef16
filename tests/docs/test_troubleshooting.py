"""Symptoms on the page of troubleshooting are found by what somebody pastes, and are in the words of the programs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.test_site import plain, search

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^### ([^\n]+)\n\n```\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
CDK = (ROOT / "node_modules" / "aws-cdk" / "lib" / "index.js").read_text(encoding="utf-8")


def test_each_section_shows_its_symptom() -> None:
    assert len(SECTIONS) == len(re.findall(r"^### ", PAGE, re.MULTILINE)) > 12


def test_symptom_that_is_pasted_finds_its_section(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    title_of = {entry["location"]: plain(entry["title"]) for entry in index["docs"]}
    # Another port, account, Region and stack than the page's.
    pasted = [symptom.replace("35165", "41111").replace("111122223333", "444455556666") for _, symptom in SECTIONS]
    found = search(site, [" ".join(symptom.split()[:6]) for symptom in pasted])
    lost = []
    for (heading, _), places in zip(SECTIONS, found, strict=True):
        best = [title_of[place] for page in places[:3] for place in page[:3]]
        if plain(heading) not in best:
            lost.append(f"{heading!r}: {best}")
    assert lost == []


@pytest.mark.parametrize(
    "words",
    [
        "Unable to resolve AWS account to use. It must be either configured when you define your CDK Stack, or through the environment",
        "Need to perform AWS calls for account",
        "no credentials have been configured",
        "Has the environment been bootstrapped? Please run 'cdk bootstrap'",
        "You may need to delete it from the AWS console",
        "may be replaced",
    ],
)
def test_words_are_those_of_the_cdk_cli(words: str) -> None:
    assert words in PAGE
    assert words in CDK


def test_resources_of_the_first_deployment_are_those_of_the_app(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guides" / "first-deploy.md").read_text(encoding="utf-8")
    script = (
        f"import aws_cdk, app; a = aws_cdk.App(outdir={str(tmp_path)!r}); app.GoldenImage(a, 'GoldenImage'); a.synth()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    resources = json.loads((tmp_path / "GoldenImage.template.json").read_text(encoding="utf-8"))["Resources"].values()
    table = "\n".join(re.findall(r"^\| `.*$", page, re.MULTILINE))
    assert {resource["Type"] for resource in resources} - {"AWS::CDK::Metadata"} == set(
        re.findall(r"`([A-Z]\w+::[\w:]+)`", table.replace("behind `Custom::ImagePipeline`", ""))
    )
