"""Secrets: a setting that holds one in plain sight would end up in the store, in histories and on pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.words import quoted
from engine.domain.workspace import Account, NotifierConfig, SourceConfig

_SECRET = re.compile(r"(^|[_-])(password|passwd|secret|token|api_?key|private_?key)$", re.IGNORECASE)


def check(look: Look) -> Iterator[Finding]:
    """Yield the settings of the workspace that are named like a secret and hold a text."""
    workspace = look.plan.workspace
    for listing in ("accounts", "sources", "notifiers"):
        for index, entry in enumerate(getattr(workspace, listing)):
            yield from _plain(look, entry, (listing, index))


def _plain(look: Look, entry: Account | SourceConfig | NotifierConfig, steps: Steps) -> Iterator[Finding]:
    for key, value in entry.settings.items():
        if _SECRET.search(key) and isinstance(value, str) and value:
            message = f"the setting `{key}` of {quoted(entry.name)} looks like a secret in plain sight"
            mend = f"Move it: `secrets: {{{key}: env:NAME}}`. Change the secret if the file has been shared."
            yield look.at(look.source.workspace, "DB221", (*steps, "settings", key), message, mend)
