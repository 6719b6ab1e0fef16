"""How many bytes are uploaded for the function."""

import io
import zipfile
from pathlib import Path
from typing import Final

from imagebuilder_bench.bench import Bench
from imagebuilder_bench.figure import Figure, Goal, Table, number
from imagebuilder_bench.functions import AWS_CUSTOM_RESOURCE, OURS, PROVIDER
from imagebuilder_bench.stats import Sample
from imagebuilder_bench.svg import bars

_NAMES: Final = (OURS, AWS_CUSTOM_RESOURCE, PROVIDER)
_MOST: Final = 60_000
_WHY_LARGER: Final = (
    "The Provider framework's asset only invokes a second function, which its user writes and uploads as well: it has "
    "no client, no validation and no service model in it."
)


def measure(bench: Bench) -> Figure:
    """Zip each asset."""
    sizes = {name: _zipped(bench.functions[name].folder) for name in _NAMES}
    rows = tuple(
        (
            name,
            f"{size:,}",
            f"{_unpacked(bench.functions[name].folder):,}",
            "" if name == OURS else number(sizes[OURS] / size),
        )
        for name, size in sizes.items()
    )
    return Figure(
        id="asset",
        title="Asset",
        how="The function's synthesised asset, zipped as uploads are (deflate). One run: nothing in it varies.",
        tables=(Table(("", "zipped, bytes", "unpacked, bytes", "ours ÷ this"), rows),),
        goals=(
            Goal("at most 60 kB", sizes[OURS] / 1000, _MOST / 1000, "The function has grown.", "kB"),
            Goal("smaller than AwsCustomResource's", sizes[OURS] / sizes[AWS_CUSTOM_RESOURCE], 1.0, _WHY_LARGER),
            Goal("smaller than the Provider framework's", sizes[OURS] / sizes[PROVIDER], 1.0, _WHY_LARGER),
        ),
        pictures={
            "asset.svg": bars("Zipped asset", {name: Sample((size,)) for name, size in sizes.items()}, "kB", 0.001, 1)
        },
        values={name: float(size) for name, size in sizes.items()},
    )


def _zipped(folder: Path) -> int:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(folder):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(content.getvalue())


def _unpacked(folder: Path) -> int:
    return sum(file.stat().st_size for file in _files(folder))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())
