"""Alerts live from inactive to resolved by their own clocks, tell people once, and never by a value."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.domain.journal import EntryType
from engine.domain.messages import AcknowledgeAlert, Observed
from engine.domain.records import AlertState
from tests.domain.build import (
    DAY,
    HOUR,
    OVERFED,
    REVISE,
    SILENT,
    START,
    TINY,
    Heart,
    action,
    channel,
    items,
    plan,
    post,
    reading,
)

DUE = START + timedelta(days=10.5)
WATCHED = channel(activity="feed")


def lively(**rule: object) -> Heart:
    """Return a heart with one rule about silence."""
    return Heart(plan(channels=[WATCHED], rules=[SILENT | rule]))


def seen(heart: Heart, *posts: object) -> None:
    """Let the feed show posts from now on."""
    heart.posts.setdefault("blog", []).extend(posts)  # type: ignore[arg-type]


def test_with_for_an_alert_waits_in_pending_for_exactly_so_long() -> None:
    heart = lively(**{"for": "6h"})
    heart.until(DUE + 6 * HOUR - TINY)
    assert heart.alert().state is AlertState.PENDING
    heart.until(DUE + 6 * HOUR)
    assert heart.when(EntryType.ALERT_PENDING) == [DUE]
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + 6 * HOUR]


def test_a_pending_alert_that_turns_false_tells_nobody() -> None:
    heart = lively(**{"for": "6h"}, task=REVISE)
    heart.until(DUE)
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + DAY)
    assert heart.alert().state is AlertState.INACTIVE
    assert not heart.told("Silent")
    assert not heart.state.tasks


def test_an_alert_recovers_for_as_long_as_it_keeps_firing_before_it_resolves() -> None:
    heart = lively(keep_firing_for="2d")
    heart.until(DUE)
    back = DUE + timedelta(minutes=30)
    seen(heart, post(back))
    heart.until(DUE + 3 * DAY)
    (recovering,) = heart.when(EntryType.ALERT_RECOVERING)
    assert heart.when(EntryType.ALERT_RESOLVED) == [recovering + 2 * DAY]


def test_a_relapse_while_recovering_is_the_same_episode_and_tells_nobody_again() -> None:
    heart = lively(keep_firing_for="30d")
    heart.until(DUE)
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + 20 * DAY)
    assert heart.alert().state is AlertState.FIRING
    assert heart.alert().episode == 1
    assert len(heart.told("/firing")) == 1


def test_firing_again_after_resolving_is_a_new_episode_with_one_notification_each() -> None:
    heart = lively(task=REVISE)
    heart.until(DUE)
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + 20 * DAY)
    assert heart.alert().episode == 2
    assert len(heart.told("/firing")) == len({notice.notice for notice in heart.told("/firing")}) == 2
    (resolved,) = heart.told("/resolved")
    (fired,), (over,) = heart.told("/firing")[0].alerts, resolved.alerts
    assert (fired.state, fired.fired_at) == (AlertState.FIRING, DUE)
    assert (over.id, over.fired_at) == (fired.id, fired.fired_at)
    assert over.state is AlertState.RESOLVED
    assert [over.resolved_at] == heart.when(EntryType.ALERT_RESOLVED)


def test_a_firing_alert_opens_one_task_that_closes_when_it_resolves() -> None:
    heart = lively(task=REVISE)
    heart.until(DUE)
    task = heart.task()
    assert (task.title, task.assignee, task.due) == ("Revise blog", "ann", DUE + 3 * DAY)
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + DAY)
    assert not heart.state.tasks
    assert len(heart.of(EntryType.TASK_CLOSED)) == 1


def test_a_task_that_shall_outlive_its_alert_is_not_opened_twice() -> None:
    heart = lively(task=REVISE | {"close_on_resolve": False})
    heart.until(DUE)
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + 20 * DAY)
    assert heart.alert().episode == 2
    assert len(heart.of(EntryType.TASK_OPENED)) == 1


def test_a_rule_that_comes_back_into_the_plan_notifies_under_a_new_identity() -> None:
    heart = lively()
    heart.until(DUE)
    heart.apply(plan(channels=[WATCHED], rules=[]), DUE + HOUR)
    heart.apply(plan(channels=[WATCHED], rules=[SILENT]), DUE + 2 * HOUR)
    assert len({notice.notice for notice in heart.told("/firing")}) == 2


def test_too_many_posts_fire_at_once_and_resolve_a_tenth_of_the_period_after_they_are_few_again() -> None:
    heart = Heart(
        plan(channels=[channel(cadence={"at_most": 2, "per": "day"}, activity="feed")], rules=[OVERFED])
    )
    times = [START + timedelta(minutes=n, microseconds=n) for n in (1, 2, 3)]
    heart.tell(
        Observed(readings=(reading("feed", START + HOUR, posts={"blog": [post(t) for t in times]}),)),
        START + HOUR,
    )
    assert heart.alert("Overfed@channel/blog").state is AlertState.FIRING
    calm = times[0] + DAY + DAY / 10
    heart.until(calm - TINY)
    assert heart.alert("Overfed@channel/blog").state is AlertState.FIRING
    heart.until(START + 2 * DAY)
    assert heart.when(EntryType.ALERT_RESOLVED) == [calm]


def test_one_post_too_many_at_the_same_hours_every_day_is_one_alert_that_stays() -> None:
    greedy = action(
        schedule={"cron": "0 13,14,15 * * *", "timezone": "UTC"}, content={"items": items(1), "repeat": True}
    )
    fed = [channel(cadence={"at_most": 2, "per": "day"})]
    heart = Heart(plan(channels=fed, actions=[greedy], rules=[OVERFED]))
    heart.until(START + 8 * DAY)
    last = [datetime.fromisoformat(str(entry.data["slot"])) for entry in heart.of(EntryType.SLOT_PUBLISHED)]
    heart.apply(plan(channels=fed, rules=[OVERFED]), START + 8 * DAY)
    heart.until(START + 20 * DAY)
    assert len(last) >= 20
    assert heart.when(EntryType.ALERT_FIRING) == [last[2]]
    assert heart.when(EntryType.ALERT_RESOLVED) == [last[-3] + DAY + DAY / 10]
    assert heart.of(EntryType.ALERT_RECOVERING, EntryType.ALERT_PENDING) == []


def test_too_many_posts_do_not_resolve_while_the_source_is_silent() -> None:
    heart = Heart(
        plan(channels=[channel(cadence={"at_most": 1, "per": "day"}, activity="feed")], rules=[OVERFED])
    )
    found = {"blog": [post(START), post(START + TINY)]}
    heart.tell(Observed(readings=(reading("feed", START + TINY, posts=found),)), START + TINY)
    heart.unreadable = {"feed"}
    heart.until(START + 3 * DAY)
    assert heart.alert("Overfed@channel/blog").state is AlertState.FIRING


def test_an_acknowledged_alert_says_by_whom_and_the_next_episode_does_not() -> None:
    heart = lively()
    heart.until(DUE)
    heart.command(AcknowledgeAlert(alert="Silent@channel/blog"), DUE, by="ben")
    assert heart.alert().acknowledged_by == "ben"
    seen(heart, post(DUE + HOUR))
    heart.until(DUE + 20 * DAY)
    assert heart.alert().episode == 2
    assert heart.alert().acknowledged_by is None
