"""The store: what people read and what must never be forgotten, in SQLite or PostgreSQL."""

from engine.store.sqlstore import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
