"""The software bill of materials of what ships to Lambda, in CycloneDX, for `make dist`.

Its bytes depend on the code alone: it holds no time, and its serial number is made from the zip file's hash.
"""

import hashlib
import json
import re
import tomllib
import uuid
from pathlib import Path
from typing import Any, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType, Pedigree
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from cdk_imagebuilder_pipeline.shipped import digest_of

ROOT: Final = Path(__file__).parent.parent
LOCK: Final = ROOT / "requirements" / "dev.txt"
DATA: Final = "imagebuilder_model/data/"

_APACHE: Final = "Apache-2.0"
_HASH_IS: Final = Property(
    name="cdk-imagebuilder-pipeline:sha256-of", value="the lines of sha256sum for the component's files, by name"
)


def sbom_of(files: dict[str, bytes], archive: bytes) -> str:
    """Return the bill of materials of these files, by path, and of the zip file that holds them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, release = project["name"], project["version"]
    of_data = {path: content for path, content in files.items() if path.startswith(DATA)}

    def folder(package: str) -> dict[str, bytes]:
        return {path: content for path, content in files.items() if path.startswith(f"{package}/")}

    def own(package: str) -> Component:
        kept = {path: content for path, content in folder(package).items() if path not in of_data}
        return _component(package, kept, PackageURL("pypi", name=name, version=release, subpath=package))

    handler, model = own("imagebuilder_pipeline_handler"), own("imagebuilder_model")
    crhelper = _from_lock("crhelper", folder("crhelper"))
    botocore = _from_lock("botocore", of_data, subpath="botocore/data")
    botocore.type = ComponentType.DATA
    botocore.pedigree = Pedigree(notes="cut by tools/generate_model.py: only EC2 Image Builder, and no prose")
    subject = Component(
        type=ComponentType.APPLICATION,
        name="imagebuilder-pipeline-provider",
        version=release,
        bom_ref="function.zip",
        purl=PackageURL("pypi", name=name, version=release),
        licenses=[LicenseFactory().make_from_string(project["license"])],
        hashes=[_sha256(archive)],
    )
    bom = Bom(
        components=[handler, model, crhelper, botocore],
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{hashlib.sha256(archive).hexdigest()}"),
    )
    bom.metadata.component = subject
    bom.register_dependency(subject, [handler])
    bom.register_dependency(handler, [model, crhelper])
    bom.register_dependency(model, [botocore])
    return _without_time(JsonV1Dot6(bom).output_as_string())


def _from_lock(name: str, files: dict[str, bytes], subpath: str | None = None) -> Component:
    """Describe a component of PyPI. Its distributions' hashes are the lock's, so that others can be found by them."""
    pinned = re.search(rf"^{name}==(\S+) (?:\\\n +--hash=sha256:[0-9a-f]+ ?)+", LOCK.read_text("utf-8"), re.MULTILINE)
    if pinned is None:
        raise ValueError(f"{LOCK} has no pin of {name} with hashes: run make lock")
    package = PackageURL("pypi", name=name, version=pinned[1])
    component = _component(name, files, PackageURL("pypi", name=name, version=pinned[1], subpath=subpath))
    component.external_references.add(
        ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(package.to_string()),
            hashes=[
                HashType(alg=HashAlgorithm.SHA_256, content=value) for value in re.findall(":([0-9a-f]{64})", pinned[0])
            ],
        )
    )
    return component


def _component(name: str, files: dict[str, bytes], purl: PackageURL) -> Component:
    return Component(
        name=name,
        version=purl.version,
        bom_ref=name,
        purl=purl,
        licenses=[LicenseFactory().make_from_string(_APACHE)],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest_of(files))],
        properties=[_HASH_IS],
        components=[
            Component(type=ComponentType.FILE, name=path, bom_ref=path, hashes=[_sha256(content)])
            for path, content in files.items()
        ],
    )


def _sha256(content: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())


def _without_time(text: str) -> str:
    # The library always writes when it ran; the format does not ask for it.
    bom: dict[str, Any] = json.loads(text)
    del bom["metadata"]["timestamp"]
    return json.dumps(bom, indent=2, sort_keys=True) + "\n"
