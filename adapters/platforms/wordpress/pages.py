"""What a post becomes on a WordPress site: its slug, which is also how it is found again, and its HTML."""

from __future__ import annotations

import html
import re
import unicodedata

from markdown_it import MarkdownIt

from adapters.keys import digest
from adapters.measures import LINK
from adapters.platforms.wordpress.settings import WordPressSettings
from engine.domain.items import Image
from engine.domain.publication import Post

_MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
_LONGEST_SLUG = 60


def slug(post: Post) -> str:
    """Return the post's slug: readable words, then a digest of its key, so that no other post has it."""
    plain = unicodedata.normalize("NFKD", post.item.title or post.item.id).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower())[:_LONGEST_SLUG].strip("-")
    return f"{words}-{digest(post.key, 12)}" if words else digest(post.key, 12)


def media_slug(image: Image) -> str:
    """Return the slug of an uploaded image: the same file is uploaded once, whoever posts it."""
    return f"drumbeat-{image.sha256[:24]}"


def term_slug(name: str) -> str:
    """Return what WordPress itself would make of a tag's name, for ASCII names; others are looked for by name."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")


def content(settings: WordPressSettings, post: Post, pictures: list[tuple[str, str]]) -> str:
    """Return the post's HTML: the body, its link if the body does not hold it, then pictures (address and words)."""
    body = post.item.body if settings.format == "html" else _MARKDOWN.render(post.item.body)
    parts = [body.strip()]
    link = (post.item.link or "").strip()
    if link and link not in post.item.body:
        shown = html.escape(link, quote=True)
        parts.append(f'<p><a href="{shown}">{shown}</a></p>' if LINK.fullmatch(link) else f"<p>{shown}</p>")
    for address, words in pictures:
        parts.append(
            f'<figure class="wp-block-image"><img src="{html.escape(address, quote=True)}" '
            f'alt="{html.escape(words, quote=True)}"/></figure>'
        )
    return "\n".join(part for part in parts if part)
