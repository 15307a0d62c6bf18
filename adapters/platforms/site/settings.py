"""The settings of a `site` account."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field

from engine.domain.base import Model


def _absolute(text: str) -> str:
    if "\0" in text or not Path(text).is_absolute():
        raise ValueError("it must be an absolute path, such as /srv/site")
    return text


def _inside(text: str) -> str:
    path = PurePosixPath(text)
    if not path.parts or path.is_absolute() or ".." in path.parts or not text.isprintable() or "\\" in text:
        raise ValueError("it must be a path inside the site's folder, such as content/posts")
    return str(path)


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise ValueError("it must be a web address, such as https://tacos.example")
    if parts.username or parts.password or parts.query or parts.fragment or not text.isprintable():
        raise ValueError("it must be a plain address without user name, query or fragment")
    return text.rstrip("/")


def _permalink(text: str) -> str:
    try:
        text.format(slug="", year="", month="", day="")
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ValueError("it knows the fields {slug}, {year}, {month} and {day} only") from None
    if not text.startswith("/") or ".." in text or "{slug}" not in text or not text.isprintable():
        raise ValueError("it must start with / and hold {slug}, such as /posts/{slug}/")
    return text


Inside = Annotated[str, AfterValidator(_inside)]


class SiteSettings(Model):
    """Where a static site lies and how it is addressed."""

    folder: Annotated[str, AfterValidator(_absolute)] = Field(
        description="the site's folder, where Hugo or Jekyll is run."
    )
    base_url: Annotated[str, AfterValidator(_web)] = Field(description="the public address of the site.")
    title: str = Field(
        default="", max_length=300, description="the feed's title; by default the site's host."
    )
    content_dir: Inside = Field(
        default="content/posts",
        description="where posts are written, inside the folder; for Jekyll `_posts`.",
    )
    feed: Inside = Field(
        default="feed.xml",
        description="where the Atom feed is written, inside the folder; for Hugo `static/feed.xml`.",
    )
    feed_url: Annotated[str, AfterValidator(_web)] | None = Field(
        default=None,
        description="the feed's public address; by default it follows from `base_url` and `feed`.",
    )
    front_matter: Literal["yaml", "toml"] = Field(
        default="yaml", description="how the head of a post is written; Jekyll reads `yaml` only."
    )
    permalink: Annotated[str, AfterValidator(_permalink)] = Field(
        default="/posts/{slug}/",
        description="a post's address on the site, with {slug}, {year}, {month} and {day}.",
    )

    @property
    def root(self) -> Path:
        """Return the site's folder."""
        return Path(self.folder)

    @property
    def posts(self) -> Path:
        """Return the folder of the posts."""
        return self.root / self.content_dir

    @property
    def feed_path(self) -> Path:
        """Return where the feed is written."""
        return self.root / self.feed

    @property
    def self_url(self) -> str:
        """Return the feed's own public address; what lies in Hugo's `static` is served from the top."""
        return self.feed_url or f"{self.base_url}/{quote(self.feed.removeprefix('static/'))}"

    @property
    def heading(self) -> str:
        """Return the site's title, or its host."""
        return self.title.strip() or urlsplit(self.base_url).netloc

    def url(self, path: str) -> str:
        """Return the public address of a path of the site, percent-encoded."""
        return self.base_url + quote(path, safe="/-._~")
