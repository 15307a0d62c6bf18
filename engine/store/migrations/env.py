"""Run by Alembic for every command. There is no alembic.ini: `engine.store.migrate` gives the connection.

A new script is written by hand, beside the others: `versions/v0002_words.py` with `revision = "0002"`, and `HEAD` in
`engine.store.migrate` follows. Scripts spell their types out and import nothing of ours, because tables change and
scripts must not.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="drumbeat_schema",
    # All scripts or none, also in SQLite, where Alembic by itself would commit after each.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
