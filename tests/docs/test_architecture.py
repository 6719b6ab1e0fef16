"""The diagrams of the architecture: the function makes the very calls that they show."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support.cloudformation import Resource
from support.environment import new_handler
from support.tls import secure_responses

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def sequence() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sequence", ROOT / "docs" / "hooks" / "sequence.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def description(heading: str) -> str:
    found = re.search(rf"^## {heading}\n.*?^```sequence\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def drawn_calls(sequence: ModuleType, heading: str) -> list[str]:
    """Return the operations that the function calls in a diagram."""
    drawn = [s.text for s in sequence.steps(description(heading)) if s.to == "Image Builder" and not s.is_answer]
    assert drawn
    return drawn


@pytest.fixture
def service() -> ImageBuilder:
    service = ImageBuilder()
    for kind in ("image-recipe/golden/1.0.0", "infrastructure-configuration/golden"):
        service.register(service.arn(kind))
    return service


@pytest.fixture
def resource(service: ImageBuilder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resource]:
    """A resource of a stack, between CloudFormation's side and the emulator."""
    for name, value in {
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with ImageBuilderServer(service) as server, secure_responses() as responses:
        monkeypatch.setenv("AWS_ENDPOINT_URL_IMAGEBUILDER", server.url)
        yield Resource(new_handler(), responses)


@pytest.fixture
def golden(service: ImageBuilder) -> dict[str, str]:
    return {
        "Name": "golden",
        "ImageRecipeArn": service.arn("image-recipe/golden/1.0.0"),
        "InfrastructureConfigurationArn": service.arn("infrastructure-configuration/golden"),
    }


def calls(service: ImageBuilder) -> list[str]:
    return [call.operation for call in service.calls()]


def test_create_is_as_drawn(
    sequence: ModuleType, resource: Resource, service: ImageBuilder, golden: dict[str, str]
) -> None:
    answer = resource.create(**golden)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", service.arn("image-pipeline/golden"))
    assert calls(service) == drawn_calls(sequence, "A Create")


def test_lost_answer_is_as_drawn(
    sequence: ModuleType, resource: Resource, service: ImageBuilder, golden: dict[str, str]
) -> None:
    service.inject("CreateImagePipeline", ["reply lost"])
    assert resource.create(**golden)["Status"] == "SUCCESS"
    assert calls(service) == drawn_calls(sequence, "A lost answer")
    assert len({call.request["clientToken"] for call in service.calls()}) == 1
    assert len(service.pipelines()) == 1


def test_rename_is_as_drawn(
    sequence: ModuleType, resource: Resource, service: ImageBuilder, golden: dict[str, str]
) -> None:
    old = resource.create(**golden)["PhysicalResourceId"]
    before = len(service.calls())
    new = resource.update(**golden | {"Name": "golden-web"})["PhysicalResourceId"]
    assert new != old
    # CloudFormation deletes the old one, with the properties that it had.
    resource.properties = golden
    assert resource.delete(old)["Status"] == "SUCCESS"
    assert calls(service)[before:] == drawn_calls(sequence, "A rename")
    assert [pipeline["arn"] for pipeline in service.pipelines()] == [new]


def test_line_that_is_no_step_is_refused(sequence: ModuleType) -> None:
    with pytest.raises(ValueError, match="not a step of a sequence: 'A => B'"):
        sequence.steps("A -> B: call\nA => B")


def test_drawing_shows_participants_steps_and_what_is_lost(sequence: ModuleType) -> None:
    svg = sequence.svg("A -> B: one & two\nB --x A: gone\nA: thinks\n")
    assert svg.count('class="name"') == 2
    assert "one &amp; two" in svg
    assert svg.count('class="lost"') == 1
    assert svg.count('class="head"') == 1
    assert svg.count('class="note"') == 1
    assert "\n" not in svg
