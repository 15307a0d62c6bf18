"""The histories of many channels: rows of dates in, posts in the order of time out. No file is opened here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.domain.base import to_utc
from engine.domain.wallclock import day_start

Row = Mapping[str, str]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A post, or the end of watching: when it was, and when it could be known (both UTC)."""

    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """The posts of one channel, oldest first, and until when it was watched (UTC)."""

    channel: str
    posts: tuple[Seen, ...]
    end: datetime


def histories(posts: Iterable[Row], channels: Iterable[Row], zone: str) -> list[History]:
    """Return the history of every channel that has posts, in the order in which the rows name them.

    `posts` has the columns channel_id and date, in any order; `channels` has channel_id and observed_until, the end
    of what was watched; for a channel that it leaves out, that is its last post. `zone` is where the channels' days
    begin and end. Raises ValueError, with the row, for a date that is none.
    """
    found: dict[str, list[Seen]] = defaultdict(list)
    for row in posts:
        found[row["channel_id"]].append(seen(row, "date", zone))
    ends = {row["channel_id"]: seen(row, "observed_until", zone).known_at for row in channels}
    return [history(channel, made, ends.get(channel)) for channel, made in found.items()]


def history(channel: str, posts: Iterable[Seen], end: datetime | None) -> History:
    """Put posts in order; a channel was watched at least until its last post."""
    ordered = tuple(sorted(posts))
    last = ordered[-1].known_at
    return History(channel, ordered, max(end or last, last))


def seen(row: Row, column: str, zone: str) -> Seen:
    """Read a cell: a date alone is a day of the zone, known at its end; an instant is known when it happens.

    An instant without a zone is UTC. Raises ValueError naming channel and column.
    """
    text = row[column]
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= len("2026-03-01"):
            return Seen(day_start(zone, moment.date()), day_start(zone, moment.date() + _DAY))
    except (ValueError, OverflowError):
        raise ValueError(
            f"channel {row['channel_id']!r}: {text!r} in column {column} is no date; write 2026-03-01 or an instant "
            "such as 2026-03-01T09:00:00Z"
        ) from None
    instant = to_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return Seen(instant, instant)
