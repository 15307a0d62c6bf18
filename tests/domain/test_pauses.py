"""A pause stops the posting and the momentum clocks, and nothing that it does not name."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.journal import EntryType
from engine.domain.messages import EndPause, Publish, StartPause
from engine.domain.publication import PublishStatus
from engine.domain.records import AlertState, Momentum
from tests.domain.build import DAY, HOUR, SILENT, START, Heart, action, channel, outcome, plan, utc

DUE = START + timedelta(days=10.5)


def test_a_pause_with_an_end_moves_the_silence_by_its_length() -> None:
    heart = Heart(plan())
    heart.until(START + 5 * DAY)
    heart.command(StartPause(until=START + 8 * DAY), START + 5 * DAY)
    assert heart.wake_at == START + 8 * DAY
    heart.until(START + 30 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + 3 * DAY]
    assert heart.when(EntryType.PAUSE_ENDED) == [START + 8 * DAY]


def test_an_open_pause_stops_the_clock_until_somebody_resumes() -> None:
    heart = Heart(plan())
    heart.command(StartPause(scope="channel/blog"), START + DAY)
    heart.until(START + 100 * DAY)
    assert not heart.of(EntryType.ALERT_FIRING)
    heart.command(EndPause(scope="channel/blog"), START + 100 * DAY)
    heart.until(START + 200 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + 99 * DAY]


def test_a_pause_of_another_channel_moves_nothing() -> None:
    heart = Heart(plan(channels=[channel(), channel("news")]))
    heart.command(StartPause(scope="channel/news"), START)
    heart.until(START + 20 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [DUE]


def test_a_pause_of_all_the_actions_of_a_channel_stops_its_clock_too() -> None:
    heart = Heart(
        plan(
            actions=[action(schedule={"cron": "0 0 1 1 *"}), action("other", schedule={"cron": "0 0 1 1 *"})]
        )
    )
    heart.command(StartPause(scope="action/post", until=START + 3 * DAY), START)
    heart.command(StartPause(scope="action/other", until=START + 2 * DAY), START)
    heart.until(START + 20 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + 2 * DAY]


def test_an_alert_that_fires_already_stays_in_a_pause() -> None:
    heart = Heart(plan())
    heart.until(DUE)
    heart.command(StartPause(), DUE + HOUR)
    heart.until(DUE + 5 * DAY)
    assert heart.alert().state is AlertState.FIRING


def test_a_pending_alert_does_not_ripen_in_a_pause() -> None:
    heart = Heart(plan(rules=[SILENT | {"for": "2h"}]))
    heart.until(DUE + HOUR)
    heart.command(StartPause(until=DUE + DAY), DUE + HOUR)
    heart.until(DUE + 2 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + DAY + HOUR]


def test_slots_in_a_pause_are_skipped_with_the_reason() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.command(StartPause(scope="action/post", until=START + 2 * DAY), START)
    heart.until(START + 2 * DAY + 2 * HOUR)
    assert [entry.data["why"] for entry in heart.of(EntryType.SLOT_SKIPPED)] == ["action/post is paused"] * 2
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1


def test_a_slot_at_the_very_end_of_a_pause_is_done() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.command(StartPause(until=utc("2026-01-06 09:00")), START)
    heart.until(utc("2026-01-06 09:00"))
    assert heart.when(EntryType.SLOT_PUBLISHED) == [utc("2026-01-06 09:00")]


def test_a_slot_shifted_out_of_a_blackout_is_not_done_in_a_pause() -> None:
    schedule = {
        "dates": ["2026-01-06T09:00"],
        "blackout": [{"start": "2026-01-06"}],
        "blackout_policy": "shift",
    }
    heart = Heart(plan(actions=[action(schedule=schedule)]))
    heart.until(START + DAY + 2 * HOUR)
    heart.command(StartPause(), START + DAY + 2 * HOUR)
    heart.until(START + 5 * DAY)
    assert not heart.asked(Publish)
    assert heart.of(EntryType.SLOT_SKIPPED)[0].data["why"] == "strategy is paused"


def test_a_post_that_did_not_arrive_is_not_sent_again_in_a_pause() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.answers.extend([outcome(PublishStatus.MAYBE, settle="1m"), outcome(PublishStatus.ABSENT)])
    heart.until(START + HOUR)
    heart.command(StartPause(), START + HOUR)
    heart.until(START + 2 * HOUR)
    assert len(heart.asked(Publish)) == 1
    assert heart.when(EntryType.SLOT_SKIPPED) == [START + HOUR + timedelta(minutes=1)]


def test_a_second_pause_of_the_same_scope_takes_the_place_of_the_first() -> None:
    heart = Heart(plan())
    heart.command(StartPause(until=START + 9 * DAY), START)
    heart.command(StartPause(until=START + 2 * DAY), START + DAY)
    heart.until(START + 30 * DAY)
    assert heart.when(EntryType.PAUSE_ENDED) == [START + DAY, START + 2 * DAY]
    assert heart.when(EntryType.ALERT_FIRING) == [DUE + 2 * DAY]


def test_an_open_pause_is_never_forgotten_however_many_others_follow() -> None:
    heart = Heart(plan(channels=[channel(), channel("news")]))
    heart.command(StartPause(scope="channel/blog"), START)
    for n in range(1, 150):
        heart.command(StartPause(scope="channel/news"), START + n * HOUR)
    assert [pause.scope for pause in heart.state.pauses if not pause.over] == ["channel/blog", "channel/news"]
    assert len(heart.state.pauses) <= 101


def test_a_post_in_an_open_pause_brings_a_silent_channel_back() -> None:
    heart = Heart(plan(actions=[action(schedule={"dates": ["2026-01-20T09:00"]})]))
    heart.answers.append(outcome(PublishStatus.MAYBE, settle="1h"))
    heart.until(utc("2026-01-20 09:30"))
    before = heart.state.channels["blog"].momentum
    heart.command(StartPause(), utc("2026-01-20 09:30"))
    heart.until(utc("2026-01-20 10:00"))
    assert (before, heart.state.channels["blog"].momentum) == (Momentum.SILENT, Momentum.STEADY)


def test_a_resume_shortly_before_a_silence_asks_for_a_look_at_once() -> None:
    heart = Heart(plan(channels=[channel(activity="feed")]))
    shortly_before = DUE - timedelta(seconds=30)
    heart.until(shortly_before)
    heart.command(StartPause(), shortly_before)
    heart.until(shortly_before + DAY)
    heart.command(EndPause(), shortly_before + DAY)
    assert heart.state.sources["feed"].read_at == shortly_before + DAY


def test_blacked_out_days_of_every_action_stop_the_clock() -> None:
    quiet = {"cron": "0 9 * * *", "blackout": [{"start": "2026-01-07", "end": "2026-01-09"}]}
    heart = Heart(plan(actions=[action(schedule=quiet, content={"items": [{"id": "one"}]})]))
    heart.until(START + 30 * DAY)
    assert heart.when(EntryType.ALERT_FIRING) == [utc("2026-01-05 09:00") + timedelta(days=13.5)]
