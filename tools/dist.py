"""Build the provider for plain CloudFormation templates: `python -m tools.dist [FOLDER]`, or `make dist`.

The folder is ready for `aws cloudformation package` and `deploy`, which require only the AWS CLI. The build is
reproducible: on any machine and day, the folder has the same bytes.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

from tools.provider_template import provider_template
from tools.readable import to_yaml
from tools.sbom import sbom_of

from cdk_imagebuilder_pipeline.provider.asset import copy_packages, shipped_files

FOLDER = Path("dist") / "imagebuilder-pipeline-provider"
TEMPLATE, CODE, SBOM = "provider.yaml", "function.zip", "function.cdx.json"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a zip archive
_UNIX, _MODE = 3, 0o100644


def main(folder: Path) -> None:
    """Write the template, the function's code, and its software bill of materials."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        code = Path(temporary) / "code"
        copy_packages(code)
        write_zip(code, folder / CODE)
        template = provider_template(Path(temporary) / "cdk.out", CODE)
    (folder / TEMPLATE).write_text(to_yaml(template), encoding="utf-8")
    (folder / SBOM).write_text(sbom_of(shipped_files(), (folder / CODE).read_bytes()), encoding="utf-8")
    for name in (TEMPLATE, CODE, SBOM):
        print(f"wrote {folder / name}, {(folder / name).stat().st_size:,} bytes")


def write_zip(source: Path, target: Path) -> None:
    """Write the files of a folder, uncompressed: the output of zlib differs between its builds."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
