"""The home page shows what somebody will see: the page of the local cloud, and an error at synth."""

import re
import struct
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_imagebuilder_pipeline import ImagePipeline, ImagePipelineSchedule

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "index.md").read_text(encoding="utf-8")


def test_error_is_the_one_that_synth_reports() -> None:
    with pytest.raises(ValueError, match="2 problems") as error:
        ImagePipeline(
            cdk.Stack(cdk.App(), "GoldenImage"),
            "Pipeline",
            recipe="arn:aws:imagebuilder:eu-west-1:111122223333:image-recipe/golden/1.0.0",
            infrastructure_configuration="arn:aws:imagebuilder:eu-west-1:111122223333:infrastructure-configuration/golden",
            description="",
            schedule=ImagePipelineSchedule(expression="cron(0 25 ? * SUN *)"),
        )
    assert f"\n```\n{error.value}\n```\n" in PAGE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_of_the_local_cloud_is_shown_in_the_scheme_of_the_reader(scheme: str, site: Path) -> None:
    (path,) = re.findall(rf"\((\S+)#gh-{scheme}-mode-only\)", PAGE)
    header = (DOCS / path).read_bytes()[:24]
    width, height = struct.unpack(">II", header[16:])
    assert (header[:8], width) == (b"\x89PNG\r\n\x1a\n", 1280)
    assert height < width
    assert f'src="{path}#gh-{scheme}-mode-only"' in (site / "index.html").read_text(encoding="utf-8")


def test_every_new_reader_finds_the_first_pages() -> None:
    links = set(re.findall(r"\]\(([^)#]+\.md)", PAGE))
    assert {
        "guides/local-cloud.md",
        "guides/first-deploy.md",
        "troubleshooting.md",
        "cost.md",
        "emulator.md",
        "types.md",
    } <= links
