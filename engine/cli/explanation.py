"""An explanation as text of at most 80 columns, without a need for colour, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.cli.output import heading, say
from engine.cli.rule_words import condition
from engine.cli.text import terminal_width, wrapped
from engine.domain.words import moment, span
from engine.runtime.explaining import Explained
from rules.facts import encoded
from rules.language import Explanation, Part, render, show

_MARKS = {True: "✓ true", False: "✗ false", None: "? unknown"}


def print_all(found: Sequence[Explained], zone: str, at: datetime | None, *, everything: bool) -> None:
    """Print what the rules say; of several, those first that are true or unknown."""
    room = terminal_width()
    order = {True: 0, None: 1, False: 2}
    ordered = sorted(found, key=lambda one: order[one.truth]) if everything else found
    subject = found[0].subject if found else ""
    say(heading(f"{subject}, {'as of ' + moment(at, zone) if at else 'now'}"))
    for one in ordered:
        say("", *_lines(one, zone, room))


def _lines(one: Explained, zone: str, room: int) -> Iterator[str]:
    state = f", its alert is {one.alert.state}" if one.alert else ""
    mode = " (shadow)" if one.rule.is_shadow else ""
    yield from wrapped(f"{one.rule.name}{mode}: {_word(one)}{state}", room)
    if one.at is not None:
        revision = f" by revision {one.revision}" if one.revision else ""
        yield from wrapped(f"judged {moment(one.at, zone)}{revision}", room, first="  ")
    if one.rule.expr is None or not one.parts:
        yield from wrapped(condition(one.rule), room, first=f"  {_MARKS[one.truth]:<11}")
        yield from _shape(one, room)
    yield from _parts(one.parts, room)
    yield from wrapped(one.told, room, first="  ")


def _word(one: Explained) -> str:
    if one.at is None:
        return "not judged by then"
    if one.truth is None:
        return f"cannot be told, its data is {one.data}"
    return "true" if one.truth else "false"


def _parts(parts: Sequence[tuple[str, Explanation]], room: int) -> Iterator[str]:
    for name, explanation in parts:
        if name != "expr":
            yield f"  {name}:"
        indent = "  " if name == "expr" else "    "
        yield from (indent + line for line in render(explanation, room - len(indent)).splitlines())


def _shape(one: Explained, room: int) -> Iterator[str]:
    """Yield the values of a rule whose condition is a ready shape."""
    below = " " * 13
    for value in one.clock.values if one.clock else ():
        yield from wrapped(value, room, first=below, rest=below + "  ")
    if one.clock is not None:
        if one.clock.margin is not None:
            since = "true for" if one.truth else "away from turning by"
            yield from wrapped(f"{since} {span(one.clock.margin)}", room, first=below, rest=below + "  ")
        yield from wrapped(one.clock.flips, room, first=below, rest=below + "  ")
    if one.note:
        yield from wrapped(one.note, room, first=below, rest=below + "  ")
    for name, fact in one.facts.items() if one.clock is None else ():
        yield from wrapped(f"{name} = {fact}", room, first=below, rest=below + "  ")


# --- JSON --------------------------------------------------------------------------------------------------------------


def record(one: Explained) -> dict[str, Any]:
    """Return what one rule says, for machines."""
    return {
        "rule": one.rule.name,
        "mode": one.rule.mode,
        "judged_at": one.at.isoformat() if one.at else None,
        "revision": one.revision,
        "truth": one.truth,
        "data": str(one.data),
        "alert": one.alert.model_dump(mode="json") if one.alert else None,
        "told": one.told,
        "note": one.note or None,
        "facts": one.facts or None,
        "clock": _clock(one),
        "conditions": [
            {"field": name, "decisive": [str(flip) for flip in each.decisive()], **_part(each, each.root)}
            for name, each in one.parts
        ],
    }


def _clock(one: Explained) -> dict[str, Any] | None:
    if one.clock is None:
        return None
    return {
        "values": list(one.clock.values),
        "turns_at": one.clock.turns_at.isoformat() if one.clock.turns_at else None,
        "margin_seconds": one.clock.margin.total_seconds() if one.clock.margin is not None else None,
        "flips": one.clock.flips,
    }


def _part(explanation: Explanation, part: Part) -> dict[str, Any]:
    margin = part.margin
    return {
        "text": explanation.text_of(part),
        "value": encoded(part.value),
        "margin": margin.total_seconds() if isinstance(margin, timedelta) else margin,
        "facts": {path: encoded(value) for path, value in part.facts.items()},
        "flips": [
            {"fact": flip.fact, "value": encoded(flip.value), "at": show(flip.border), "says": str(flip)}
            for flip in explanation.flips(part)
        ],
        "parts": [_part(explanation, inner) for inner in part.conditions],
    }
