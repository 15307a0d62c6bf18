"""Generated plans, commands and readings: everything that the heart may meet, also in an order that makes no sense."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from engine.domain.judgement import Judgement
from engine.domain.messages import (
    AcknowledgeAlert,
    CompleteTask,
    DecideReview,
    DecideSlot,
    EndPause,
    EndSilence,
    Instruction,
    SnoozeTask,
    StartPause,
    StartSilence,
)
from engine.domain.plan import Plan
from engine.domain.publication import PublishOutcome, PublishStatus
from engine.domain.records import Activity, DataState, Reading, ReviewDecision, Sample
from tests.domain.build import MISSING, OVERFED, REVISE, SILENT, SLOWING, START, UNREADABLE, items, plan

CHANNELS, ACTIONS, SOURCES = ("blog", "news", "hand"), ("post", "share", "call"), ("feed", "csv", "foreign")
SCOPES = ("strategy", *(f"channel/{name}" for name in CHANNELS), *(f"action/{name}" for name in ACTIONS))

QUIET = {"name": "Quiet", "reason": "Unlike itself.", "quiet": {"also_declared": True}}
UNSETTLED = {"name": "Unsettled", "reason": "No outcome.", "deadline": {"since": "slot"}}
FEW = {
    "name": "Few",
    "reason": "Few.",
    "expr": "channel.paused",
    "of": "channel",
    "recover": "channel.paused",
}
LATE = {"name": "Late", "reason": "Late.", "expr": "age(task.due) > 1d", "of": "task", "for": "2h"}
NO_FEW = {"name": "FewNoData", "reason": "No data.", "unjudged": {"rule": "Few"}, "for": "3h"}

seconds = st.integers(1, 900).map(lambda n: timedelta(seconds=n))
hours = st.integers(1, 100).map(lambda n: timedelta(hours=n, microseconds=n))
moves = st.one_of(st.just(timedelta(0)), st.just(timedelta(microseconds=1)), seconds, hours)


def cadences() -> st.SearchStrategy[dict[str, Any] | None]:
    """Return cadences that are kept, broken and absent."""
    least, most = st.sampled_from([None, 1, 2, 3]), st.sampled_from([None, 3, 4])
    pairs = st.tuples(least, most).filter(lambda pair: pair != (None, None))
    return st.none() | st.builds(
        lambda pair, per: {"at_least": pair[0], "at_most": pair[1], "per": per},
        pairs,
        st.sampled_from(["day", "week"]),
    )


def schedules() -> st.SearchStrategy[dict[str, Any]]:
    """Return grids of every kind, with and without blackouts, for every misfire."""
    grids: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [
            {"cron": "0 9 * * *"},
            {"cron": "30 2 * * MON-FRI", "timezone": "Europe/Berlin"},
            {"every": "5h", "anchor": START.isoformat()},
            {"dates": ["2026-01-06T09:00", "2026-01-07T09:00", "2026-03-29T02:30"]},
        ]
    )
    blackouts = st.sampled_from(
        [[], [{"start": "2026-01-06", "end": "2026-01-07"}], [{"start": "2026-01-09"}]]
    )
    misfire = st.fixed_dictionaries(
        {
            "grace": st.sampled_from(["0s", "1h", "2d"]),
            "then": st.sampled_from(["skip", "post", "ask"]),
            "catch_up": st.sampled_from(["latest", "all"]),
        }
    )
    policy = st.sampled_from(["skip", "shift", "hold"])
    return st.builds(
        lambda grid, days, how, late: grid | {"blackout": days, "blackout_policy": how, "misfire": late},
        grids,
        blackouts,
        policy,
        misfire,
    )


def _rules() -> st.SearchStrategy[list[dict[str, Any]]]:
    waits = st.sampled_from(["0s", "1s", "7h", "3d"])
    timed = st.builds(
        lambda rule, wait, keep, task: (
            rule | {"for": wait, "keep_firing_for": keep} | ({"task": REVISE} if task else {})
        ),
        st.sampled_from([SILENT, SLOWING, OVERFED, MISSING, UNREADABLE]),
        waits,
        waits,
        st.booleans(),
    )
    own = SILENT | {"name": "Own", "deadline": {"since": "activity", "period": "30h", "grace": "1h"}}
    effects = st.sampled_from(
        [
            {},
            {"mode": "shadow"},
            {"inhibited_by": ["Unreadable", "Own"]},
            {"pause": {"at_most": "2d"}},
            {"pause": {"at_most": "2d", "approval": True}},
            {"adjust": {"at_least": 1, "at_most": 2}, "review": "weekly"},
        ]
    )
    every = st.builds(
        lambda rule, more: rule | more,
        timed | st.sampled_from([own, QUIET, UNSETTLED, FEW, LATE, NO_FEW]),
        effects,
    )
    return st.lists(every, min_size=1, max_size=7, unique_by=lambda rule: str(rule["name"]))


def judgements(tasks: list[str]) -> st.SearchStrategy[list[Judgement]]:
    """Return what an evaluation may say, also of what is not there."""
    subjects = [*(f"channel/{name}" for name in CHANNELS), *(f"task/{name}" for name in (*tasks, "T0"))]
    truth = st.sampled_from([True, True, False, None])
    one = st.builds(
        lambda rule, subject, so, recovered: Judgement(
            rule=rule,
            subject=subject,
            truth=so,
            data=DataState.OK if so is not None else DataState.UNKNOWN,
            recovered=recovered,
            gone=so is False and subject.startswith("task/"),
            because="So it is.",
        ),
        st.sampled_from(["Few", "Late", "Unheard"]),
        st.sampled_from(subjects),
        truth,
        truth,
    )
    return st.lists(one, max_size=4)


def routings() -> st.SearchStrategy[dict[str, Any]]:
    """Return ways to tell people: at once, together, again and again, in a digest."""
    return st.fixed_dictionaries(
        {
            "group_by": st.sampled_from([[], ["rule"], ["subject", "severity"]]),
            "group_wait": st.sampled_from(["0s", "10m"]),
            "repeat_every": st.sampled_from([None, "5h"]),
            "digest": st.sampled_from([None, {"schedule": {"cron": "0 9 * * *"}, "severities": ["warning"]}]),
        }
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a checked plan out of a small set of names, so that one revision adds and removes what another had."""
    names = draw(st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=3, unique=True))
    watched = st.sampled_from([None, "feed", "csv"])
    channels = [
        {
            "name": name,
            "account": "hand" if name == "hand" else "site",
            "cadence": draw(cadences()),
            "activity": draw(watched),
            "adjustable": draw(st.sampled_from([{}, {"at_least": [1, 2], "at_most": [2, 3]}])),
        }
        for name in names
    ]
    actions = [
        {
            "name": name,
            "channel": draw(st.sampled_from(names)),
            "kind": draw(st.sampled_from(["create", "listen"])),
            "schedule": draw(schedules()),
            "content": {"items": items(draw(st.integers(1, 4))), "repeat": draw(st.booleans())},
        }
        for name in draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3, unique=True))
    ]
    reviews = [
        {
            "name": "weekly",
            "schedule": {"cron": "0 10 * * MON"},
            "checkpoints": ["1d", "9d"],
            "decide_within": "2d",
        }
    ]
    every = st.sampled_from(["1h", "6h", "1d"])
    return plan(
        channels=channels,
        actions=actions,
        rules=draw(_rules()),
        sources=[{"name": name, "kind": "feed", "every": draw(every)} for name in SOURCES[:2]],
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])),
        metrics=draw(st.sampled_from([[], [{"name": "visits", "source": "csv", "expect_every": "30h"}]])),
        reviews=draw(st.sampled_from([[], reviews])),
        owner=draw(st.sampled_from([None, "ann"])),
        routing=draw(routings()),
    )


