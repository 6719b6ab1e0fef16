"""Make the pictures of the page in the docs, from the page of a real local cloud: `python -m tools.screenshots`.

It deploys the example app, builds its image, and deploys an update that fails. It needs the CDK CLI and a Chromium.
"""

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from app import GoldenImage
from tools.browser import Browser, browser

from imagebuilder_local.cdk import Cdk
from imagebuilder_local.cloud import LocalCloud

ROOT: Final = Path(__file__).parents[1]
IMAGES: Final = ROOT / "docs" / "images"
MOST_BYTES: Final = 150_000
"""What a picture may have: the docs load it with the page."""

PICTURES: Final = {
    "page-light.png": (1280, 640, "light"),
    "page-dark.png": (1280, 640, "dark"),
    "page-phone.png": (360, 760, "light"),
}
"""Width, height and colour scheme of each picture."""

MISTAKE: Final = {"Schedule.ScheduleExpression": "cron(0 6 ? * SUN)"}
"""A property of the update that fails: a field is missing."""


def main(folder: Path = IMAGES) -> None:
    """Write the pictures to a folder."""
    (ROOT / ".local").mkdir(exist_ok=True)
    os.environ["IMAGEBUILDER_LOCAL_SECONDS_PER_STATE"] = "0.1"  # the image is there when the pictures are taken
    with tempfile.TemporaryDirectory(dir=ROOT / ".local") as temporary:
        cloud = LocalCloud(Path(temporary) / "cloud")
        state = cloud.start()
        try:
            _deploy(Cdk(cloud, Path(temporary), ROOT))
            with browser(Path(temporary)) as tab:
                tab.open(state.page)
                tab.wait_for("document.querySelectorAll('article.deployment').length > 1")
                for name, (width, height, scheme) in PICTURES.items():
                    tab.emulate(width, scheme, height=height)
                    _write(folder / name, tab)
        finally:
            cloud.stop()


def _deploy(cdk_cli: Cdk) -> None:
    cdk_cli.bootstrap()
    cdk_cli.deploy(_app(cdk_cli.folder / "good", "Amazon Linux, patched weekly"))
    image_builder = cdk_cli.client("imagebuilder")
    (pipeline,) = image_builder.list_image_pipelines()["imagePipelineList"]
    image_builder.start_image_pipeline_execution(imagePipelineArn=pipeline["arn"])
    image_builder.close()
    cdk_cli.fail_to_deploy(_app(cdk_cli.folder / "bad", "Amazon Linux, hardened", MISTAKE))


def _app(folder: Path, description: str, overrides: Mapping[str, Any] | None = None) -> cdk.App:
    """Return the example app, with properties of the pipeline overridden in its template."""
    app = cdk.App(outdir=str(folder), context={"aws:cdk:enable-path-metadata": True})  # as the CDK CLI does
    stack = GoldenImage(app, "GoldenImage", description=description)
    resource = stack.node.find_child("Pipeline").node.find_child("Resource")
    assert isinstance(resource, cdk.CfnResource)  # noqa: S101
    for name, value in (overrides or {}).items():
        resource.add_property_override(name, value)
    return app


def _write(file: Path, tab: Browser) -> None:
    time.sleep(0.5)  # for the layout to settle
    picture = tab.picture()
    if len(picture) > MOST_BYTES:
        sys.exit(f"{file.name} has {len(picture)} bytes, allowed are {MOST_BYTES}: show less")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    print(f"{file.relative_to(ROOT)}: {len(picture)} bytes")


if __name__ == "__main__":
    main()
