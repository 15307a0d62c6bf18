"""Whether a channel without a declared cadence has gone quiet against its own rhythm, and when to say so.

A silence is *harmful* when it lasts `harmful_silence` (H): four times the median of the last ten gaps, at least 45
days. Everything is counted in whole days of the channel's zone: a silence of t days is one that has lasted t full
days after the day of the last post, so that no post today is never mistaken for no post at all.

How long will the silence last? The channel's gaps between posting days, the newest counting most (weight
0.95^age), give the survival function

    D(t) = (20 S(t) + weight of the gaps longer than t) / (20 + weight of all gaps)

It is the posterior of a Dirichlet process (Ferguson 1973): S, the smooth guess, is worth 20 gaps; what this very
channel did corrects it. S is the predictive tail of a log-normal rhythm with a weak normal-gamma prior, a Student
t in log days; but one gap in a hundred is no part of any rhythm, the channel has stopped: such a silence lasts
longer than t with H / (H + t). Without that, a channel that never missed a week would be waited for the longest.
The probability shown to people is D(H) / D(t): that a silence of t days becomes a harmful one.

When to say it? Waiting costs lead in case the silence is harmful, t / H of it; speaking costs a false alarm in case
it is not, valued at 0.23 of a whole lead. The alarm is due at the t, between H/10 and H, with the least expected
cost D(H) t/H + 0.23 (D(t) - D(H)). The numbers were chosen by leaving channels out:
docs/explanation/quiet-channels.md.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from math import ceil, log, sqrt
from statistics import median

from pydantic import PositiveInt

from engine.domain.base import Model, ZoneName, to_utc
from engine.domain.clocks import Standstill, deadline
from engine.domain.student import StudentTail
from engine.domain.wallclock import day_start, zone_info
from engine.domain.words import several

HARMFUL_AT_LEAST = timedelta(days=45)
HARMFUL_GAPS = 4
HARMFUL_RECENT = 10

GAPS_REMEMBERED = 120  # the oldest of them has a weight of 0.2 %
FADE = 0.95
GUESS_WORTH = 20.0
FALSE_ALARM_COST = 0.23
NEVER_BEFORE = 0.1  # of H

STOPPED = 0.01  # of all gaps

# The prior of the log gaps: a mean of e^2.5 = 12 days, worth one gap; shape and scale of their spread.
PRIOR_MEAN, PRIOR_WORTH, PRIOR_SHAPE, PRIOR_SCALE = 2.5, 1.0, 1.0, 1.0

_DAY = timedelta(days=1)


def harmful_silence(gaps: Sequence[float]) -> timedelta:
    """Return H, how long a silence must last to be harmful, from the gaps in days between single posts.

    Posts of one day are gaps of zero. The oldest gap comes first; only the last ten count.
    """
    if not gaps:
        return HARMFUL_AT_LEAST
    return max(HARMFUL_AT_LEAST, timedelta(days=HARMFUL_GAPS * median(gaps[-HARMFUL_RECENT:])))


class Rhythm(Model):
    """When a channel used to post: as much of it as the detector needs, never more than 130 numbers.

    `last` is the day of the newest post in `zone`, `gaps` the days between posting days, `steps` the days between
    single posts (0 within one day); the oldest come first.
    """

    zone: ZoneName
    last: date | None = None
    gaps: tuple[PositiveInt, ...] = ()
    steps: tuple[int, ...] = ()

    @classmethod
    def of(cls, moments: Iterable[datetime], zone: str) -> Rhythm:
        """Build the rhythm from aware instants in any order. Raise ValueError for one without a zone."""
        posts = sorted(_local_day(moment, zone) for moment in moments)
        if not posts:
            return cls(zone=zone)
        return cls(
            zone=zone,
            last=posts[-1],
            gaps=_gaps(sorted(set(posts)), GAPS_REMEMBERED),
            steps=_gaps(posts, HARMFUL_RECENT),
        )

    def after(self, moment: datetime) -> Rhythm:
        """Return the rhythm with one more post, usually the newest; a late-found older one finds its place.

        Raise ValueError for an instant without a zone.
        """
        day = _local_day(moment, self.zone)
        if self.last is None:
            return self.model_copy(update={"last": day})
        if day >= self.last:
            return self._grown(day)
        days, posts = _days(self.last, self.gaps), _days(self.last, self.steps)
        if day not in days:
            insort(days, day)
        insort(posts, day)
        return self.model_copy(
            update={
                "gaps": _gaps(days, GAPS_REMEMBERED),
                "steps": _gaps(posts, HARMFUL_RECENT),
            }
        )

    def _grown(self, day: date) -> Rhythm:
        """Return the rhythm with a post on the last day or a later one."""
        step = (day - self.last).days if self.last else 0
        steps = (*self.steps[1 - HARMFUL_RECENT :], step)
        gaps = (*self.gaps[1 - GAPS_REMEMBERED :], step) if step else self.gaps
        return self.model_copy(update={"last": day, "gaps": gaps, "steps": steps})

    @property
    def harmful(self) -> timedelta:
        """Return H, how long a silence must last to be harmful."""
        return harmful_silence(self.steps)

    def silent_days(self, now: datetime) -> int:
        """Return how many full days have passed without a post, in the channel's zone; 0 before the first post."""
        if self.last is None:
            return 0
        return max(0, (_local_day(now, self.zone) - self.last).days - 1)

    def silence_probability(self, days: int) -> float:
        """Return the probability (0 to 1) that a silence of so many full days becomes a harmful one."""
        return outlook(self).probability(days)

    def alarm_at(self, still: Sequence[Standstill] = ()) -> datetime | None:
        """Return the instant (UTC) at which the channel has gone quiet if nothing is posted meanwhile.

        It is the end of a day in the channel's zone, and later by as long as the clock stands `still` (merged).
        None while nothing was posted ever, and while an open pause keeps the instant unknown.
        """
        if self.last is None:
            return None
        since = day_start(self.zone, self.last + _DAY)
        until = day_start(self.zone, self.last + _DAY * (outlook(self).alarm_after + 1))
        return deadline(since, until - since, still)

    def in_words(self, now: datetime) -> str:
        """Say how silent the channel is at that instant and what is to be expected, for people."""
        if self.last is None:
            return "Nothing was posted on this channel yet."
        days = self.silent_days(now)
        return (
            f"No post for {several(days, 'full day')}: with {self.silence_probability(days):.0%} this channel will "
            f"not post again before it counts as dead-silent ({several(self.harmful.days, 'day')})."
        )


