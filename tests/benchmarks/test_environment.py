"""The pins of the benchmarks' own environment."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_locks_name_no_host() -> None:
    for lock in ("requirements/bench.txt", "benchmarks/package-lock.json"):
        assert "://" not in (ROOT / lock).read_text(), lock


def test_every_python_requirement_has_a_hash() -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements/bench.txt").read_text().strip())
    assert len(blocks) > 5
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_every_node_package_has_an_integrity() -> None:
    packages = json.loads((ROOT / "benchmarks/package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_measured_with_the_releases_that_the_project_is_tested_with() -> None:
    named = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)
    ours, theirs = (dict(named.findall((ROOT / f"requirements/{name}.txt").read_text())) for name in ("bench", "dev"))
    shared = ours.keys() & theirs.keys()
    assert {"boto3", "botocore", "crhelper", "aws-cdk-lib"} <= shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
