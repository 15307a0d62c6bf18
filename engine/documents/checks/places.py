"""Places on disk: is the folder or file that an account or a source names there, on the machine that checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from engine.documents.kinds import Finding, Look
from engine.documents.source import Steps
from engine.documents.words import quoted
from engine.domain.workspace import Account, SourceConfig

_PLACES = ("folder", "file", "url")


def check(look: Look) -> Iterator[Finding]:
    """Yield the folders and files that are not there; one that Drumbeat will make itself is no finding."""
    accounts, sources = look.plan.workspace.accounts, look.plan.workspace.sources
    folders = [place for account in accounts for place in _places(account.settings).values()]
    for index, account in enumerate(accounts):
        yield from _missing(look, account, ("accounts", index), "folder", folders)
    for index, source in enumerate(sources):
        yield from _missing(look, source, ("sources", index), "file", folders)


def _missing(
    look: Look, entry: Account | SourceConfig, steps: Steps, what: str, folders: Sequence[Path]
) -> Iterator[Finding]:
    for key, place in _places(entry.settings).items():
        if not place.exists() and not any(folder in place.parents for folder in folders):
            message = f"the {what} of {quoted(entry.name)} is not there: {place}"
            mend = "Make it, or mend the path."
            yield look.at(look.source.workspace, "DB216", (*steps, "settings", key), message, mend)


def _places(settings: dict[str, JsonValue]) -> dict[str, Path]:
    """Return the settings that name a place on this disk; relative ones were made absolute when they were read."""
    return {
        key: Path(value)
        for key, value in settings.items()
        if key in _PLACES and isinstance(value, str) and Path(value).is_absolute()
    }
