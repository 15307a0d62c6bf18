"""The source `feed`: what was posted, by whomever, as an RSS, Atom or RDF feed shows it.

A metric of this source names what it counts in its settings: `measure: posts_7d`, `posts_28d` or
`days_since_last`. A feed that only shows its newest entries can show no more posts than it has entries.
"""

from __future__ import annotations

import asyncio
import calendar
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from time import struct_time
from typing import Annotated, Any

import feedparser
from pydantic import AfterValidator, Field

from adapters.credentials import hide
from adapters.http import FetchError, Page, Validators
from adapters.location import SECRETS, LocatedSettings, label, load, located
from adapters.settings import problems, read
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.errors import SourceError
from engine.domain.likeness import sketch
from engine.domain.messages import Observe
from engine.domain.ports import Secrets
from engine.domain.records import Activity, Reading, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

MOST_ACTIVITIES = 100
_KEPT_FEEDS = 256
_MOST_TITLE = 300
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
_WINDOWS = {"posts_7d": timedelta(days=7), "posts_28d": timedelta(days=28)}
_MEASURES = (*_WINDOWS, "days_since_last")
_LISTED = f"{', '.join(_MEASURES[:-1])} or {_MEASURES[-1]}"
# What the XML parser says when a document ends too early.
_CUT_OFF = {"no element found", "unclosed token", "unclosed CDATA section"}


def _known(measure: str) -> str:
    if measure not in _MEASURES:
        near = get_close_matches(measure, _MEASURES, n=1)
        raise ValueError(f"did you mean {near[0]}?" if near else f"it is one of {_LISTED}.")
    return measure


class FeedMetricSettings(Model):
    """What a metric counts in the feed: the posts of the last 7 or 28 days, or the days since the last one."""

    measure: Annotated[str, AfterValidator(_known)] = Field(description=f"what to count, {_LISTED}.")


@dataclass(frozen=True)
class _Kept:
    validators: Validators
    entries: tuple[Activity, ...]


class FeedSource:
    """Reads feeds. An answer 'not modified' costs no parsing: the last entries are kept in memory."""

    kind = "feed"
    settings = LocatedSettings
    secrets = SECRETS
    metric_settings = FeedMetricSettings

    def __init__(self, tools: Tools) -> None:
        self._http = tools.http
        self._kept: dict[str, _Kept] = {}

    def validate(self, source: SourceConfig, metric: Metric | None = None) -> Sequence[str]:
        """Return what is wrong with the settings of the source or of one of its metrics, one sentence each; pure."""
        if metric is not None:
            return problems(FeedMetricSettings, metric.settings)
        return problems(LocatedSettings, located(source))

    async def read(self, source: SourceConfig, ask: Observe, now: datetime, secrets: Secrets) -> Reading:
        """Read the feed once: its newest hundred entries up to `now`, and the metrics asked of this source."""
        try:
            where = read(LocatedSettings, located(source, secrets)).where
        except ValueError as error:
            raise SourceError(f"The feed {source.name!r} cannot be read. {error}") from None
        try:
            entries = await self._entries(where)
        except FetchError as error:
            told = hide(str(error), secrets)
            raise SourceError(f"The feed {source.name!r} could not be read. {told}") from None
        past = [entry for entry in entries if entry.at <= now]
        wanted = [metric for metric in ask.metrics if metric.source == source.name]
        samples = [_sample(source, metric, past, now, label(where, secrets)) for metric in wanted]
        newest = tuple(past[:MOST_ACTIVITIES])
        return Reading(
            source=source.name,
            at=now,
            ok=True,
            activities=dict.fromkeys(ask.channels.get(source.name, ()), newest),
            samples=tuple(sample for sample in samples if sample),
        )

    async def _entries(self, where: str) -> tuple[Activity, ...]:
        kept = self._kept.get(where)
        page = await load(self._http, where, accept=_ACCEPT, validators=kept.validators if kept else None)
        if page.unchanged and kept:
            return kept.entries
        entries = await asyncio.to_thread(_parse, page)
        self._kept.pop(where, None)
        if page.validators.headers():
            while len(self._kept) >= _KEPT_FEEDS:
                del self._kept[next(iter(self._kept))]
            self._kept[where] = _Kept(page.validators, entries)
        return entries


