"""Report whether the newest botocore has changes to the pipeline API since the committed model: `make model-check`.

It runs weekly in a separate workflow and not in the test suite, since a release by AWS must not fail the tests of an
unrelated change. Without a package index it reports nothing and does not fail.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.generate_model import API_VERSION, SERVICE, TARGET, generate
from tools.model_source import SourceError, newest_wheel, version_of

_MODEL = f"{SERVICE}/{API_VERSION}/service-2.json"


def changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Yield each operation and shape that differs between two models."""
    for section in ("operations", "shapes"):
        before, after = old[section], new[section]
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                change = "new" if name not in before else "gone" if name not in after else "changed"
                yield f"{change} in {section}: {name}"


def main() -> int:
    """Return the exit code: 1 if the newest model differs."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = newest_wheel(Path(folder))
        except SourceError as error:
            print(f"skipped: {error}")
            return 0
        newest, version = json.loads(generate(wheel)[_MODEL]), version_of(wheel)
    found = list(changes(json.loads((TARGET / _MODEL).read_text(encoding="utf-8")), newest))
    if not found:
        print(f"botocore {version} has the committed model")
        return 0
    print("\n".join([f"botocore {version} has another model: make model VERSION={version}", *found]))
    return 1


if __name__ == "__main__":
    sys.exit(main())
