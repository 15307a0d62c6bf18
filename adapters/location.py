"""Where a source's document lies: a web address, a `file:` address or an absolute path; read within one limit."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import AfterValidator, Field, model_validator

from adapters.credentials import shown
from adapters.http import FetchError, Http, Page, Validators, status_error, url_problem
from engine.domain.base import Model
from engine.domain.ports import Secrets
from engine.domain.workspace import SourceConfig


def is_web(where: str) -> bool:
    """Tell whether this is meant as a web address."""
    return where.lower().startswith(("http:", "https:"))


def location_problem(where: str) -> str | None:
    """Return why nothing can be read there, in words that continue 'it …', or None. Does not look."""
    if is_web(where):
        return url_problem(where)
    try:
        path = _path(where)
    except ValueError as error:
        return str(error)
    return None if path.is_absolute() else "must be a web address, a file: address or an absolute path"


def _path(where: str) -> Path:
    if "\0" in where:
        raise ValueError("holds a NUL character")
    if not where.lower().startswith("file:"):
        return Path(where)
    parts = urlsplit(where)
    if parts.netloc not in {"", "localhost"}:
        raise ValueError("is a file: address of another machine; write file:///path")
    return Path(url2pathname(parts.path))


def _readable(where: str) -> str:
    problem = location_problem(where)
    if problem:
        raise ValueError(f"it {problem}")
    return where


Location = Annotated[str, AfterValidator(_readable)]


# What may be secret there, in words.
SECRETS = "`url`, an address that holds credentials or must not be seen, instead of the setting"


class LocatedSettings(Model):
    """Where a document lies: `file`, an absolute path once the plan is loaded, or `url`, which may be secret."""

    file: Location | None = Field(default=None, description="a path, meant from the workspace's file.")
    url: Location | None = Field(
        default=None, description="a web address or a path; an address that is secret goes under `secrets`."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("Give one of `file` (a path) and `url` (an address, or a secret of that name)")
        return self

    @property
    def where(self) -> str:
        """Return the location."""
        return self.file or self.url or ""


def located(source: SourceConfig, secrets: Secrets | None = None) -> dict[str, Any]:
    """Return the settings with the secret `url` in its place; without secrets at hand, with an innocent one."""
    if "url" not in source.secrets:
        return dict(source.settings)
    return {
        **source.settings,
        "url": "https://secret.invalid/" if secrets is None else secrets.get("url", ""),
    }


async def load(http: Http, where: str, *, accept: str = "*/*", validators: Validators | None = None) -> Page:
    """Return the document; `Page.unchanged` tells that it is still the one of the validators.

    Raises FetchError, also for an answer of 400 or more.
    """
    if is_web(where):
        page = await http.fetch(where, accept=accept, validators=validators)
        wrong = status_error(page)
        if wrong:
            raise wrong
        return page
    problem = location_problem(where)
    if problem:
        raise FetchError(f"{where!r} {problem}.", transient=False)
    path = _path(where)
    content = await asyncio.to_thread(_read, path, http.limits.bytes)
    return Page(url=path.as_uri(), status=200, body=content)


def label(where: str, secrets: Secrets) -> str:
    """Return the location as it may be shown to anybody."""
    return shown(where, secrets) if is_web(where) else where


def _read(path: Path, limit: int) -> bytes:
    """Read a regular file; anything else (a pipe, a device) could keep us waiting for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FetchError(f"{path} is not a plain file.", transient=False)
            content = file.read(limit + 1)
    except FileNotFoundError:
        raise FetchError(f"{path} is not there. Check the path.", transient=False) from None
    except IsADirectoryError:
        raise FetchError(f"{path} is a folder; name the file in it.", transient=False) from None
    except PermissionError:
        raise FetchError(
            f"{path} may not be read by Drumbeat. Give its user the right.", transient=False
        ) from None
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror}.", transient=True) from None
    if len(content) > limit:
        raise FetchError(f"{path} is larger than {limit // 1024} KiB. Split it.", transient=False)
    return content
