"""For mkdocs: the page's colours, links to what is outside docs/ as plain words, the language of each page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PALETTE = ROOT / "src/sparring/page/static/palette.css"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Called by mkdocs once: the one table of colours comes along."""
    files.append(File.generated(config, PALETTE.name, content=PALETTE.read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page: the code that it quotes is not part of the site."""
    folder = (DOCS / page.file.src_uri).parent

    def inside(found: re.Match[str]) -> str:
        leaves = not (folder / found[2]).resolve().is_relative_to(DOCS)
        return f"`{found[1]}`" if leaves else found[0]

    return LINK.sub(inside, markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page: which language it is in, for the browser's choice of signs."""
    chinese = "/zh/" in page.file.src_uri
    return output.replace('<html lang="en"', '<html lang="zh-Hans"', 1) if chinese else output
