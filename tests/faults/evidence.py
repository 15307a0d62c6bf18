"""Four independent witnesses of what was posted, and whether they agree: files, feed, ledger, journal."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from adapters.platforms.site.atom import MOST_ENTRIES
from engine.domain.journal import Entry
from engine.domain.publication import PublishStatus
from engine.domain.storage import Publication, Store

SECOND = timedelta(seconds=1)
_KEY = re.compile(r'^drumbeat_key: "([^"]+)"$', re.MULTILINE)
_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True)
class Posted:
    """One post on disk: its key, the slot it stands for, and when the file appeared (both UTC)."""

    key: str
    slot: datetime
    appeared: datetime

    @property
    def late(self) -> float:
        """Return the seconds from the slot to the file."""
        return (self.appeared - self.slot).total_seconds()


def slot_of(key: str) -> datetime:
    """Return the slot that a key names."""
    return datetime.strptime(key.split("/")[-2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def posts_on_disk(site: Path) -> list[Posted]:
    """Read every post of the site, oldest slot first. A file that is torn or not ours fails here."""
    posts = []
    for path in (site / "content" / "posts").glob("*.md"):
        found = _KEY.search(path.read_text(encoding="utf-8"))
        assert found, f"{path} has no key"
        appeared = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        posts.append(Posted(found[1], slot_of(found[1]), appeared))
    return sorted(posts, key=lambda post: post.slot)


def ids_in_feed(site: Path) -> list[str]:
    """Return the ids of the feed's entries, newest first."""
    entries = ET.parse(site / "feed.xml").getroot().findall(f"{_ATOM}entry")
    return [str(entry.findtext(f"{_ATOM}id")) for entry in entries]


def whole_journal(store: Store, strategy: str) -> list[Entry]:
    """Return every entry of a strategy, oldest first."""
    entries: list[Entry] = []
    while page := store.journal(strategy, after=entries[-1].seq if entries else 0, limit=1000):
        entries += [entry for _, entry in page]
    return entries


def check_nothing_lost_nothing_doubled(site: Path, store: Store, strategy: str) -> list[Posted]:
    """Compare the four witnesses slot by slot; return the posts. The strategy must be paused and quiet."""
    posts = posts_on_disk(site)
    slots = [post.slot for post in posts]
    doubled = [slot for slot, times in Counter(slots).items() if times > 1]
    assert not doubled, f"posted twice: {doubled}"
    keys = [post.key for post in posts]

    entries = whole_journal(store, strategy)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1)), "the journal has gaps"
    told = [str(entry.data["key"]) for entry in entries if entry.type == "slot.published"]
    assert sorted(told, key=slot_of) == keys, _differ("journal", told, keys)

    ledger = store.publications(strategy, limit=10_000)
    settled = [row.key for row in ledger if _is_published(row)]
    assert sorted(settled, key=slot_of) == keys, _differ("ledger", settled, keys)
    assert len(ledger) == len(settled), [row for row in ledger if not _is_published(row)]

    in_feed = ids_in_feed(site)
    newest = [uuid.uuid5(uuid.NAMESPACE_URL, f"drumbeat:{key}").urn for key in reversed(keys)][:MOST_ENTRIES]
    assert in_feed == newest, _differ("feed", in_feed, newest)

    grid = {slots[0] + n * SECOND for n in range(int((slots[-1] - slots[0]) / SECOND) + 1)}
    assert set(slots) == grid, f"missing: {sorted(grid - set(slots))}, beside the grid: {set(slots) - grid}"
    strange = {"slot.unknown", "slot.failed", "slot.asked"}
    assert not [entry for entry in entries if entry.type in strange]
    return posts


def _is_published(row: Publication) -> bool:
    return row.outcome is not None and row.outcome.status is PublishStatus.PUBLISHED


def _differ(name: str, theirs: list[str], ours: list[str]) -> str:
    return (
        f"{name} and files differ: only in the {name} {sorted(set(theirs) - set(ours))}, only on disk "
        f"{sorted(set(ours) - set(theirs))}, {len(theirs)} against {len(ours)} in number"
    )


def lateness(posts: Sequence[Posted]) -> tuple[float, float]:
    """Return the longest and the median lateness in seconds."""
    late = [post.late for post in posts]
    return max(late), median(late)
