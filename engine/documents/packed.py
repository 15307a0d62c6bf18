"""The packs of a strategy, told from its plain data."""

from __future__ import annotations

from engine.documents.naming import values
from engine.documents.source import Document
from engine.domain.strategy import Strategy
from rules.packs import Pack, describe_pack, pack_names


def packs_of(strategy: Document) -> list[Pack]:
    """Return the packs that a strategy has, by name or by default; those that do not exist are left out."""
    named = [name for _, name in values(strategy, "packs/*")]
    names = named if "packs" in strategy.data else Strategy.model_fields["packs"].default
    return [describe_pack(name) for name in names if name in pack_names()]
