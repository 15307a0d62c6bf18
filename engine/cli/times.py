"""Instants that people type: a date, a local time, a time with its zone, or a distance such as 3d."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_DISTANCE = re.compile(r"\s*(\d+(\.\d+)?\s*[wdhms]\s*)+", re.ASCII)
_EXAMPLES = "2026-03-01, 2026-03-01T09:00, 2026-03-01T09:00Z"


def parse_instant(text: str, zone: str) -> datetime:
    """Read a date or time; one without a zone is meant in `zone`, a date alone is its midnight there.

    A time that a change of clocks skips becomes the first one after it; of one that comes twice, the first is
    meant. Returns UTC. Raises ValueError with examples.
    """
    from engine.domain.wallclock import instant_of

    raw = text.strip()
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise ValueError(f"{raw!r} is no date or time; write it as in {_EXAMPLES}") from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return instant_of(zone, moment)


def parse_moment(text: str, zone: str, now: datetime, *, past: bool = False, option: str) -> datetime:
    """Read an instant, or a distance from now (`3d`; backwards with `past`).

    Raises typer.BadParameter, a usage error that names the option.
    """
    from engine.domain.base import parse_duration

    try:
        if _DISTANCE.fullmatch(text):
            distance: timedelta = parse_duration(text)
            return now - distance if past else now + distance
        return parse_instant(text, zone)
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is too far away", param_hint=option) from None
    except ValueError as error:
        raise typer.BadParameter(
            f"{error}, or a distance from now such as 36h or 3d", param_hint=option
        ) from None
