"""The page's scripts outside a browser: node runs them over as much of the DOM as they need to make elements."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from support.cdk import ROOT


def called(folder: Path, module: str, function: str, *arguments: Any) -> Any:
    """Return what a function of a script returns, an element as XML. `folder` is for a copy of the scripts."""
    copy = folder / "page"
    if not copy.exists():
        shutil.copytree(str(files("imagebuilder_local.page") / "files"), copy)
        (copy / "package.json").write_text('{"type": "module"}')  # as the page's script element says
    command = ["node", str(ROOT / "tests/support/rendering.mjs"), str(copy), module, function]
    done = subprocess.run(command, input=json.dumps(arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rendered(folder: Path, module: str, function: str, item: Any) -> ET.Element:
    """Return the element that a function of a script makes of an item."""
    return ET.fromstring(called(folder, module, function, item))  # noqa: S314 (printed by the page's own scripts)


def text(element: ET.Element) -> str:
    """Return the text of an element, with one space between the texts of its parts."""
    return " ".join(" ".join(element.itertext()).split())
