"""Instants that people type: a date, a local time, a time with its zone, or a distance such as 3d."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import typer

from engine.domain.wallclock import parse_instant

__all__ = ["parse_instant", "parse_moment"]

_DISTANCE = re.compile(r"\s*(\d+(\.\d+)?\s*[wdhms]\s*)+", re.ASCII)


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