class Outlook:
    """How long a silence of this channel lasts: the survival function D and what follows from it."""

    def __init__(self, gaps: Sequence[int], harmful: timedelta) -> None:
        """Weigh the gaps (in days, oldest first)."""
        weights = [FADE**age for age in range(len(gaps) - 1, -1, -1)]
        self._centre, self._spread, self._tail = _predictive([log(gap) for gap in gaps], weights)
        pairs = sorted(zip(gaps, weights, strict=True), reverse=True)
        self._sorted = [-gap for gap, _ in pairs]
        self._weight_of_longest = [0.0, *accumulate(weight for _, weight in pairs)]
        self._limit = harmful / _DAY
        # A silence that has lasted this many full days ends, at the earliest, as a harmful one.
        self._certain = ceil(self._limit) - 1
        self._harm = self.survival(self._certain)
        self.alarm_after = self._cheapest()

    def survival(self, days: int) -> float:
        """Return D: the probability that a silence lasts longer than so many full days."""
        # Gaps are whole days: "more than t" begins half-way to t + 1.
        between = days + 0.5
        rhythm = self._tail((log(between) - self._centre) / self._spread)
        smooth = (1 - STOPPED) * rhythm + STOPPED * self._limit / (self._limit + between)
        longer = self._weight_of_longest[bisect_left(self._sorted, -days)]
        return (GUESS_WORTH * smooth + longer) / (GUESS_WORTH + self._weight_of_longest[-1])

    def probability(self, days: int) -> float:
        """Return the probability that a silence of so many full days becomes a harmful one."""
        if days >= self._certain:
            return 1.0
        return min(1.0, self._harm / self.survival(max(0, days)))

    def cost(self, days: int) -> float:
        """Return what an alarm after so many full days is expected to cost, in whole leads."""
        return self._cost(days, self.survival(days))

    def _cost(self, days: float, survival: float) -> float:
        return self._harm * days / self._limit + FALSE_ALARM_COST * (survival - self._harm)

    def _cheapest(self) -> int:
        """Return the day with the least cost, the first of equals.

        Between two days the survival is at least the later one's: whole stretches are ruled out unseen.
        """
        first, last = ceil(NEVER_BEFORE * self._limit), self._certain
        known = {day: self.survival(day) for day in (first, last)}
        best = min((self._cost(day, alive), day) for day, alive in known.items())
        stretches = [(first, last)]
        while stretches:
            low, high = stretches.pop()
            if high - low < 2 or (self._cost(low + 1, known[high]), low + 1) >= best:  # noqa: PLR2004 - no day between
                continue
            middle = (low + high) // 2
            known[middle] = self.survival(middle)
            best = min(best, (self._cost(middle, known[middle]), middle))
            stretches += [(middle, high), (low, middle)]
        return best[1]


def _predictive(logs: Sequence[float], weights: Sequence[float]) -> tuple[float, float, StudentTail]:
    """Return centre, spread and tail of the next log gap: the normal-gamma posterior's Student t."""
    seen = sum(weights)
    worth = PRIOR_WORTH + seen
    mean = sum(w * x for w, x in zip(weights, logs, strict=True)) / seen if seen else PRIOR_MEAN
    scatter = sum(w * (x - mean) ** 2 for w, x in zip(weights, logs, strict=True))
    shape = PRIOR_SHAPE + seen / 2
    scale = PRIOR_SCALE + scatter / 2 + PRIOR_WORTH * seen * (mean - PRIOR_MEAN) ** 2 / (2 * worth)
    centre = (PRIOR_WORTH * PRIOR_MEAN + seen * mean) / worth
    return centre, sqrt(scale * (worth + 1) / (shape * worth)), StudentTail(2 * shape)


@lru_cache(maxsize=4096)
def outlook(rhythm: Rhythm) -> Outlook:
    """Return the outlook of that rhythm; kept, because it is asked at every turn and changes with a post only."""
    return Outlook(rhythm.gaps, rhythm.harmful)


def _local_day(moment: datetime, zone: str) -> date:
    return to_utc(moment).astimezone(zone_info(zone)).date()


def _gaps(days: Sequence[date], keep: int) -> tuple[int, ...]:
    return tuple((later - earlier).days for earlier, later in pairwise(days[-(keep + 1) :]))


def _days(last: date, gaps: Sequence[int]) -> list[date]:
    backwards = [last, *(last - timedelta(days=back) for back in accumulate(reversed(gaps)))]
    return backwards[::-1]
