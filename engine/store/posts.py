"""What was posted on channels, by whomever: each post once, whether it was published here or seen in a feed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.domain.journal import Entry, EntryType
from engine.domain.publication import PublishOutcome
from engine.domain.records import Activity
from engine.store import dialects
from engine.store.tables import activities as table
from engine.store.tables import publications

# PostgreSQL takes no more than 2,700 bytes into a key; a link is rarely longer than 200.
_LONGEST_REF = 500
_LONGEST_TITLE = 300
# How many posts are looked up in one statement.
_AT_ONCE = 200


def add(
    connection: sa.Connection, strategy: str, activities: Mapping[str, Sequence[Activity]], seen: datetime
) -> int:
    """Keep posts that are not there yet, by channel. Returns how many were new.

    A post that was first seen without its text gets its sketch as soon as that is known.
    """
    rows = [_row(strategy, channel, one, seen) for channel, found in activities.items() for one in found]
    known = _known(connection, strategy, activities)
    news = [row for row in rows if not _is_known(row, known)]
    if not news:
        return 0
    statement = dialects.insert(connection, table)
    sketched = statement.excluded.sketch
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.strategy, table.c.channel, table.c.ref],
            set_={"sketch": sketched},
            where=sa.and_(table.c.sketch == "", sketched != ""),
        ),
        news,
    )
    return len({(row["channel"], row["ref"]) for row in news} - known.keys())


def _row(strategy: str, channel: str, post: Activity, seen: datetime) -> dict[str, Any]:
    return {
        "strategy": strategy,
        "channel": channel,
        "ref": key_of(post.ref),
        "at": post.at,
        "title": post.title[:_LONGEST_TITLE],
        "sketch": post.sketch,
        "seen": seen,
    }


def key_of(ref: str) -> str:
    """Return what identifies a post in its table: its link or id, shortened when it is longer than any link."""
    if len(ref.encode("utf-8", "replace")) <= _LONGEST_REF:
        return ref
    return f"{ref[:100]}…{hashlib.sha256(ref.encode('utf-8', 'replace')).hexdigest()}"


def _known(
    connection: sa.Connection, strategy: str, activities: Mapping[str, Sequence[Activity]]
) -> dict[tuple[str, str], str]:
    """Return which of these posts are there, with their sketches: a feed shows mostly the same again."""
    known: dict[tuple[str, str], str] = {}
    columns = (table.c.channel, table.c.ref, table.c.sketch)
    for channel, found in activities.items():
        for start in range(0, len(found), _AT_ONCE):
            refs = [key_of(one.ref) for one in found[start : start + _AT_ONCE]]
            query = sa.select(*columns).where(
                table.c.strategy == strategy, table.c.channel == channel, table.c.ref.in_(refs)
            )
            known |= {(row.channel, row.ref): row.sketch for row in connection.execute(query)}
    return known


def _is_known(row: Mapping[str, Any], known: Mapping[tuple[str, str], str]) -> bool:
    sketch = known.get((row["channel"], row["ref"]))
    return sketch is not None and (sketch != "" or row["sketch"] == "")


def add_own(connection: sa.Connection, strategy: str, entries: Iterable[Entry], seen: datetime) -> None:
    """Keep a post for each slot that was published; the ledger knows its text."""
    published = {
        (str(entry.data.get("action")), str(entry.data.get("slot"))): entry
        for entry in entries
        if entry.type is EntryType.SLOT_PUBLISHED and entry.subject.startswith("channel/")
    }
    if not published:
        return
    ledger = _ledger(connection, strategy, published)
    found: dict[str, list[Activity]] = {}
    for slot, entry in published.items():
        title, sketch, at = ledger.get(slot, ("", "", None))
        ref = entry.data.get("url") or entry.data.get("key") or "@".join(slot)
        when = at if at is not None and at <= entry.at else entry.at
        post = Activity(at=when, ref=str(ref), title=title, sketch=sketch)
        found.setdefault(entry.subject.removeprefix("channel/"), []).append(post)
    add(connection, strategy, found, seen)


def _ledger(
    connection: sa.Connection, strategy: str, slots: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str, datetime | None]]:
    """Return title, sketch and instant of these slots' publications, as far as the ledger knows them."""
    wanted = [
        sa.and_(publications.c.action == action, publications.c.slot == datetime.fromisoformat(slot))
        for action, slot in slots
        if slot != "None"
    ]
    if not wanted:
        return {}
    columns = (publications.c.action, publications.c.slot, publications.c.title, publications.c.sketch)
    query = sa.select(*columns, publications.c.outcome)
    rows = connection.execute(query.where(publications.c.strategy == strategy, sa.or_(*wanted)))
    return {
        (row.action, row.slot.isoformat()): (
            row.title,
            row.sketch,
            PublishOutcome.model_validate(row.outcome).at if row.outcome else None,
        )
        for row in rows
    }


def read(
    connection: sa.Connection, strategy: str, channel: str, start: datetime | None, end: datetime | None
) -> list[Activity]:
    """Return the posts on a channel from `start` to `end`, both included, oldest first."""
    query = sa.select(table.c.at, table.c.ref, table.c.title, table.c.sketch)
    query = query.where(table.c.strategy == strategy, table.c.channel == channel)
    if start is not None:
        query = query.where(table.c.at >= start)
    if end is not None:
        query = query.where(table.c.at <= end)
    rows = connection.execute(query.order_by(table.c.at, table.c.ref)).mappings()
    return [Activity(**row) for row in rows]
