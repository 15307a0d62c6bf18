"""A strategy's state and view keep the order of their keys in PostgreSQL too; SQLite always kept it."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE strategies ALTER COLUMN state TYPE json, ALTER COLUMN view TYPE json")
