"""For mkdocs: links from a page to files outside docs/ (the code it quotes) become plain words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page."""
    folder = (DOCS / page.file.src_uri).parent

    def inside(found: re.Match[str]) -> str:
        leaves = not (folder / found[2]).resolve().is_relative_to(DOCS)
        return f"`{found[1]}`" if leaves else found[0]

    return LINK.sub(inside, markdown)
