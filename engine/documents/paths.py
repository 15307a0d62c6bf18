"""File names in a workspace's settings, made absolute: they are meant relative to the workspace's own file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from engine.domain.workspace import Workspace

_FILES = {"folder", "file"}


def absolute(workspace: Workspace, folder: Path) -> Workspace:
    """Return the workspace with `folder`, `file` and local `url` settings of accounts and sources absolute."""
    accounts = tuple(
        account.model_copy(update={"settings": _settings(account.settings, folder)})
        for account in workspace.accounts
    )
    sources = tuple(
        source.model_copy(update={"settings": _settings(source.settings, folder)})
        for source in workspace.sources
    )
    return workspace.model_copy(update={"accounts": accounts, "sources": sources})


def _settings(settings: Mapping[str, JsonValue], folder: Path) -> dict[str, JsonValue]:
    return {
        key: _absolute(value, folder) if isinstance(value, str) and _is_file(key, value) else value
        for key, value in settings.items()
    }


def _is_file(key: str, value: str) -> bool:
    # Whatever has a scheme (https://, file://) is a URL and stays as it is.
    return bool(value) and (key in _FILES or (key == "url" and "://" not in value))


def _absolute(value: str, folder: Path) -> str:
    return os.path.normpath(folder.absolute() / value)