def _parse(page: Page) -> tuple[Activity, ...]:
    """Return the dated entries, newest first, one for each link. Raises FetchError when it is no whole feed."""
    if not page.body.strip():
        raise FetchError(f"{page.label} is empty; a feed has at least its title.", transient=True)
    # Bytes, never an address: the library must not fetch. The header gives relative links their base.
    headers = {"content-location": page.url, "content-type": page.content_type or "application/xml"}
    found = feedparser.parse(page.body, response_headers=headers, sanitize_html=False)
    _check_whole(page, found)
    dated: dict[str, Activity] = {}
    for entry in found.entries:
        activity = _activity(entry)
        if activity is not None:
            earlier = dated.get(activity.ref)
            if earlier is None or activity.at > earlier.at:
                dated[activity.ref] = activity
    if found.entries and not dated:
        raise FetchError(
            f"{page.label} has {len(found.entries)} entries, none with a date, so nobody can tell when something "
            "was posted. Choose a feed with dates, or switch them on where the feed is made.",
            transient=False,
        )
    return tuple(sorted(dated.values(), key=lambda each: each.at, reverse=True))


def _check_whole(page: Page, found: Any) -> None:
    reason = found.get("bozo_exception")
    message = reason.getMessage() if hasattr(reason, "getMessage") else ""
    if not found.get("version"):
        raise FetchError(_no_feed(page, found), transient=False)
    if message in _CUT_OFF:
        raise FetchError(
            f"{page.label} ends in the middle (after {len(page.body)} bytes: {message}); it is tried again later.",
            transient=True,
        )
    if message and not found.entries:
        raise FetchError(
            f"{page.label} is broken XML ({message}, line {reason.getLineNumber()}) and shows no entry. "
            "Tell whoever makes the feed.",
            transient=False,
        )


def _no_feed(page: Page, found: Any) -> str:
    start = page.body[:2048].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start or "html" in page.content_type:
        links = found.get("feed", {}).get("links", [])
        hints = [
            link["href"] for link in links if "rss" in link.get("type", "") or "atom" in link.get("type", "")
        ]
        advice = (
            f"It names its feed: {hints[0]}" if hints else "Feeds often lie at /feed, /rss.xml or /atom.xml"
        )
        return f"{page.label} is a web page (HTML), not a feed. {advice}."
    kind = page.content_type.partition(";")[0].strip() or "unknown content"
    return f"{page.label} is not a feed but {kind}. Give the address of an RSS or Atom feed."


def _activity(entry: Any) -> Activity | None:
    """Return the entry with its link, else its id, as its identity; None without a usable date."""
    at = _instant(entry.get("published_parsed") or entry.get("updated_parsed"))
    if at is None:
        return None
    title = " ".join(str(entry.get("title", "")).split())[:_MOST_TITLE]
    ref = entry.get("link") or entry.get("id") or hashlib.sha256(f"{at}\x1f{title}".encode()).hexdigest()
    return Activity(at=at, ref=ref, title=title, sketch=sketch(_text(entry), title))


def _text(entry: Any) -> str:
    """Return the post's text as far as the feed shows it, in HTML or plain; empty when it shows none."""
    bodies = [str(part.get("value", "")) for part in entry.get("content", ())]
    return max([*bodies, str(entry.get("summary", ""))], key=len)


def _instant(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _sample(
    source: SourceConfig, metric: Metric, past: Sequence[Activity], now: datetime, origin: str
) -> Sample | None:
    measure = metric.settings.get("measure")
    if measure not in _MEASURES:
        raise SourceError(
            f"The metric {metric.name!r} does not say what to count in the feed {source.name!r}. "
            f"Set its `measure` to {_LISTED}."
        )
    if measure == "days_since_last":
        if not past:
            return None
        value = (now - past[0].at) / timedelta(days=1)
    else:
        since = now - _WINDOWS[str(measure)]
        value = float(sum(entry.at > since for entry in past))
    return Sample(metric=metric.name, at=now, value=value, seen=now, origin=origin)
