"""Markdown as HTML for places that show HTML: CommonMark with tables, and every HTML in the text made harmless."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt


@cache
def _parser() -> MarkdownIt:
    # Of addresses it lets through those that are safe in a link, so no javascript: and no data:.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return parser.enable("table").enable("strikethrough")


def html_of(markdown: str) -> str:
    """Return the text as HTML without scripts, styles or raw HTML, or an empty text for an empty one."""
    rendered: str = _parser().render(markdown)
    return rendered.strip()
