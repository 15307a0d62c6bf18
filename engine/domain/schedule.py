"""When work is due: the schedule of an action or a review, its blackout days, and what a late slot does.

A schedule only names a grid of slots. The grid itself is computed in `engine.domain.occurrences`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from engine.domain.base import Duration, Instant, Model, PositiveDuration, ZoneName
from engine.domain.cron import compiled

_WALL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)
_MOST_DATES = 10_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_SHORTEST = timedelta(seconds=1)


def _parse_wall(value: object) -> datetime:
    """Read a wall time; raises ValueError with an example on a date alone, a zone, or anything else."""
    if isinstance(value, datetime):
        parsed = value
    elif isinstance(value, str) and _WALL.fullmatch(value.strip()):
        parsed = datetime.fromisoformat(value.strip())
    else:
        raise ValueError(
            f"{value!r} is no local date and time: write it without a zone, such as 2026-03-01T09:00"
        )
    if parsed.tzinfo is not None:
        raise ValueError(
            f"{parsed.isoformat()} has a zone of its own: write the local time, such as 2026-03-01T09:00, "
            "and the zone in `timezone`"
        )
    _sane_year(parsed.date())
    return parsed.replace(microsecond=0, fold=0)


def _sane_year(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{day} is out of reach: schedules run from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _format_wall(wall: datetime) -> str:
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def _readable_cron(text: str) -> str:
    compiled(text)
    return " ".join(text.split())


def _coarse_enough(every: timedelta) -> timedelta:
    if every < _SHORTEST:
        raise ValueError("the shortest `every` is 1s")
    return every


WallTime = Annotated[
    datetime,
    BeforeValidator(_parse_wall),
    PlainSerializer(_format_wall, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?$"}),
]
Day = Annotated[date, AfterValidator(_sane_year)]
CronText = Annotated[str, AfterValidator(_readable_cron)]


class Blackout(Model):
    """Whole local days, in the schedule's zone, on which nothing is done; both ends are included."""

    start: Day = Field(description="The first day.")
    end: Day | None = Field(default=None, description="The last day; by default the first.")
    reason: str = Field(default="", description="Why, for the journal.")

    @property
    def last(self) -> date:
        """Return the last day: `end`, or the start of a blackout of one day."""
        return self.end or self.start

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.last < self.start:
            raise ValueError(
                f"a blackout cannot end ({self.last}) before it starts ({self.start}); swap the two"
            )
        return self


class Misfire(Model):
    """What happens to slots that could not be done on time.

    Up to `grace` late a slot is still done as if on time; `catch_up` says whether, of several such slots after an
    outage, only the latest is done or all of them. Later than that, `then` says: skip it, post it all the same, or
    ask a person.
    """

    grace: Duration = Field(
        default=timedelta(hours=1), description="How late a slot still counts as on time."
    )
    then: Literal["skip", "post", "ask"] = Field(
        default="skip", description="What becomes of a slot that is later than that."
    )
    catch_up: Literal["latest", "all"] = Field(
        default="latest",
        description="Of several late slots of one action, whether the `latest` is done or `all`.",
    )


class Schedule(Model):
    """A grid of slots: exactly one of `cron`, `every` and `dates`.

    - `cron`: five fields, or six with *seconds as the last*: `30 9 * * MON-FRI`, `0 9 * * * 30`. Meant in the
      schedule's zone. See `engine.domain.cron` for what the fields take.
    - `every`: elapsed time, at least 1s, on the grid `anchor` + n · `every` (n also negative). The anchor is a phase, not a
      beginning; without one it is the Unix epoch, 1970-01-01T00:00Z.
    - `dates`: local wall-clock times, `2026-03-01T09:00`, kept sorted and without repetition.

    `timezone` falls back to the strategy's. `blackout_policy` says what a slot on a blackout day does: it is
    skipped, shifted to the same wall-clock time on the first day after, or held for a person.
    """

    cron: CronText | None = Field(
        default=None,
        description="Five fields, or six with the seconds last, in wall-clock time: `30 9 * * MON-FRI`.",
    )
    every: Annotated[PositiveDuration, AfterValidator(_coarse_enough)] | None = Field(
        default=None, description="Elapsed time between two slots, at least 1s."
    )
    anchor: Instant | None = Field(
        default=None, description="An instant on the grid of `every`; by default 1970-01-01T00:00Z."
    )
    dates: Annotated[tuple[WallTime, ...], Field(max_length=_MOST_DATES)] = Field(
        default=(),
        description="Single wall-clock times without a zone, such as 2026-03-01T09:00; at most 10,000.",
    )
    timezone: ZoneName | None = Field(
        default=None, description="The IANA zone of this schedule; by default the strategy's."
    )
    blackout: tuple[Blackout, ...] = Field(default=(), description="Days on which nothing is done.")
    blackout_policy: Literal["skip", "shift", "hold"] = Field(
        default="skip",
        description="What becomes of a slot on such a day: left out, done on the first day after, or held for a person.",
    )
    misfire: Misfire = Field(
        default=Misfire(), description="What becomes of a slot that could not be done on time."
    )

    @field_validator("dates")
    @classmethod
    def _in_order(cls, dates: tuple[datetime, ...]) -> tuple[datetime, ...]:
        return tuple(sorted(set(dates)))

    @model_validator(mode="after")
    def _one_grid(self) -> Self:
        given = [name for name in ("cron", "every", "dates") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(
                f"a schedule takes exactly one of cron, every, dates; found {found}. "
                "For example cron: '30 9 * * MON-FRI'"
            )
        if self.anchor is not None and self.every is None:
            raise ValueError("`anchor` only means something beside `every`; remove it")
        return self
