"""MkDocs hooks that render diagrams, include files of the repository, and complete the navigation."""

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
TAKEN_IN: Final = "repository"
"""Folder of the site for repository files that pages link to."""

_LINK: Final = re.compile(r"(?<=\]\()([^)#\s]+)")
_REASON: Final = re.compile(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
_REASONS_HERE: Final = "<!-- reasons -->"
_DIAGRAM: Final = re.compile(r"^```sequence\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add each decision to the navigation."""
    (how_it_works,) = (part["How it works"] for part in config.nav or [] if "How it works" in part)
    decisions: Any = [path.relative_to(DOCS).as_posix() for path in sorted((DOCS / "adr").glob("*.md"))]
    how_it_works.append({"Decisions": decisions})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add files outside of docs/ that pages link to, so that the site is complete without the repository."""
    waiting = [Path(file.abs_src_path) for file in files.documentation_pages() if file.abs_src_path]
    while waiting:
        source = waiting.pop()
        for link in _LINK.findall(source.read_text(encoding="utf-8")):
            target = _outside(source, link)
            if target is None or files.get_file_from_path(_place(target)) is not None:
                continue
            new = [target]
            if target.is_dir():
                files.append(File.generated(config, _place(target), content=_listing(target)))
                new = [path for path in target.iterdir() if path.is_file()]
            for path in new:
                if files.get_file_from_path(_place(path)) is None:
                    files.append(File.generated(config, _place(path), abs_src_path=str(path)))
                    waiting += [path] if path.suffix == ".md" else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (MkDocs names them)
    """Render the diagrams of a page, and change its links to repository files to their paths in the site."""
    inside = page.file.src_uri.removeprefix(f"{TAKEN_IN}/")
    source = (DOCS if inside == page.file.src_uri else ROOT) / inside

    def turned(link: re.Match[str]) -> str:
        target = _outside(source, link[1])
        return link[1] if target is None else os.path.relpath(_place(target), Path(page.file.src_uri).parent)

    # Code blocks stay unchanged.
    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.MULTILINE | re.DOTALL)
    parts = [part if part.startswith("```") else _LINK.sub(turned, part) for part in parts]
    drawn = _DIAGRAM.sub(lambda diagram: _sequence().svg(diagram[1]), "".join(parts))
    return drawn.replace(_REASONS_HERE, _reasons())


def _reasons() -> str:
    """Return a section for each reason in the table, because the search finds sections but not rows."""
    rows = _REASON.findall((DOCS / "reasons.md").read_text(encoding="utf-8"))
    return "\n\n".join(f"### {code}: {means}\n\nFix: {do}." for code, means, do in rows)


def _outside(source: Path, link: str) -> Path | None:
    """Return the target of a link to a file or folder of the repository, None for any other link."""
    if "://" in link or link.startswith("mailto:"):
        return None
    target = (source.parent / link).resolve()
    if not target.is_relative_to(ROOT) or not target.exists():
        return None
    # MkDocs itself follows links within docs/.
    return None if source.is_relative_to(DOCS) and target.is_relative_to(DOCS) else target


def _place(target: Path) -> str:
    """Return the path of a repository file in the site."""
    if target.is_relative_to(DOCS):
        inside = target.relative_to(DOCS).as_posix()
        return f"{inside}/0001-one-service-model.md" if inside == "adr" else inside
    inside = f"{TAKEN_IN}/{target.relative_to(ROOT).as_posix()}"
    if target.is_dir():
        return f"{inside}.md"
    # Python files are served as text, so that browsers show them instead of downloading them.
    return f"{inside}.txt" if target.suffix == ".py" else inside


def _listing(folder: Path) -> str:
    """Return a page that lists the files of a folder."""
    here = Path(_place(folder)).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    links = [f"- [{path.name}]({os.path.relpath(_place(path), here)})" for path in files]
    return "\n".join([f"# {folder.name}", "", *links])


def _sequence() -> ModuleType:
    """Return the module that renders diagrams. MkDocs loads hooks by path, so they are not in a package."""
    name = "docs_hooks_sequence"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("sequence.py"))
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(name)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
