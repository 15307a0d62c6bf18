"""The few turns of phrase that all errors of a plan share: 'did you mean', lists of names, what was found."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

_SHOWN = 40
_LISTED = 20


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, or None when none does. Case does not count."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def listed(names: Iterable[str]) -> str:
    """Write names as `a, b, c`, in order of the alphabet and cut after twenty."""
    ordered = sorted(set(names))
    rest = len(ordered) - _LISTED
    return ", ".join(ordered[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def choose(name: str, names: Iterable[str], nothing: str) -> str:
    """Say how to mend a wrong name: the nearest one, else all there are, else `nothing`."""
    known = sorted(set(names))
    if not known:
        return nothing
    close = nearest(name, known)
    if close:
        return f"Did you mean {close}?" + (f" There are: {listed(known)}." if len(known) > 1 else "")
    return f"There {'are' if len(known) > 1 else 'is only'}: {listed(known)}."


def quoted(value: str) -> str:
    """Write a text of the plan in quotes, cut to a length that fits a line, without line breaks."""
    text = " ".join(value.split())
    return "'" + (text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…") + "'"


def found(value: Any, *, secret: bool = False) -> str:
    """Say in plain words what stands in the plan; never the content of a secret."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}" if not secret else "a number"
    if isinstance(value, str):
        return f"the text {quoted(value)}" if not secret else "a text"
    return "a list" if isinstance(value, list) else "a group of fields"
