"""Who is told of alerts, and when: causes explain symptoms, silences end, groups and digests wait, repeats repeat."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.domain.journal import EntryType
from engine.domain.messages import AcknowledgeAlert, EndSilence, StartSilence
from engine.domain.records import AlertState
from engine.domain.rule import Severity
from tests.domain.build import DAY, HOUR, SILENT, START, UNREADABLE, Heart, channel, plan, post

SILENT_AFTER = timedelta(days=10.5)
WATCHED = {"activity": "feed"}
TASK = {"title": "Feed {subject}"}
SOURCE = {"name": "feed", "kind": "feed", "every": "6h"}
QUICK: dict[str, Any] = {
    "name": "Quick",
    "reason": "Quick.",
    "deadline": {"since": "activity", "period": "1h"},
}


def two(*rules: dict[str, Any], **more: Any) -> Heart:
    return Heart(plan(channels=[channel("blog"), channel("letter")], rules=rules or (QUICK,), **more))


# --- inhibition ------------------------------------------------------------------------------------------------


SYMPTOM: dict[str, Any] = {
    "name": "Symptom",
    "reason": "Quiet.",
    "deadline": {"since": "activity", "period": "2h"},
    "inhibited_by": ["Cause"],
    "task": TASK,
}
CAUSE: dict[str, Any] = {
    "name": "Cause",
    "reason": "Broken.",
    "deadline": {"since": "activity", "period": "1h"},
}


def explained(**cause: Any) -> Heart:
    """Return a strategy in which one rule explains another."""
    return Heart(plan(rules=[SYMPTOM, CAUSE | cause]))


def test_nobody_is_told_of_a_symptom_whose_cause_fires_and_the_journal_says_why() -> None:
    heart = explained()
    heart.until(START + DAY)
    assert heart.alert("Symptom@channel/blog").state is AlertState.FIRING
    assert heart.alert("Symptom@channel/blog").inhibited_by == "Cause@channel/blog"
    assert not heart.told("Symptom")
    assert not heart.state.tasks
    (held,) = heart.of(EntryType.ALERT_HELD)
    assert "is explained by Cause on channel/blog" in held.summary


def test_a_symptom_that_outlives_its_cause_is_told_then_with_its_task() -> None:
    heart = explained()
    heart.until(START + DAY)
    heart.apply(plan(rules=[SYMPTOM]), START + DAY)
    assert len(heart.told("Symptom")) == 1
    assert heart.task().title == "Feed blog"
    assert heart.alert("Symptom@channel/blog").inhibited_by is None


def test_a_broken_source_explains_the_silence_of_the_channel_that_it_shows() -> None:
    silent = SILENT | {"inhibited_by": ["Unreadable"]}
    heart = Heart(plan(channels=[channel(**WATCHED)], rules=[silent, UNREADABLE], sources=[SOURCE]))
    assert set(heart.plan.rests_on("channel/blog")) == {"channel/blog", "source/feed", "strategy"}
    heart.until(START + 9 * DAY)
    heart.unreadable = {"feed"}
    heart.until(START + 20 * DAY)
    assert [notice.title for notice in heart.told("firing")] == ["Unreadable: source/feed"]


def test_a_shadow_alert_explains_nothing() -> None:
    heart = explained(mode="shadow")
    heart.until(START + DAY)
    assert len(heart.told("Symptom")) == 1


# --- shadow ----------------------------------------------------------------------------------------------------


def test_a_shadow_rule_is_recorded_and_nobody_is_told_and_nothing_follows() -> None:
    heart = Heart(plan(rules=[QUICK | {"mode": "shadow", "task": TASK}]))
    heart.until(START + DAY)
    assert len(heart.of(EntryType.ALERT_FIRING)) == 1
    assert heart.alert("Quick@channel/blog").shadow
    assert not heart.told("Quick")
    assert not heart.state.tasks


# --- silences --------------------------------------------------------------------------------------------------


def test_a_silenced_alert_is_told_when_the_silence_ends_if_it_still_fires() -> None:
    heart = Heart(plan(rules=[QUICK]))
    heart.command(StartSilence(rule="Qui*", until=START + DAY), START)
    heart.until(START + DAY - HOUR)
    assert heart.alert("Quick@channel/blog").silenced_by == "S1"
    assert not heart.told("Quick")
    heart.until(START + DAY)
    assert [notice.notice.rsplit("/", 1)[-1] for notice in heart.told("Quick")] == ["firing"]
    assert not heart.state.silencings
    assert heart.when(EntryType.SILENCE_ENDED) == [START + DAY]


def test_an_alert_that_ended_within_its_silence_is_never_told() -> None:
    heart = Heart(plan(rules=[QUICK], actions=[{"name": "post", "channel": "blog", **DAILY}]))
    heart.command(StartSilence(until=START + DAY), START)
    heart.until(START + 3 * HOUR)
    heart.command(AcknowledgeAlert(alert="Quick@channel/blog"), START + 3 * HOUR)
    assert not heart.told("Quick")


DAILY: dict[str, Any] = {"schedule": {"cron": "0 9 * * *"}, "content": {"items": [{"id": "a"}]}}


def test_a_silence_covers_only_what_it_names_and_can_be_ended_before_its_time() -> None:
    heart = two()
    heart.command(StartSilence(subject="channel/letter", until=START + DAY), START)
    heart.until(START + 2 * HOUR)
    assert [notice.title for notice in heart.told("Quick")] == ["Quick: channel/blog"]
    heart.command(EndSilence(silence="S1"), START + 3 * HOUR)
    assert [notice.title for notice in heart.told("Quick")] == [
        "Quick: channel/blog",
        "Quick: channel/letter",
    ]


def test_a_silence_without_a_future_end_or_of_an_unknown_name_is_refused() -> None:
    heart = Heart(plan())
    assert "later than now" in (heart.command(StartSilence(until=START), START).refused or "")
    assert "no silence S9" in (heart.command(EndSilence(silence="S9"), START).refused or "")


# --- groups, repeats, digest ------------------------------------------------------------------------------------


def test_alerts_of_one_instant_are_one_message_that_names_each() -> None:
    heart = two()
    heart.until(START + 2 * HOUR)
    (notice,) = heart.told("Quick")
    assert notice.title == "2 alerts: Quick"
    assert "channel/blog" in notice.body
    assert "channel/letter" in notice.body
    assert [alert.subject for alert in notice.alerts] == ["channel/blog", "channel/letter"]


def test_alerts_that_share_nothing_of_what_they_are_grouped_by_are_told_apart() -> None:
    heart = two(routing={"group_by": ["subject"]})
    heart.until(START + 2 * HOUR)
    assert len(heart.told("Quick")) == 2


def test_the_first_alert_of_a_group_waits_for_others() -> None:
    later = QUICK | {"name": "Later", "deadline": {"since": "activity", "period": "70m"}}
    heart = Heart(plan(rules=[QUICK, later], routing={"group_wait": "15m"}))
    heart.until(START + timedelta(minutes=74))
    assert not heart.told("Quick")
    assert heart.wake_at == START + timedelta(minutes=75)
    heart.until(START + timedelta(minutes=75))
    (notice,) = heart.told("Quick")
    assert notice.title == "2 alerts: Later, Quick"


def test_an_alert_that_nobody_acknowledges_is_told_again_until_somebody_does() -> None:
    heart = Heart(plan(rules=[QUICK], routing={"repeat_every": "4h"}))
    heart.until(START + 10 * HOUR)
    assert [notice.notice.split("Z/")[1] for notice in heart.told("Quick")] == [
        "firing",
        "firing/2",
        "firing/3",
    ]
    assert heart.told("Quick")[1].title == "Still firing: Quick: channel/blog"
    heart.command(AcknowledgeAlert(alert="Quick@channel/blog"), START + 10 * HOUR)
    heart.until(START + 2 * DAY)
    assert len(heart.told("Quick")) == 3


def test_without_a_wish_to_repeat_an_alert_is_told_once() -> None:
    heart = Heart(plan(rules=[QUICK]))
    heart.until(START + 5 * DAY)
    assert len(heart.told("Quick")) == 1
    assert len(heart.of(EntryType.ALERT_TOLD)) == 1


def test_what_can_wait_is_told_in_the_digest_and_an_empty_digest_is_not_sent() -> None:
    mild = QUICK | {"severity": "info"}
    digest = {"schedule": {"cron": "0 9 * * *"}}
    heart = Heart(plan(rules=[mild], routing={"digest": digest}))
    heart.until(START + 30 * HOUR)
    assert not heart.told("Quick")
    (notice,) = heart.told("digest")
    assert "Quick on channel/blog" in notice.body
    assert notice.severity is Severity.INFO
    heart.until(START + 4 * DAY)
    assert len(heart.told("digest")) == 1


def test_a_message_about_several_alerts_has_the_severity_of_the_worst() -> None:
    heart = two(QUICK, QUICK | {"name": "Worse", "severity": "critical"})
    heart.until(START + 2 * HOUR)
    (notice,) = heart.told("Quick")
    assert notice.severity is Severity.CRITICAL


def test_the_end_of_an_alert_is_told_to_those_who_were_told_of_it_and_only_if_the_plan_wants_that() -> None:
    for wanted, times in ((True, 1), (False, 0)):
        heart = Heart(plan(rules=[SILENT], channels=[channel(**WATCHED)], routing={"resolved": wanted}))
        heart.until(START + 11 * DAY)
        heart.posts["blog"] = [post(START + 11 * DAY)]
        heart.until(START + 12 * DAY)
        assert heart.alert().state is AlertState.RESOLVED
        assert len(heart.told("resolved")) == times
