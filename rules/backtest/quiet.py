"""When the quiet-channel detector would have spoken over a history of posts. Pure over rows: no file is opened here.

A date alone is a day of the channels' zone and known at its end; an instant is known when it happens. Post for post the detector
sees only what came before, so an episode is exactly what a running strategy would have raised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from engine.domain.base import to_utc
from engine.domain.quiet import HARMFUL_AT_LEAST, NEVER_BEFORE, Rhythm
from engine.domain.wallclock import day_start

RULE = "ChannelQuiet"
COLUMNS = ("rule", "channel_id", "fired_at", "resolved_at")

Row = Mapping[str, str]
_DAY = timedelta(days=1)
# No alarm comes earlier, whatever the hour of the post: a tenth of 45 days, less a day. Most silences end before.
_NO_THOUGHT = HARMFUL_AT_LEAST * NEVER_BEFORE - _DAY


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert, from the instant it fired to the post that ended it; None while it still fires. UTC."""

    rule: str
    channel_id: str
    fired_at: datetime
    resolved_at: datetime | None

    def row(self) -> dict[str, str]:
        """Return the episode as a CSV row with the columns of `COLUMNS`."""
        resolved = self.resolved_at.isoformat() if self.resolved_at else ""
        return dict(
            zip(COLUMNS, (self.rule, self.channel_id, self.fired_at.isoformat(), resolved), strict=True)
        )


@dataclass(frozen=True, slots=True, order=True)
class _Post:
    at: datetime
    known_at: datetime


def quiet_episodes(
    posts: Iterable[Row], channels: Iterable[Row], *, rule: str = RULE, zone: str = "UTC"
) -> Iterator[Episode]:
    """Yield the alerts of every channel, channel by channel, oldest first.

    `posts` has the columns channel_id and date, in any order; `channels` has channel_id and observed_until, the end
    of what was watched; for a channel that it leaves out, that is its last post. `zone` is where the channels' days
    begin and end. Raises ValueError, with the row, for a date that is none.
    """
    histories: dict[str, list[_Post]] = defaultdict(list)
    for row in posts:
        histories[row["channel_id"]].append(_post(row, "date", zone))
    ends = {row["channel_id"]: _post(row, "observed_until", zone).known_at for row in channels}
    for channel, history in histories.items():
        history.sort()
        end = max(ends.get(channel, history[-1].known_at), history[-1].known_at)
        yield from _of_channel(rule, channel, history, end, zone)


def _of_channel(rule: str, channel: str, history: list[_Post], end: datetime, zone: str) -> Iterator[Episode]:
    rhythm = Rhythm(zone=zone)
    for post, following in zip_longest(history, history[1:]):
        rhythm = rhythm.after(post.at)
        until = following.known_at if following else end
        if until - post.known_at < _NO_THOUGHT:
            continue
        fired = rhythm.alarm_at()
        if fired is not None and (fired < until or (following is None and fired <= end)):
            yield Episode(rule, channel, fired, following.known_at if following else None)


def _post(row: Row, column: str, zone: str) -> _Post:
    text = row[column]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"channel {row['channel_id']!r}: {text!r} in column {column} is no date; write 2026-03-01 or an instant "
            "such as 2026-03-01T09:00:00Z"
        ) from None
    if len(text) <= len("2026-03-01"):
        return _Post(day_start(zone, moment.date()), day_start(zone, moment.date() + _DAY))
    instant = to_utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return _Post(instant, instant)
