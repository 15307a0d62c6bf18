"""One post as a Markdown file with front matter that Hugo and Jekyll both read; written and read back here."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import yaml

from adapters.platforms.site.names import clean_line, clean_text, headline, page_slug
from adapters.platforms.site.settings import SiteSettings
from engine.domain.publication import Post

_FENCES = {"yaml": "---", "toml": "+++"}
_SUMMARY = 500
# The C loader is ten times faster and reads the same; it is missing where PyYAML was built without libyaml.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Page:
    """What a post's file says; `path` is its place on the site, such as /posts/hello-1f2e3d4c/."""

    key: str
    title: str
    at: datetime
    path: str
    summary: str = ""


def page_of(site: SiteSettings, post: Post) -> Page:
    """Return what the post's file will say."""
    slot = post.slot
    path = site.permalink.format(
        slug=page_slug(post), year=f"{slot.year:04}", month=f"{slot:%m}", day=f"{slot:%d}"
    )
    return Page(clean_line(post.key), headline(post.item), slot, path, _summary(_body(post)))


def render(site: SiteSettings, post: Post) -> str:
    """Return the whole file. Values are JSON strings, which YAML and TOML read alike and nothing breaks out of."""
    page = page_of(site, post)
    tags = [tag for tag in map(clean_line, post.item.tags) if tag]
    values = {
        "title": _quoted(page.title),
        "date": f"{page.at:%Y-%m-%dT%H:%M:%SZ}",
        "slug": _quoted(page_slug(post)),
        "url": _quoted(page.path),  # Hugo's word for it …
        "permalink": _quoted(page.path),  # … and Jekyll's
        "tags": f"[{', '.join(_quoted(tag) for tag in tags)}]",
        "drumbeat_key": _quoted(page.key),
    }
    fence, sign = _FENCES[site.front_matter], ":" if site.front_matter == "yaml" else " ="
    lines = [f"{name}{sign} {value}" for name, value in values.items()]
    return "\n".join([fence, *lines, fence, "", _body(post), ""])


def _body(post: Post) -> str:
    body, link = clean_text(post.item.body), clean_line(post.item.link or "")
    if not link or link in body:
        return body
    return f"{body}\n\n<{link.replace('>', '%3E').replace('<', '%3C').replace(' ', '%20')}>".lstrip("\n")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _summary(body: str) -> str:
    text = body.strip()
    return text if len(text) <= _SUMMARY else text[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def parse(text: str) -> Page | None:
    """Return what a post's file says, or None when its front matter is not ours or no longer readable."""
    for kind, fence in _FENCES.items():
        if text.startswith(f"{fence}\n"):
            head, found, body = text[len(fence) + 1 :].partition(f"\n{fence}\n")
            return _page(_values(kind, head), body) if found else None
    return None


def _values(kind: str, head: str) -> Mapping[str, Any]:
    try:
        # The loader is a safe one, see above.
        values = tomllib.loads(head) if kind == "toml" else yaml.load(head, Loader=_LOADER)  # noqa: S506
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _page(values: Mapping[str, Any], body: str) -> Page | None:
    key, at = values.get("drumbeat_key"), _instant(values.get("date"))
    path = values.get("permalink") or values.get("url")
    if not isinstance(key, str) or at is None or not isinstance(path, str):
        return None
    return Page(
        key, clean_line(str(values.get("title", ""))), at, clean_line(path), _summary(clean_text(body))
    )


def _instant(value: object) -> datetime | None:
    """Read a date as people write it when they mend a post by hand; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None
