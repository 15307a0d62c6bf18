"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store.columns import Document, Instants, Verbatim, Words

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A plan is kept once under its digest, byte for byte as it was hashed; going back to an old plan costs one row.
plans = sa.Table(
    "plans",
    metadata,
    sa.Column("digest", Words, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", Words, sa.ForeignKey(plans.c.digest), nullable=False),
    sa.Column("author", Words, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("created_at", Instants, nullable=False),
)

strategies = sa.Table(
    "strategies",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("updated_at", Instants, nullable=False),
    sa.Column("state", Verbatim, nullable=False),
    sa.Column("view", Verbatim, nullable=False),
)


def _of_strategy() -> sa.Column[str]:
    return sa.Column("strategy", Words, sa.ForeignKey(strategies.c.strategy), primary_key=True)


journal = sa.Table(
    "journal",
    metadata,
    _of_strategy(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instants, nullable=False),
    sa.Column("type", Words, nullable=False),
    sa.Column("subject", Words, nullable=False),
    sa.Column("summary", Words, nullable=False),
    sa.Column("data", Document, nullable=False),
    sa.Column("written_at", Instants, nullable=False),
    sa.Index(None, "at"),
    sa.Index(None, "type", "at"),
)


def _projection(name: str, *columns: sa.Column[object]) -> sa.Table:
    """Return a table of things as they stand after entry `seq`, with the columns that are searched or sorted by."""
    return sa.Table(
        name,
        metadata,
        _of_strategy(),
        sa.Column("id", Words, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        *columns,
        sa.Column("document", Document, nullable=False),
        sa.Index(None, "is_open"),
    )


alerts = _projection("alerts")
tasks = _projection("tasks", sa.Column("due", Instants, nullable=False))
reviews = _projection("reviews", sa.Column("opened_at", Instants, nullable=False))

# The intent row (no outcome yet) is what keeps a slot from being posted twice.
publications = sa.Table(
    "publications",
    metadata,
    sa.Column("key", Words, primary_key=True),
    sa.Column("strategy", Words, nullable=False),
    sa.Column("action", Words, nullable=False),
    sa.Column("channel", Words, nullable=False),
    sa.Column("slot", Instants, nullable=False),
    sa.Column("title", Words, nullable=False, server_default=""),
    sa.Column("sketch", Words, nullable=False, server_default=""),
    sa.Column("intended_at", Instants, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("published", sa.Boolean, nullable=False),
    sa.Column("outcome", Document),
    sa.Column("settled_at", Instants),
    sa.UniqueConstraint("strategy", "action", "slot"),
    sa.Index(None, "slot"),
)

# The key is all there is to look up by, so SQLite keeps the rows in it (half the file). `seen` belongs to the key:
# a correction stands beside the value that it corrects.
samples = sa.Table(
    "samples",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("metric", Words, primary_key=True),
    sa.Column("at", Instants, primary_key=True),
    sa.Column("seen", Instants, primary_key=True),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("origin", Words, nullable=False),
    sqlite_with_rowid=False,
)

# What was posted, by whomever; `ref` makes a post one thing, wherever it was seen first.
activities = sa.Table(
    "activities",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("channel", Words, primary_key=True),
    sa.Column("ref", Words, primary_key=True),
    sa.Column("at", Instants, nullable=False),
    sa.Column("title", Words, nullable=False),
    sa.Column("sketch", Words, nullable=False),
    sa.Column("seen", Instants, nullable=False),
    sa.Index(None, "strategy", "channel", "at"),
)

judged = sa.Table(
    "judged",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("rule", Words, primary_key=True),
    sa.Column("subject", Words, primary_key=True),
    sa.Column("at", Instants, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("truth", sa.Boolean),
    sa.Column("data", Words, nullable=False),
    sa.Column("facts", Document, nullable=False),
    sa.Index(None, "strategy", "at"),
    sqlite_with_rowid=False,
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("strategy", Words, primary_key=True),
    sa.Column("notice", Words, primary_key=True),
    sa.Column("notifier", Words, primary_key=True),
    sa.Column("claimed_at", Instants, nullable=False),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("delivered_at", Instants),
)

# What stands in for secrets for a while. `lease_until` lets one at a time renew it; version 0 is a lease without one.
credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("account", Words, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kept", Document, nullable=False),
    sa.Column("expires_at", Instants),
    sa.Column("lease_until", Instants),
    sa.Column("written_at", Instants, nullable=False),
)
