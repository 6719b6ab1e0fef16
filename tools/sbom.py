"""Software bill of materials of the Lambda function, in CycloneDX, for `make dist`.

Its bytes depend only on the code: it has no time, and its serial number is derived from the hash of the zip file. The
CycloneDX library always writes the time, so it is used only in the tests, for validation.
"""

import hashlib
import json
import re
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

from cdk_imagebuilder_pipeline.provider.packages import digest_of

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements" / "dev.txt"
HANDLER, MODEL, CRHELPER, BOTOCORE = "imagebuilder_pipeline_handler", "imagebuilder_model", "crhelper", "botocore"

_DATA: Final = f"{MODEL}/data/"
_HASH_IS: Final = {
    "name": "cdk-imagebuilder-pipeline:sha256-of",
    "value": "the lines of sha256sum for the component's files, by name",
}


def sbom_of(files: dict[str, bytes], archive: bytes) -> str:
    """Return the bill of materials of files, by path, and of the zip file that contains them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    purl = f"pkg:pypi/{project['name']}@{project['version']}"
    parts: dict[str, dict[str, bytes]] = {}
    for path, content in files.items():
        parts.setdefault(BOTOCORE if path.startswith(_DATA) else path.partition("/")[0], {})[path] = content
    cut = {
        "pedigree": {"notes": "extracted by tools/generate_model.py: only EC2 Image Builder, without documentation"},
        "type": "data",
    }
    components = {
        HANDLER: _component(project["version"], f"{purl}#{HANDLER}", parts[HANDLER]),
        MODEL: _component(project["version"], f"{purl}#{MODEL}", parts[MODEL]),
        CRHELPER: _from_lock(CRHELPER, "", parts[CRHELPER]),
        BOTOCORE: _from_lock(BOTOCORE, "#botocore/data", parts[BOTOCORE]) | cut,
    }
    subject = {
        "type": "application",
        "bom-ref": "function.zip",
        "name": "imagebuilder-pipeline-provider",
        "version": project["version"],
        "purl": purl,
        "licenses": [{"license": {"id": project["license"]}}],
        "hashes": _sha256(archive),
    }
    needs = {"function.zip": [HANDLER], HANDLER: [CRHELPER, MODEL], MODEL: [BOTOCORE], CRHELPER: [], BOTOCORE: []}
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{hashlib.sha256(archive).hexdigest()}").urn,
        "version": 1,
        "metadata": {"component": subject},
        "components": [{"bom-ref": name, "name": name} | component for name, component in components.items()],
        "dependencies": [{"ref": name, "dependsOn": needed} for name, needed in needs.items()],
    }
    return json.dumps(bom, indent=2) + "\n"


def _component(version: str, purl: str, files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "type": "library",
        "version": version,
        "purl": purl,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "hashes": _hash(digest_of(files)),
        "properties": [_HASH_IS],
        "components": [{"type": "file", "name": path, "hashes": _sha256(files[path])} for path in sorted(files)],
    }


def _from_lock(name: str, subpath: str, files: dict[str, bytes]) -> dict[str, Any]:
    """Describe a component from PyPI, with the hashes of its distributions in the lock."""
    lock = LOCK.read_text(encoding="utf-8")
    pinned = re.search(rf"^{name}==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{{64}})+)", lock, re.MULTILINE)
    if pinned is None:
        raise ValueError(f"{LOCK} has no pin of {name} with hashes: run make lock")
    version, hashes = pinned.groups()
    purl = f"pkg:pypi/{name}@{version}"
    distribution = {
        "type": "distribution",
        "url": purl,
        "hashes": [entry for content in re.findall("[0-9a-f]{64}", hashes) for entry in _hash(content)],
    }
    return _component(version, purl + subpath, files) | {"externalReferences": [distribution]}


def _sha256(content: bytes) -> list[dict[str, str]]:
    return _hash(hashlib.sha256(content).hexdigest())


def _hash(content: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": content}]