def outcomes(now: datetime) -> st.SearchStrategy[PublishOutcome]:
    """Return every answer of a platform, also with impossible dates."""
    return st.builds(
        PublishOutcome,
        status=st.sampled_from(PublishStatus),
        at=st.sampled_from([None, now, now + timedelta(days=9), datetime.min.replace(tzinfo=START.tzinfo)]),
        url=st.sampled_from([None, "https://x.test/1"]),
        settle=st.sampled_from([timedelta(0), timedelta(seconds=30), timedelta(hours=7)]),
    )


def readings(now: datetime) -> st.SearchStrategy[Reading]:
    """Return readings of known and foreign sources, of the past and of the future, working and broken."""
    times = st.one_of(
        moves.map(lambda move: now - move),
        moves.map(lambda move: now + move),
        st.just(datetime.min.replace(tzinfo=START.tzinfo)),
    )
    activities = st.lists(st.builds(Activity, at=times, ref=st.sampled_from("abcdefgh")), max_size=4).map(
        tuple
    )
    values = st.sampled_from([0.0, 1.5, -3.0])
    samples = st.lists(
        st.builds(Sample, metric=st.sampled_from(["visits", "none"]), at=times, seen=times, value=values),
        max_size=2,
    ).map(tuple)
    return st.builds(
        Reading,
        source=st.sampled_from(SOURCES),
        at=times,
        ok=st.booleans() | st.just(value=True),
        error=st.just("broken"),
        activities=st.dictionaries(st.sampled_from([*CHANNELS, "elsewhere"]), activities, max_size=2),
        samples=samples,
    )


LATER = st.one_of(seconds, hours, st.just(timedelta(days=-1)), st.just(timedelta(days=9999)))


def work(now: datetime, tasks: list[str]) -> st.SearchStrategy[Instruction]:
    """Return commands about tasks."""
    task, link = st.sampled_from(tasks), st.sampled_from([None, "https://x.test/pasted"])
    return st.one_of(
        st.builds(CompleteTask, task=task, link=link),
        st.builds(DecideSlot, task=task, decision=st.sampled_from(["post", "drop", "posted"]), link=link),
        st.builds(SnoozeTask, task=task, until=LATER.map(lambda move: now + move)),
    )


def instructions(now: datetime, alerts: list[str], reviews: list[str]) -> st.SearchStrategy[Instruction]:
    """Return commands about what there is, and about what there is not."""
    later, scope = LATER.map(lambda move: now + move), st.sampled_from(SCOPES)
    pauses = [
        st.builds(StartPause, scope=scope, until=st.none() | later),
        st.builds(EndPause, scope=scope),
    ]
    review = st.sampled_from([*reviews, "none-1"])
    decide = st.builds(DecideReview, review=review, decision=st.sampled_from(ReviewDecision))
    acknowledge = st.builds(AcknowledgeAlert, alert=st.sampled_from([*alerts, "No@thing"]))
    pattern = st.sampled_from(["*", "S*", "Few", "channel/*"])
    silences = [
        st.builds(StartSilence, rule=pattern, subject=pattern, until=later),
        st.builds(EndSilence, silence=st.sampled_from(["S1", "S2"])),
    ]
    return st.one_of(
        *pauses, *silences, acknowledge, *([decide, decide] if reviews else [decide]), work(now, ["T0"])
    )
