"""Apps that are synthesised in the tests' process, where the CDK is loaded, for the CDK CLI to take the assembly."""

import runpy
from contextlib import chdir
from pathlib import Path
from typing import Final

SETTINGS: Final = '{"app": "cdk.out"}'
"""The cdk.json of a folder whose app is synthesised."""


def synthesise(folder: Path, app: str) -> None:
    """Write the text of an app into a folder and synthesise it to `cdk.out`. It has the line `app = cdk.App()`."""
    file = folder / "app.py"
    # The CDK's own process has another working directory.
    file.write_text(app.replace("app = cdk.App()", f"app = cdk.App(outdir={str(folder / 'cdk.out')!r})"))
    with chdir(folder):
        runpy.run_path(str(file))
