"""The page of beliefs and the script know the same probes."""

import re

from support.cdk import ROOT
from tools.smoke_aws import trail
from tools.smoke_aws.probes import PROBES
from tools.smoke_aws.run import BUILDS, NAMES
from tools.smoke_aws.stacks import STACKS

PAGE = (ROOT / "docs" / "unverified.md").read_text(encoding="utf-8")


def named() -> set[str]:
    """Return the names in the last cell of each row."""
    cells = [row.rstrip(" |").rpartition("|")[2] for row in PAGE.splitlines() if row.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_row_names_a_probe_of_the_script_and_every_probe_has_a_row() -> None:
    assert named() == set(NAMES)


def test_stacks_are_called_stacks_and_probes_are_not() -> None:
    assert set(re.findall(r"stack `([^`]+)`", PAGE)) == set(STACKS)
    assert set(NAMES) - set(STACKS) == {*PROBES, trail.PROBE, *BUILDS}


def test_page_leads_to_how_they_are_run() -> None:
    assert "(smoke.md)" in PAGE
    assert "(unverified.md)" in (ROOT / "docs" / "smoke.md").read_text(encoding="utf-8")
