"""Secrets of web adapters: how they become headers, and how they stay out of what a server or a library says.

secrets:
  url: env:…                 the whole address
  bearer: env:…              sent as `Authorization: Bearer …`
  password: env:…            with the setting `username`, sent as `Authorization: Basic …`
  header.X-Api-Key: env:…    sent as the header of that name
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from urllib.parse import quote, unquote, urlsplit

from adapters.http import safe_url
from engine.domain.ports import Secrets

IN_WORDS = (
    "`url` (the whole address instead of the setting), `bearer`, `password` (with the setting `username`) and "
    "`header.NAME` (any other header)"
)
_HEADER = "header."
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SENDABLE = re.compile(r"[\x20-\x7e]+")
# Shorter ones are no secrets, and would be found in every other word.
_SHORTEST = 4


def secret_problems(names: Iterable[str], username: object = None) -> list[str]:
    """Return what is wrong with the names of a web adapter's secrets, one sentence each; pure."""
    given = set(names)
    found = [sentence for name in sorted(given) if (sentence := _unknown(name))]
    if "password" in given and not username:
        found.append("The setting `username` is missing: a `password` goes with it.")
    if username and "password" not in given:
        found.append("The secret `password` is missing: a reference that goes with `username`.")
    if {"password", "bearer"} <= given:
        found.append("Give one of the secrets `bearer` and `password`; a request has one authorization.")
    return found


def _unknown(name: str) -> str:
    if name in {"url", "bearer", "password"}:
        return ""
    if name.startswith(_HEADER):
        wrong = not _TOKEN.fullmatch(name.removeprefix(_HEADER))
        return f"The secret `{name}` names no header; write for example `header.X-Api-Key`." if wrong else ""
    near = get_close_matches(name, ("url", "bearer", "password"), n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {IN_WORDS}."
    return f"There is no secret `{name}`; {hint}"


def authorization(secrets: Secrets, username: str | None = None) -> dict[str, str]:
    """Return the headers that the secrets ask for. Raises ValueError naming one that no header can carry."""
    headers = {}
    for name, value in secrets.items():
        if name != "bearer" and not name.startswith(_HEADER):
            continue
        if not _SENDABLE.fullmatch(value):
            raise ValueError(
                f"The secret `{name}` is empty or holds characters that no header can carry, such as a line break."
            )
        headers.update({name.removeprefix(_HEADER): value} if name.startswith(_HEADER) else {})
    if "bearer" in secrets:
        headers["Authorization"] = f"Bearer {secrets['bearer']}"
    if username and "password" in secrets:
        headers["Authorization"] = f"Basic {_basic(username, secrets['password'])}"
    return headers


def _basic(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def hide(text: str, secrets: Secrets, username: str | None = None, *, most: int | None = None) -> str:
    """Return a text without anything secret, be it as it is, encoded, or as a part of a secret address.

    With `most` it is what somebody else said: it becomes one printable line of at most so many characters.
    """
    if most is not None:
        text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    for form in sorted(set(_forms(secrets, username)), key=len, reverse=True):
        text = text.replace(form, "…")
    return text if most is None or len(text) <= most else f"{text[:most]}…"


def shown(url: str, secrets: Secrets) -> str:
    """Return a web address as anybody may see it: without user, password and query, and of a secret one only the host."""
    safe = safe_url(url)
    return "/".join(safe.split("/", 3)[:3]) if "url" in secrets else safe


def _forms(secrets: Mapping[str, str], username: str | None) -> Iterator[str]:
    for name, value in secrets.items():
        for part in _parts(value) if name == "url" else (value,):
            yield from (
                form for form in (part, quote(part, safe=""), unquote(part)) if len(form) >= _SHORTEST
            )
    if username and secrets.get("password"):
        yield _basic(username, secrets["password"])


def _parts(url: str) -> Iterator[str]:
    """Yield what is secret in an address: its path, password and query, but not its host."""
    try:
        parts = urlsplit(url)
        yield from (parts.password or "", parts.path, parts.query, parts.fragment)
        yield from (pair.partition("=")[2] for pair in parts.query.split("&"))
    except ValueError:
        yield url
