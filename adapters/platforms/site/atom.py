"""The site's Atom feed (RFC 4287): a pure function of the newest posts, so that writing it twice changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from adapters.platforms.site.page import Page
from adapters.platforms.site.settings import SiteSettings

MOST_ENTRIES = 100
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def feed(site: SiteSettings, pages: Iterable[Page]) -> bytes:
    """Return the feed, newest entry first, at most a hundred.

    Ids are derived from the post's key and the site's address; they stay when a title or an address changes.
    """
    newest = sorted(pages, key=lambda page: (page.at, page.key), reverse=True)[:MOST_ENTRIES]
    updated = newest[0].at if newest else _NEVER
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"  <title>{escape(site.heading)}</title>",
        f"  <id>{_urn(site.self_url)}</id>",
        f"  <updated>{_stamp(updated)}</updated>",
        f"  <author><name>{escape(site.heading)}</name></author>",
        f'  <link rel="self" type="application/atom+xml" href="{escape(site.self_url)}"/>',
        f'  <link rel="alternate" type="text/html" href="{escape(site.base_url)}/"/>',
        "  <generator>Drumbeat</generator>",
    ]
    for page in newest:
        lines += _entry(site, page)
    lines += ["</feed>", ""]
    return "\n".join(lines).encode()


def _entry(site: SiteSettings, page: Page) -> list[str]:
    return [
        "  <entry>",
        f"    <title>{escape(page.title)}</title>",
        f"    <id>{_urn(page.key)}</id>",
        f"    <published>{_stamp(page.at)}</published>",
        f"    <updated>{_stamp(page.at)}</updated>",
        f'    <link rel="alternate" type="text/html" href="{escape(site.url(page.path))}"/>',
        f'    <summary type="text">{escape(page.summary)}</summary>',
        "  </entry>",
    ]


def _urn(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"drumbeat:{name}").urn


def _stamp(at: datetime) -> str:
    return f"{at.year:04}-{at:%m-%dT%H:%M:%SZ}"
