"""Plans and revisions, strategies, journal, alerts, tasks, reviews, publications, samples, notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    _plans()
    _journal()
    _projection("alerts")
    _projection("tasks", sa.Column("due", INSTANT, nullable=False))
    _projection("reviews", sa.Column("opened_at", INSTANT, nullable=False))
    _publications()
    _samples()
    _notices()


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_plans"),
    )
    op.create_table(
        "revisions",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("author", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "number", name="pk_revisions"),
        sa.ForeignKeyConstraint(["digest"], ["plans.digest"], name="fk_revisions_digest"),
    )


def _journal() -> None:
    op.create_table(
        "strategies",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("state", DOCUMENT, nullable=False),
        sa.Column("view", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", name="pk_strategies"),
    )
    op.create_table(
        "journal",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("subject", WORDS, nullable=False),
        sa.Column("summary", WORDS, nullable=False),
        sa.Column("data", DOCUMENT, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "seq", name="pk_journal"),
        sa.ForeignKeyConstraint(["strategy"], ["strategies.strategy"], name="fk_journal_strategy"),
    )
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_index("ix_journal_type_at", "journal", ["type", "at"])


def _projection(name: str, *columns: "sa.Column[int]") -> None:
    op.create_table(
        name,
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        *columns,
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["strategy"], ["strategies.strategy"], name=f"fk_{name}_strategy"),
    )
    op.create_index(f"ix_{name}_is_open", name, ["is_open"])


def _publications() -> None:
    op.create_table(
        "publications",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("action", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("slot", INSTANT, nullable=False),
        sa.Column("intended_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("outcome", DOCUMENT),
        sa.Column("settled_at", INSTANT),
        sa.PrimaryKeyConstraint("key", name="pk_publications"),
        sa.UniqueConstraint("strategy", "action", "slot", name="uq_publications_strategy_action_slot"),
    )
    op.create_index("ix_publications_slot", "publications", ["slot"])


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("metric", WORDS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("seen", INSTANT, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("origin", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "metric", "at", "seen", name="pk_samples"),
        sqlite_with_rowid=False,
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("notice", WORDS, nullable=False),
        sa.Column("notifier", WORDS, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.Column("claims", sa.Integer, nullable=False),
        sa.Column("delivered_at", INSTANT),
        sa.PrimaryKeyConstraint("strategy", "notice", "notifier", name="pk_notices"),
    )
