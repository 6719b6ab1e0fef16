"""The software bill of materials of the function: valid CycloneDX, and true of the zip file beside it."""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from packageurl import PackageURL
from support.author import ROOT

COMPONENTS = {"botocore", "crhelper", "imagebuilder_model", "imagebuilder_pipeline_handler"}


@pytest.fixture
def sbom(dist: Path) -> dict[str, Any]:
    return dict(json.loads((dist / "function.cdx.json").read_text(encoding="utf-8")))


def files_of(component: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of each file of a component."""
    return {file["name"]: sha256_of(file) for file in component["components"]}


def sha256_of(component: dict[str, Any]) -> str:
    (found,) = [entry["content"] for entry in component["hashes"] if entry["alg"] == "SHA-256"]
    return str(found)


def test_sbom_is_valid_by_the_schema_and_a_broken_one_is_not(dist: Path) -> None:
    # Not at the top: every process that collects the tests would take 2.5 s to import it.
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (dist / "function.cdx.json").read_text(encoding="utf-8")
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"SHA-256"', '"SHA-257"')) is not None


def test_every_file_of_the_zip_is_in_one_component_with_its_hash(dist: Path, sbom: dict[str, Any]) -> None:
    with zipfile.ZipFile(dist / "function.zip") as archive:
        zipped = sorted((name, hashlib.sha256(archive.read(name)).hexdigest()) for name in archive.namelist())
    listed = [item for component in sbom["components"] for item in files_of(component).items()]
    assert sorted(listed) == zipped


def test_sbom_is_of_the_zip_beside_it(dist: Path, sbom: dict[str, Any]) -> None:
    subject = sbom["metadata"]["component"]
    assert sha256_of(subject) == hashlib.sha256((dist / "function.zip").read_bytes()).hexdigest()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert subject["version"] == project["version"]
    assert subject["purl"] == f"pkg:pypi/{project['name']}@{project['version']}"


def test_each_component_has_purl_version_hash_and_licence(sbom: dict[str, Any]) -> None:
    components = {component["name"]: component for component in sbom["components"]}
    assert components.keys() == COMPONENTS
    for name, component in components.items():
        assert component["licenses"] == [{"license": {"id": "Apache-2.0"}}], name
        purl = PackageURL.from_string(component["purl"])
        assert purl.version == component["version"], name
        # What sha256sum prints for the files, in the order of their names.
        lines = "".join(f"{digest}  {file}\n" for file, digest in sorted(files_of(component).items()))
        assert sha256_of(component) == hashlib.sha256(lines.encode()).hexdigest(), name


@pytest.mark.parametrize("name", ["botocore", "crhelper"])
def test_component_from_elsewhere_is_the_pinned_one(name: str, sbom: dict[str, Any]) -> None:
    (component,) = [component for component in sbom["components"] if component["name"] == name]
    assert component["version"] == version(name)
    purl = PackageURL.from_string(component["purl"])
    assert (purl.type, purl.name, purl.version) == ("pypi", name, version(name))
    (pinned,) = re.findall(rf"^{name}==(?:.+\\\n)+.+$", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)
    (distribution,) = component["externalReferences"]
    assert {entry["content"] for entry in distribution["hashes"]} == set(re.findall(r"sha256:([0-9a-f]{64})", pinned))


def test_components_depend_as_the_code_imports(sbom: dict[str, Any]) -> None:
    names = {component["bom-ref"]: component["name"] for component in sbom["components"]}
    names[sbom["metadata"]["component"]["bom-ref"]] = "the zip"
    graph = {names[entry["ref"]]: {names[ref] for ref in entry.get("dependsOn", [])} for entry in sbom["dependencies"]}
    assert graph == {
        "the zip": {"imagebuilder_pipeline_handler"},
        "imagebuilder_pipeline_handler": {"crhelper", "imagebuilder_model"},
        "imagebuilder_model": {"botocore"},
        "crhelper": set(),
        "botocore": set(),
    }


def test_command_of_the_docs_accepts_the_zip_and_refuses_a_changed_one(dist: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    (commands,) = [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "sha256sum" in block]
    for folder, change in (("intact", b""), ("changed", b"import os\n")):
        shutil.copytree(dist, tmp_path / folder)
        with zipfile.ZipFile(dist / "function.zip") as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        contents["crhelper/utils.py"] += change
        with zipfile.ZipFile(tmp_path / folder / "function.zip", "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
    verify = ["sh", "-ec", commands]
    assert subprocess.run(verify, cwd=tmp_path / "intact", capture_output=True, check=False).returncode == 0
    done = subprocess.run(verify, cwd=tmp_path / "changed", capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "crhelper/utils.py: FAILED" in done.stdout


def test_sbom_holds_no_time_and_no_place(dist: Path, sbom: dict[str, Any]) -> None:
    assert "timestamp" not in sbom["metadata"]
    assert str(ROOT) not in (dist / "function.cdx.json").read_text(encoding="utf-8")
