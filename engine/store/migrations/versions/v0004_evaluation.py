"""Posts of channels, what rules said and why; and of own publications the title and the sketch of their text."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    for name in ("title", "sketch"):
        op.add_column("publications", sa.Column(name, WORDS, nullable=False, server_default=""))
    _activities()
    _judged()


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("ref", WORDS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("sketch", WORDS, nullable=False),
        sa.Column("seen", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "channel", "ref", name="pk_activities"),
    )
    op.create_index("ix_activities_strategy_channel_at", "activities", ["strategy", "channel", "at"])


def _judged() -> None:
    op.create_table(
        "judged",
        sa.Column("strategy", WORDS, nullable=False),
        sa.Column("rule", WORDS, nullable=False),
        sa.Column("subject", WORDS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("truth", sa.Boolean),
        sa.Column("data", WORDS, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("strategy", "rule", "subject", "at", name="pk_judged"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_judged_strategy_at", "judged", ["strategy", "at"])
