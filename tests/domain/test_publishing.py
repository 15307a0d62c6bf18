"""A post goes out once; whoever doubts it looks, and whoever cannot see asks a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.journal import EntryType
from engine.domain.messages import DecideSlot, Find, Publish, PublishFinished, Resumed, StartPause, Tick
from engine.domain.publication import PublishStatus
from engine.domain.records import SlotPhase, TaskKind
from tests.domain.build import DAY, HOUR, START, Heart, action, items, outcome, plan, utc

SLOT = utc("2026-01-05 09:00")
ID = "post@2026-01-05T09:00:00Z"
MAYBE = outcome(PublishStatus.MAYBE, settle="30s")
PUBLISHED, ABSENT, UNSURE, REFUSED, EXHAUSTED, ASKED = (
    outcome(getattr(PublishStatus, name))
    for name in ("PUBLISHED", "ABSENT", "UNSURE", "REFUSED", "EXHAUSTED", "ASKED")
)


def answered(*answers: Any, days: int = 0) -> Heart:
    """Return a heart whose platform has given these answers."""
    heart = Heart(plan(actions=[action(content={"items": items(50)})]))
    heart.answers.extend(answers)
    return heart.until(SLOT + HOUR + days * DAY)


def sent(heart: Heart) -> list[str]:
    """Return the keys of what was sent."""
    return [publish.post.key for publish in heart.asked(Publish)]


def test_a_doubtful_post_is_looked_for_after_it_has_settled() -> None:
    heart = answered(MAYBE, PUBLISHED)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT + timedelta(seconds=30)]
    assert (len(heart.asked(Publish)), len(heart.asked(Find))) == (1, 1)


def test_a_doubtful_post_that_needs_no_time_to_settle_is_looked_for_at_once() -> None:
    heart = answered(outcome(PublishStatus.MAYBE), PUBLISHED)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT]


@pytest.mark.parametrize(
    ("since", "looked"),
    [(-20, 10), (-30, 0), (-90, 0), (0, 30), (+5, 30)],
    ids=["heard late", "as late as that", "later than that", "at once", "a clock ahead of ours"],
)
def test_the_time_to_settle_counts_from_the_doubt_not_from_when_the_strategy_hears(
    since: int, looked: int
) -> None:
    doubt = outcome(PublishStatus.MAYBE, settle="30s", since=SLOT + timedelta(seconds=since))
    heart = answered(doubt, PUBLISHED)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT + timedelta(seconds=looked)]


def test_a_post_that_is_provably_absent_is_sent_again_under_the_same_key() -> None:
    heart = answered(MAYBE, ABSENT, PUBLISHED)
    assert len(sent(heart)) == 2
    assert len(set(sent(heart))) == 1
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1


def test_after_three_sends_without_arrival_a_person_decides() -> None:
    heart = answered(MAYBE, ABSENT, MAYBE, ABSENT, MAYBE, ABSENT)
    assert len(sent(heart)) == 3
    assert len(heart.of(EntryType.SLOT_FAILED)) == 1
    assert heart.task().kind is TaskKind.DECIDE


@pytest.mark.parametrize("answer", [REFUSED, EXHAUSTED], ids=["refused", "exhausted"])
def test_a_post_that_did_nothing_and_never_will_is_a_decision(answer: Any) -> None:
    heart = answered(answer)
    assert len(heart.of(EntryType.SLOT_FAILED)) == 1
    assert heart.task().kind is TaskKind.DECIDE


@pytest.mark.parametrize(
    "look",
    [UNSURE, REFUSED, EXHAUSTED, ASKED, MAYBE],
    ids=["unsure", "refused", "exhausted", "asked", "maybe"],
)
def test_a_look_that_proves_nothing_asks_a_person_to_look_and_sends_nothing(look: Any) -> None:
    heart = answered(MAYBE, look)
    assert len(sent(heart)) == 1
    assert not heart.of(EntryType.SLOT_FAILED)
    assert len(heart.of(EntryType.SLOT_UNKNOWN)) == 1
    assert heart.task().kind is TaskKind.VERIFY


def test_a_person_who_looked_may_let_the_same_key_be_sent_again() -> None:
    heart = answered(MAYBE, UNSURE)
    heart.command(DecideSlot(task="T1", decision="post"), SLOT + 2 * HOUR)
    first, second = heart.asked(Publish)
    assert first.post.key == second.post.key
    assert (first.known_absent, second.known_absent) == (False, True)
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1
    assert not heart.state.tasks


def test_a_person_may_say_that_it_was_posted() -> None:
    heart = answered(MAYBE, UNSURE)
    heart.command(DecideSlot(task="T1", decision="posted", link="https://x.test/1"), SLOT + 2 * HOUR)
    (entry,) = heart.of(EntryType.SLOT_PUBLISHED)
    assert (entry.data["url"], entry.data["by"]) == ("https://x.test/1", "cem")
    assert heart.state.channels["blog"].recent[-1].ref == "https://x.test/1"


def test_a_person_may_drop_a_post_and_the_next_slot_takes_its_content() -> None:
    heart = answered(REFUSED)
    heart.command(DecideSlot(task="T1", decision="drop"), SLOT + 2 * HOUR)
    heart.until(SLOT + DAY)
    assert [publish.post.item.id for publish in heart.asked(Publish)] == ["p1", "p1"]
    assert heart.of(EntryType.SLOT_SKIPPED)[0].data["by"] == "cem"


def test_answers_for_a_closed_slot_change_nothing() -> None:
    heart = answered(PUBLISHED)
    before = heart.state
    for status in PublishStatus:
        heart.tell(PublishFinished(slot=ID, outcome=outcome(status)), SLOT + HOUR)
    heart.tell(PublishFinished(slot="nobody@never", outcome=PUBLISHED), SLOT + HOUR)
    assert heart.state == before


def test_a_doubt_that_is_told_twice_is_looked_into_once() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.answers.append(MAYBE)
    heart.until(SLOT)
    heart.tell(PublishFinished(slot=ID, outcome=MAYBE), SLOT + timedelta(seconds=20))
    heart.until(SLOT + HOUR)
    assert len(heart.asked(Find)) == 1
    assert heart.asked(Publish)[0].slot == ID


def test_good_news_that_comes_late_closes_the_question() -> None:
    heart = answered(MAYBE, UNSURE)
    heart.tell(PublishFinished(slot=ID, outcome=PUBLISHED), SLOT + 2 * HOUR)
    assert not heart.state.tasks
    assert not heart.state.slots
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1


def test_a_doubtful_post_is_never_closed_by_the_next_slot() -> None:
    heart = answered(MAYBE, UNSURE, REFUSED, days=1)
    kinds = [task.kind for task in heart.state.tasks.values()]
    assert kinds == [TaskKind.VERIFY, TaskKind.DECIDE]


def test_after_ten_doubtful_posts_no_further_one_is_made() -> None:
    heart = Heart(plan(actions=[action(content={"items": items(50)})]))
    heart.answers.extend([MAYBE, UNSURE] * 20)
    heart.until(START + 15 * DAY)
    assert len(sent(heart)) == 10
    assert "somebody must look first" in heart.of(EntryType.SLOT_SKIPPED)[0].summary


def test_a_memory_that_was_lost_looks_for_what_was_under_way_before_it_sends_anything_new() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.deaf = True
    heart.until(SLOT)
    result = heart.tell(Resumed(), SLOT + DAY)
    assert [
        (type(effect), effect.slot) for effect in result.effects if isinstance(effect, Find | Publish)
    ] == [
        (Find, ID),
        (Publish, "post@2026-01-06T09:00:00Z"),
    ]
    phases = [slot.phase for slot in heart.state.slots.values()]
    assert phases == [SlotPhase.FINDING, SlotPhase.PUBLISHING]


def test_a_slot_under_way_when_its_action_leaves_the_plan_still_ends_published() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.deaf = True
    heart.until(SLOT)
    heart.apply(plan(), SLOT)
    heart.tell(PublishFinished(slot=ID, outcome=PUBLISHED), SLOT + HOUR)
    assert len(heart.of(EntryType.SLOT_PUBLISHED)) == 1
    assert not heart.of(EntryType.SLOT_SKIPPED)


def test_a_broken_date_in_an_answer_counts_as_now() -> None:
    heart = answered(outcome(PublishStatus.PUBLISHED, at=utc("0001-01-01 00:00")))
    assert heart.state.channels["blog"].recent[-1].at == SLOT


def test_a_tick_does_not_send_again_what_is_under_way() -> None:
    heart = Heart(plan(actions=[action()]))
    heart.deaf = True
    for minutes in range(0, 180, 7):
        heart.tell(Tick(), SLOT + timedelta(minutes=minutes))
    assert len(sent(heart)) == 1


@pytest.mark.parametrize("answer", [PUBLISHED, ABSENT], ids=["it appeared", "it did not"])
def test_a_paused_slot_is_not_given_up_while_another_worker_may_be_at_its_call(answer: Any) -> None:
    ended = SLOT + timedelta(seconds=40)
    heart = Heart(plan(actions=[action(content={"items": items(50)})]))
    heart.answers.extend([outcome(PublishStatus.MAYBE, settle="1s", under_way_until=ended), ABSENT, answer])
    heart.until(SLOT)
    heart.command(StartPause(reason="holidays"), SLOT)
    heart.until(SLOT + HOUR)
    closed = EntryType.SLOT_PUBLISHED if answer is PUBLISHED else EntryType.SLOT_SKIPPED
    assert heart.when(closed) == [ended]
    assert (len(heart.asked(Publish)), len(heart.asked(Find))) == (1, 2)


def test_an_absent_post_is_sent_again_at_once_although_another_worker_may_be_at_its_call() -> None:
    doubt = outcome(PublishStatus.MAYBE, settle="1s", under_way_until=SLOT + timedelta(seconds=40))
    heart = answered(doubt, ABSENT, PUBLISHED)
    assert heart.when(EntryType.SLOT_PUBLISHED) == [SLOT + timedelta(seconds=1)]
    assert len(heart.asked(Publish)) == 2
