"""Plans as the documentation shows them, put together for a test as a reader would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.test_snippets import blocks

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
_OF_WORKSPACE = {"people", "accounts", "notifiers", "sources", "capacity"}


def plan_of(
    pages: Sequence[str], workspace: dict[str, Any], strategy: dict[str, Any], words: Mapping[str, str]
) -> str:
    """Return a plan file of the pages' pieces laid over these documents; lists of both are joined.

    `words` are replaced in the pages first: addresses that a reader replaces by their own, and rhythms that a test has
    no time for. Each must stand on one of them.
    """
    pieces = [text for page in pages for _, text in blocks(HOW_TO / page, "yaml")]
    assert all(any(old in piece for piece in pieces) for old in words), "the pages say something else"
    for text in pieces:
        for old, new in words.items():
            text = text.replace(old, new)  # noqa: PLW2901 - word by word
        for name, value in yaml.safe_load(text).items():
            home = workspace if name in _OF_WORKSPACE else strategy
            home[name] = [*home.get(name, []), *value] if isinstance(value, list) else value
    documents = [
        {"apiVersion": "drumbeat/v1", "kind": kind, **body}
        for kind, body in (("Workspace", workspace), ("Strategy", strategy))
    ]
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
