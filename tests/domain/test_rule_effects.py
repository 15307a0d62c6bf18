"""What a firing rule changes by itself: inside the channel's bounds, with approval where asked, undone at its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.domain.journal import EntryType
from engine.domain.messages import CompleteTask, StartPause
from engine.domain.records import AlertState, Momentum, TaskKind
from tests.domain.build import DAY, HOUR, OVERFED, START, Heart, action, channel, plan, post

WATCHED = {"activity": "feed"}
FEED = [{"name": "feed", "kind": "feed", "every": "1h"}]
MANY = {"at_least": 1, "at_most": 2, "per": "week"}
OVER = "Overfed@channel/blog"


def overfed(
    *, bounds: dict[str, Any] | None = None, rules: tuple[dict[str, Any], ...] = (), **rule: Any
) -> Heart:
    """Return a channel that has had three posts in a week of which two are the most."""
    fed = channel(cadence=MANY, adjustable=bounds or {}, **WATCHED)
    heart = Heart(plan(channels=[fed], sources=FEED, rules=[OVERFED | rule, *rules], actions=[action()]))
    heart.posts["blog"] = [post(START + n * HOUR, ref=f"r{n}") for n in (1, 2, 3)]
    return heart


def test_a_rule_pauses_its_channel_while_it_fires_and_lets_it_go_on_at_its_end() -> None:
    heart = overfed(pause={"at_most": "30d"})
    heart.until(START + 5 * HOUR)
    assert heart.alert(OVER).state is AlertState.FIRING
    (pause,) = heart.state.pauses
    assert (pause.scope, pause.by, pause.over) == ("channel/blog", "rule Overfed", False)
    heart.until(START + 10 * DAY)
    assert heart.alert(OVER).state is AlertState.RESOLVED
    assert all(pause.over for pause in heart.state.pauses)
    assert not heart.state.adjusted
    made, undone = heart.of(EntryType.ADJUSTMENT_MADE), heart.of(EntryType.ADJUSTMENT_UNDONE)
    assert len(made) == len(undone) == 1


def test_the_pause_of_a_rule_ends_by_itself_at_its_longest() -> None:
    heart = overfed(pause={"at_most": "1d"})
    heart.until(START + 3 * DAY)
    assert heart.alert(OVER).state is AlertState.FIRING
    (pause,) = heart.state.pauses
    assert pause.over
    assert pause.end == pause.start + DAY


def test_a_persons_own_pause_outlives_that_of_the_rule() -> None:
    heart = overfed(pause={"at_most": "30d"})
    heart.until(START + 5 * HOUR)
    heart.command(StartPause(scope="channel/blog", reason="holidays"), START + 5 * HOUR, by="ann")
    heart.until(START + 12 * DAY)
    assert [(pause.by, pause.over) for pause in heart.state.pauses if not pause.over] == [("ann", False)]


def test_with_approval_nothing_changes_until_a_person_agrees() -> None:
    heart = overfed(pause={"at_most": "30d", "approval": True})
    heart.until(START + 5 * HOUR)
    assert not heart.state.pauses
    task = heart.task()
    assert task.kind is TaskKind.APPROVE
    assert task.title.startswith("Approve: pause blog until")
    heart.command(CompleteTask(task=task.id), START + 6 * HOUR)
    assert [pause.scope for pause in heart.state.pauses] == ["channel/blog"]


def test_what_nobody_approved_is_forgotten_when_the_alert_ends() -> None:
    heart = overfed(pause={"at_most": "30d", "approval": True}, rules=())
    heart.posts["blog"] = [post(START + HOUR, ref=f"r{n}") for n in (1, 2, 3)]
    heart.until(START + 12 * DAY)
    assert not heart.state.pauses
    assert not heart.state.adjusted
    assert not heart.of(EntryType.ADJUSTMENT_MADE, EntryType.ADJUSTMENT_UNDONE)
    assert not [task for task in heart.state.tasks.values() if task.kind is TaskKind.APPROVE]


def test_a_rule_changes_a_cadence_only_inside_the_channels_bounds() -> None:
    heart = overfed(adjust={"at_most": 1}, bounds={"at_most": [2, 5]})
    heart.until(START + 5 * HOUR)
    (changed,) = heart.state.adjusted.values()
    assert changed.at_most == 2
    loose = overfed(adjust={"at_most": 1})
    loose.until(START + 5 * HOUR)
    assert [one.at_most for one in loose.state.adjusted.values()] == [None]


def test_a_lowered_promise_makes_a_slower_channel_steady_again_and_does_not_end_its_own_cause() -> None:
    promise = {"at_least": 3, "per": "week"}
    slow = {"name": "Slow", "reason": "Slow.", "cadence": {"breach": "at_least"}, "adjust": {"at_least": 1}}
    fed = channel(cadence=promise, adjustable={"at_least": [1, 3]}, **WATCHED)
    heart = Heart(plan(channels=[fed], sources=FEED, rules=[slow]))
    heart.posts["blog"] = [post(START + n * 6 * DAY, ref=f"r{n}") for n in range(1, 6)]
    heart.until(START + 20 * DAY)
    assert heart.alert("Slow@channel/blog").state is AlertState.FIRING
    assert heart.alert("Slow@channel/blog").episode == 1
    assert heart.state.channels["blog"].momentum is Momentum.STEADY


def test_while_a_rule_allows_fewer_posts_the_slots_above_that_are_skipped_with_the_reason() -> None:
    quick = {
        "name": "Throttle",
        "reason": "Too many replies.",
        "deadline": {"since": "activity", "period": "30m"},
        "adjust": {"at_most": 1},
        "keep_firing_for": "30d",
    }
    fed = channel(cadence={"at_most": 7, "per": "week"}, adjustable={"at_most": [1, 7]})
    heart = Heart(plan(channels=[fed], rules=[quick], actions=[action()]))
    heart.until(START + 4 * DAY)
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1
    assert {entry.data["why"] for entry in heart.of(EntryType.SLOT_SKIPPED)} == {
        "a rule allows only 1 post in a period just now"
    }


def test_a_rule_calls_a_review_once_and_says_why() -> None:
    review = {"name": "council", "checkpoints": ["300d"]}
    quick = {
        "name": "Quick",
        "reason": "Quick.",
        "deadline": {"since": "activity", "period": "1h"},
        "review": "council",
    }
    heart = Heart(plan(rules=[quick], reviews=[review]))
    heart.until(START + 3 * DAY)
    (opened,) = heart.of(EntryType.REVIEW_OPENED)
    assert "called by Quick on channel/blog" in opened.summary
    assert opened.at == START + timedelta(hours=1)
