"""What an editor shows: each public thing says what it is, each prop its default, each limit its number and unit."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

import cdk_imagebuilder_pipeline as library
from cdk_imagebuilder_pipeline import ImagePipelineProps, ImagePipelineProvider
from cdk_imagebuilder_pipeline.request import PROP_OF_MEMBER
from imagebuilder_model import Shape, load_model

ROOT = Path(inspect.getfile(library)).parent
SOURCES = sorted(ROOT.rglob("*.py"))


def attribute_docstrings(owner: ast.ClassDef) -> dict[str, str | None]:
    """Return the docstring under each annotated attribute of a class: what editors show for it."""
    found: dict[str, str | None] = {}
    for statement, after in zip(owner.body, [*owner.body[1:], None], strict=True):
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
            case ast.AnnAssign(target=ast.Name(id=name)), _:
                found[name] = None
            case _:
                pass
    return {name: text for name, text in found.items() if not name.startswith("_")}


def classes() -> dict[str, ast.ClassDef]:
    trees = [ast.parse(source.read_text(encoding="utf-8")) for source in SOURCES]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


CLASSES = classes()
PUBLIC = {name: CLASSES[name] for name in library.__all__}
FIELDS = [
    pytest.param(owner, name, text, id=f"{owner}.{name}")
    for owner, tree in PUBLIC.items()
    for name, text in attribute_docstrings(tree).items()
]


@pytest.mark.parametrize("name", library.__all__)
def test_public_class_and_each_of_its_methods_has_a_docstring(name: str) -> None:
    tree = PUBLIC[name]
    without = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert ast.get_docstring(tree)
    assert without == []


@pytest.mark.parametrize(("owner", "name", "text"), FIELDS)
def test_public_field_has_a_docstring(owner: str, name: str, text: str | None) -> None:
    assert text, f"{owner}.{name}"


@pytest.mark.parametrize(("owner", "name", "text"), FIELDS)
def test_field_that_may_be_left_out_says_its_default(owner: str, name: str, text: str | None) -> None:
    kind: Any = getattr(library, owner)
    optional = (
        {f.name for f in fields(kind) if f.default is not MISSING} if hasattr(kind, "__dataclass_fields__") else set()
    )
    if getattr(kind, "__total__", True) is False:
        optional = set(kind.__annotations__)
    if name in optional:
        assert re.search(r"\bDefault\b", text or ""), f"{owner}.{name}"


def test_each_option_of_the_provider_is_described_with_its_default() -> None:
    text = inspect.getdoc(ImagePipelineProvider.__init__) or ""
    options = list(inspect.signature(ImagePipelineProvider.__init__).parameters)[3:]
    lines = " ".join(text.split()).split(" - ")[1:]
    assert [name for name in options if not any(f"`{name}`" in line and "Default" in line for line in lines)] == []


def numbers(text: str) -> set[int]:
    return {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", text)}


def members(shape_name: str) -> Iterator[tuple[str, Shape]]:
    """Yield each member of a structure, and of what is in it, with its shape."""
    model = load_model()
    shape = model.shapes[shape_name]
    for name, member in shape.members.items():
        yield name, model.shapes[member.shape]
        yield from members(member.shape)
    if shape.element:
        yield from members(shape.element)


LIMITS = sorted(
    {
        (PROP_OF_MEMBER[name], shape.maximum)
        for name, shape in members("CreateImagePipelineRequest")
        if PROP_OF_MEMBER.get(name) and shape.maximum is not None and not name.endswith("Arn")
    }
)
"""The most of each prop that has one. That of an ARN is in its pattern, which nobody types by hand."""


@pytest.mark.parametrize(("prop", "maximum"), LIMITS)
def test_limit_of_the_model_stands_in_the_docstring_of_its_prop(prop: str, maximum: int) -> None:
    texts = [
        text or "" for tree in PUBLIC.values() for name, text in attribute_docstrings(tree).items() if name == prop
    ]
    assert maximum in numbers(" ".join(texts))


def test_limits_are_found_in_the_model() -> None:
    assert {("description", 1024), ("image_tests_timeout", 1440), ("auto_disable_failure_count", 10)} <= set(LIMITS)


def test_props_are_read_from_the_class_that_users_hover_over() -> None:
    assert set(attribute_docstrings(PUBLIC["ImagePipelineProps"])) == {
        field.name for field in fields(ImagePipelineProps)
    }
