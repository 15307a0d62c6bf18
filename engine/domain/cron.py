"""Cron expressions: read once, refused with a reason, asked for the next wall time.

croniter does the reading and the arithmetic, on wall times without a zone; what a wall time means on the days when
clocks change is decided in `engine.domain.wallclock`, not here.

Five fields (minute, hour, day of month, month, day of week) or six, the sixth and *last* being seconds, as croniter
has it. Names (`MON`, `JAN`), lists, ranges, steps, `L` and `15W` in the day of month, `L5` (last Friday) and
`FRI#2` (second Friday) in the day of week are understood. When day of month and day of week are both restricted,
either of them is enough, as in every cron.
"""

import copy
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

_EXAMPLES = (
    ("minute", "0-59", "30 9 * * MON-FRI"),
    ("hour", "0-23", "30 9 * * MON-FRI"),
    ("day of month", "1-31 or L for the last", "30 9 1 * *"),
    ("month", "1-12 or JAN-DEC", "30 9 1 JAN,JUL *"),
    ("day of week", "0-7 or SUN-SAT, FRI#2 for the second Friday, L5 for the last", "30 9 * * MON-FRI"),
    ("second", "0-59", "30 9 * * MON-FRI 15"),
)
_DAY, _WEEKDAY, _HOUR = 2, 4, 1
_LONGEST = 200
# croniter lets some of its inner errors through on broken text.
_REFUSALS = (CroniterError, ValueError, KeyError, TypeError)
_HASHED = re.compile(r"[hr](\(.*\))?(/.*)?", re.IGNORECASE)
_EQUAL_RANGE = re.compile(r"([^-/,]+)-\1(/.*)?", re.IGNORECASE)
_SPECIAL_WEEKDAY = re.compile(r"#|\bL\d", re.IGNORECASE)
_NEAREST_WEEKDAY = re.compile(r"\d+W|W\d+", re.IGNORECASE)
# Any fixed start will do: every combination of month, day and weekday comes back within forty years.
_PROBE, _PROBE_YEARS = datetime(2000, 1, 1), 50  # noqa: DTZ001 - a wall time has no zone


@dataclass(frozen=True, slots=True)
class Cron:
    """A compiled expression. `every_hour`: its hour field takes all 24 hours, so it runs on elapsed time."""

    text: str
    every_hour: bool
    _croniter: "croniter[datetime]"

    def next_wall(self, after: datetime) -> datetime | None:
        """Return the first wall time named by the expression strictly later than the wall time `after`."""
        # A copy, because croniter keeps its position in itself and workflows run in several threads.
        cursor = copy.copy(self._croniter)
        try:
            return cursor.get_next(datetime, start_time=after)
        except CroniterBadDateError:
            return None


@lru_cache(maxsize=16384)
def compiled(text: str) -> Cron:
    """Compile a cron expression; the same text is compiled once in a process.

    Raises ValueError naming the field that is wrong, what it takes and a right example; also for an expression
    that never happens (`0 0 31 2 *`) and for hashed or random fields (`H`, `R`), whose grid would not be fixed.
    """
    fields = _fields(text)
    for position, field in enumerate(fields):
        _refuse_form(text, position, field)
    _refuse_mixed_days(text, fields)
    reader = _read(text, fields)
    hours: list[object] = list(reader.expanded[_HOUR])
    cron = Cron(text, "*" in hours, reader)
    if cron.next_wall(_PROBE) is None:
        raise ValueError(
            f"cron {text!r} never happens: no month it names has such a day; "
            "a right one is '30 9 L * *' for the last day of every month"
        )
    return cron


def _fields(text: str) -> list[str]:
    """Split the text into its five or six fields, or raise ValueError."""
    if len(text) > _LONGEST:
        raise ValueError(f"this cron is {len(text)} characters long; at most {_LONGEST} are read")
    fields = text.split()
    if len(fields) not in {5, 6}:
        raise ValueError(
            f"cron {text!r} has {len(fields)} fields; it takes 5 (minute hour day-of-month month day-of-week) "
            "or 6 (with seconds as the last), for example '30 9 * * MON-FRI'"
        )
    return fields


def _read(text: str, fields: list[str]) -> "croniter[datetime]":
    """Let croniter read the fields; only when it refuses them are they tried one by one, to name the wrong one."""
    try:
        return croniter(" ".join(fields), _PROBE, ret_type=datetime, max_years_between_matches=_PROBE_YEARS)
    except _REFUSALS as error:
        for position, field in enumerate(fields):
            _refuse_value(text, position, field)
        raise ValueError(
            f"cron {text!r} cannot be read ({error}); a right one is '30 9 * * MON-FRI'"
        ) from None


def _refuse_form(text: str, position: int, field: str) -> None:
    """Raise ValueError for what croniter would take, but nobody means in a fixed grid."""
    name, _, example = _EXAMPLES[position]
    where = f"cron {text!r}: the {name} field {field!r}"
    for part in field.split(","):
        if _HASHED.fullmatch(part):
            raise ValueError(
                f"{where} is random or hashed, but slots must be fixed; write a number: {example!r}"
            )
        if _EQUAL_RANGE.fullmatch(part):
            raise ValueError(
                f"{where} is a range from a value to itself; write the value alone, as in {example!r}"
            )


def _refuse_value(text: str, position: int, field: str) -> None:
    """Raise ValueError when this field, taken alone, is not right."""
    name, takes, example = _EXAMPLES[position]
    alone = ["*"] * len(_EXAMPLES)
    alone[position] = field
    try:
        croniter.expand(" ".join(alone))
    except _REFUSALS:
        raise ValueError(
            f"cron {text!r}: the {name} field {field!r} is not right: "
            f"it takes {takes}, *, lists, ranges and steps, as in {example!r}"
        ) from None


def _refuse_mixed_days(text: str, fields: list[str]) -> None:
    """Raise ValueError where croniter would read two kinds of day at once in a way nobody expects."""
    day, weekday = fields[_DAY], fields[_WEEKDAY]
    special = weekday if _SPECIAL_WEEKDAY.search(weekday) else day if _NEAREST_WEEKDAY.search(day) else ""
    if special and day not in {"*", "?"} and weekday not in {"*", "?"}:
        raise ValueError(
            f"cron {text!r}: {special!r} cannot be combined with the other day field; "
            "write two schedules, or leave one of the fields *, as in '30 9 * * FRI#2'"
        )
