"""A schema with a fact of every type, and facts at the edges: unknown, NaN, zero, huge, and daylight saving."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from rules.language import Field, Schema
from rules.language.limits import MAX_DURATION
from rules.language.types import BOOL, DURATION, INSTANT, INT, NUMBER, STRING, Kind, Type, enum, list_of

MOMENTUM = enum("momentum", "steady", "slowing", "silent", "dormant")
SCHEMA = Schema(
    (
        Field("now", INSTANT, "The instant of evaluation."),
        Field("channel.momentum", MOMENTUM, "How alive it is."),
        Field("channel.before", MOMENTUM, "How alive it was."),
        Field("channel.posts", INT, "Posts."),
        Field("channel.wanted", INT, "Posts wanted."),
        Field("channel.last", INSTANT, "The last post."),
        Field("channel.next", INSTANT, "The next slot."),
        Field("channel.patience", DURATION, "Tolerated silence."),
        Field("channel.silence", DURATION, "Silence."),
        Field("channel.paused", BOOL, "Paused."),
        Field("channel.live", BOOL, "Live."),
        Field("goal.value", NUMBER, "Value."),
        Field("goal.planned", NUMBER, "Planned value."),
        Field("goal.name", STRING, "Name."),
        Field("strategy.zone", STRING, "Zone."),
        Field("post.tags", list_of(STRING), "Tags."),
        Field("post.scores", list_of(NUMBER), "Scores."),
        Field("post.states", list_of(MOMENTUM), "States."),
        Field("signal.odd-name", NUMBER, "A signal with a dash."),
    )
)

_NUMBERS = (
    0,
    0.0,
    -0.0,
    1,
    -1,
    3,
    0.5,
    1e-300,
    5e-324,
    1e15,
    1e30,
    -1e30,
    1e31,
    1e308,
    math.nan,
    math.inf,
    -math.inf,
)
_INTS = (0, 1, -1, 2, 3, 7, 28, 10**15, 10**30, -(10**30), 10**31, 10**400)
_DURATIONS = (
    timedelta(0),
    timedelta(microseconds=1),
    timedelta(days=7),
    timedelta(days=-3),
    MAX_DURATION,
    -MAX_DURATION,
    MAX_DURATION * 2,
    timedelta.max,
    timedelta.min,
)
_BERLIN, _HAVANA, _HOWE = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/Havana", "Australia/Lord_Howe")
)
_INSTANTS = (
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    datetime(2026, 3, 29, 2, 30, tzinfo=_BERLIN),
    datetime(2026, 10, 25, 2, 30, tzinfo=_BERLIN, fold=0),
    datetime(2026, 10, 25, 2, 30, tzinfo=_BERLIN, fold=1),
    datetime(2026, 3, 8, 0, 0, tzinfo=_HAVANA),
    datetime(2026, 4, 5, 1, 45, tzinfo=_HOWE, fold=1),
    datetime(2026, 3, 1, 9, tzinfo=UTC),
)
TEXTS = ("", "blog", "Blog", "Europe/Berlin", "America/Havana", "Nowhere/Land", "../etc", 'a"b\\c')


def value_for(type_: Type, dice: random.Random) -> object:
    """Return any value that a fact of the type may be given, sometimes none."""
    if dice.random() < 0.15:
        return None
    match type_.kind:
        case Kind.BOOL:
            return dice.random() < 0.5
        case Kind.INT:
            return dice.choice(_INTS) if dice.random() < 0.3 else dice.randrange(-5, 30)
        case Kind.NUMBER:
            return dice.choice(_NUMBERS) if dice.random() < 0.4 else round(dice.uniform(-50, 150), 2)
        case Kind.STRING:
            return dice.choice(TEXTS)
        case Kind.ENUM:
            return dice.choice(type_.values)
        case Kind.DURATION:
            return (
                dice.choice(_DURATIONS)
                if dice.random() < 0.3
                else timedelta(hours=dice.randrange(-100, 2000))
            )
        case Kind.INSTANT:
            if dice.random() < 0.4:
                return dice.choice(_INSTANTS)
            return datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(minutes=dice.randrange(-90_000, 40_000))
        case Kind.LIST:
            assert type_.item is not None
            return [value_for(type_.item, dice) for _ in range(dice.randrange(4))]
    raise AssertionError(type_)


def values(dice: random.Random) -> dict[str, object]:
    """Return values for every fact of the schema."""
    return {field.path: value_for(field.type, dice) for field in SCHEMA.fields}
