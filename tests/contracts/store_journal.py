"""What every store does with a strategy's steps: its row, its journal, its alerts, tasks and reviews."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from engine.domain.errors import EngineError, NotFoundError
from engine.domain.journal import Entry, EntryType
from engine.domain.records import AlertState, ReviewDecision, TaskState
from engine.domain.storage import Store
from tests.contracts import store_records as make
from tests.contracts.store_records import NAME, T0, at, entry, row


def seqs(found: list[tuple[str, Entry]]) -> list[int]:
    return [each.seq for _, each in found]


class RowsContract:
    def test_a_strategy_comes_back_as_it_was_written(self, store: Store) -> None:
        store.record(row(3, number=1.5), [], T0)
        assert store.strategy(NAME) == row(3, number=1.5)

    def test_strategies_are_listed_by_name_in_code_point_order(self, store: Store) -> None:
        for name in ("b/x", "a/z", "a/b", "B/x", "a-b/x", "ä/x"):
            store.record(row(strategy=name), [], T0)
        assert [each.strategy for each in store.strategies()] == ["B/x", "a-b/x", "a/b", "a/z", "b/x", "ä/x"]

    def test_an_unknown_strategy_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="acme/nothing"):
            store.strategy("acme/nothing")

    def test_a_memory_keeps_the_order_of_its_keys(self, store: Store) -> None:
        commands = {f"{name}-id": "done" for name in ("zeta", "b", "mu", "a")}
        store.record(row(commands=commands), [], T0)
        assert list(store.strategy(NAME).state["commands"]) == list(commands), "the oldest is forgotten first"
        assert list(store.strategies()[0].state["commands"]) == list(commands)

    def test_an_older_row_never_replaces_a_newer_one(self, store: Store) -> None:
        store.record(row(5, what="new"), [], T0)
        store.record(row(4, what="old", updated=9), [], T0)
        assert store.strategy(NAME).state["what"] == "new"

    def test_a_later_row_at_the_same_entry_replaces_the_earlier_one_only(self, store: Store) -> None:
        store.record(row(5, what="first"), [], T0)
        store.record(row(5, what="later", updated=2), [], T0)
        store.record(row(5, what="late attempt", updated=1), [], T0)
        assert store.strategy(NAME).state["what"] == "later"

    def test_numbers_that_are_not_finite_become_null_instead_of_stopping_the_strategy(
        self, store: Store
    ) -> None:
        store.record(row(1, rate=float("inf"), share=float("nan")), [], T0)
        state = store.strategy(NAME).state
        assert (state["rate"], state["share"]) == (None, None)


class JournalContract:
    def test_entries_come_back_whole_and_in_order(self, store: Store) -> None:
        given = [entry(1, extra={"a": [1, "ü"]}), entry(2), entry(3)]
        assert store.record(row(3), given, T0) == 3
        assert store.journal(NAME) == [(NAME, each) for each in given]

    def test_recording_the_same_twice_is_recording_it_once(self, store: Store) -> None:
        given = [entry(1), make.alert_entry(2, make.alert())]
        assert [store.record(row(2), given, T0) for _ in range(2)] == [2, 2]
        assert store.journal(NAME) == [(NAME, each) for each in given]
        assert len(store.alerts(NAME)) == 1

    def test_an_overlapping_batch_adds_only_what_is_new(self, store: Store) -> None:
        store.record(row(2), [entry(1), entry(2)], T0)
        assert store.record(row(3), [entry(2, summary="other"), entry(3)], T0) == 3
        assert [each.summary for _, each in store.journal(NAME)] == ["entry 1", "entry 2", "entry 3"]

    def test_batches_out_of_order_end_the_same(self, store: Store) -> None:
        store.record(row(4), [entry(4), entry(3)], T0)
        assert store.record(row(2), [entry(2), entry(1)], T0) == 4
        assert seqs(store.journal(NAME)) == [1, 2, 3, 4]
        assert store.strategy(NAME).seq == 4

    def test_a_number_twice_in_one_batch_is_taken_once(self, store: Store) -> None:
        store.record(row(1), [entry(1), entry(1, summary="other")], T0)
        assert [each.summary for _, each in store.journal(NAME)] == ["entry 1"]

    def test_an_empty_step_writes_only_the_row(self, store: Store) -> None:
        assert store.record(row(0), [], T0) == 0
        assert store.journal(NAME) == []

    def test_the_journal_can_be_narrowed(self, store: Store) -> None:
        given = [entry(1), entry(2, EntryType.PAUSE_STARTED), entry(3, subject="action/a"), entry(4)]
        store.record(row(4), given, T0)
        assert seqs(store.journal(NAME, types=["pause.started"])) == [2]
        assert seqs(store.journal(NAME, types=[EntryType.PAUSE_STARTED, EntryType.CHANNEL_STATE])) == [
            1,
            2,
            3,
            4,
        ]
        assert seqs(store.journal(NAME, subject="action/a")) == [3]
        assert seqs(store.journal(NAME, after=2)) == [3, 4]
        assert seqs(store.journal(NAME, since=at(3))) == [3, 4]
        assert seqs(store.journal(NAME, limit=2)) == [1, 2]
        assert seqs(store.journal(NAME, limit=2, newest_first=True)) == [4, 3]
        assert store.journal("acme/other") == []

    def test_several_strategies_are_told_in_order_of_instants(self, store: Store) -> None:
        store.record(row(2, strategy="a/a"), [entry(1, hours=1), entry(2, hours=4)], T0)
        store.record(row(2, strategy="b/b"), [entry(1, hours=2), entry(2, hours=3)], T0)
        told = [(name, each.seq) for name, each in store.journal()]
        assert told == [("a/a", 1), ("b/b", 1), ("b/b", 2), ("a/a", 2)]
        assert store.journal(newest_first=True) == store.journal()[::-1]

    def test_instants_keep_their_microseconds_and_come_back_in_utc(self, store: Store) -> None:
        berlin = datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))
        given = entry(1).model_copy(update={"at": berlin})
        store.record(row(1), [given], T0)
        ((_, found),) = store.journal(NAME, since=berlin)
        assert found.at == berlin
        assert found.at.utcoffset() == timedelta(0)
        assert store.journal(NAME, since=berlin + timedelta(microseconds=1)) == []

    def test_characters_that_a_database_cannot_hold_do_not_stop_the_strategy(self, store: Store) -> None:
        hostile = "a\x00b\ud800c \\u0000"
        store.record(row(1), [entry(1, summary=hostile, title=hostile)], T0)
        ((_, found),) = store.journal(NAME)
        assert found.summary == found.data["title"] == "a\ufffdb\ufffdc \\u0000"


class ProjectionsContract:
    def test_alerts_are_as_their_last_entry_says(self, store: Store) -> None:
        store.record(row(1), [make.alert_entry(1, make.alert(AlertState.PENDING))], T0)
        store.record(row(2), [make.alert_entry(2, make.alert(AlertState.FIRING))], T0)
        assert store.alerts(NAME) == [(NAME, make.alert(AlertState.FIRING))]

    def test_inactive_and_resolved_alerts_are_left_out_unless_asked_for(self, store: Store) -> None:
        states = list(AlertState)
        given = [
            make.alert_entry(n, make.alert(state, subject=f"channel/{state}"))
            for n, state in enumerate(states, 1)
        ]
        store.record(row(9), given, T0)
        assert {found.state for _, found in store.alerts()} == {"pending", "firing", "recovering"}
        assert len(store.alerts(active=False)) == len(states)

    def test_an_older_entry_never_overwrites_a_newer_record(self, store: Store) -> None:
        store.record(row(5), [make.task_entry(5, make.task(state=TaskState.DONE))], T0)
        store.record(row(4), [make.task_entry(4, make.task())], T0)
        assert store.tasks(NAME) == []
        assert store.tasks(NAME, open_only=False) == [(NAME, make.task(state=TaskState.DONE))]

    def test_an_entry_that_was_left_alone_changes_no_record(self, store: Store) -> None:
        store.record(row(1), [entry(1)], T0)
        store.record(row(1), [make.task_entry(1, make.task())], T0)
        assert store.tasks(NAME) == []

    def test_open_tasks_come_with_the_earliest_due_first(self, store: Store) -> None:
        given = [
            make.task_entry(1, make.task("late", due=30)),
            make.task_entry(2, make.task("soon", TaskState.SNOOZED, due=3)),
            make.task_entry(3, make.task("look", TaskState.VERIFYING, due=10)),
            make.task_entry(4, make.task("over", TaskState.CANCELLED, due=1)),
        ]
        store.record(row(4), given, T0)
        assert [found.id for _, found in store.tasks()] == ["soon", "look", "late"]
        assert [found.id for _, found in store.tasks(open_only=False)] == ["over", "soon", "look", "late"]

    def test_open_reviews_come_with_the_newest_first(self, store: Store) -> None:
        decided = make.review(
            "r2", opened=2, decision=ReviewDecision.KEEP, decided_at=at(3), attendees=("ann",)
        )
        given = [make.review("r1", opened=1), decided, make.review("r3", opened=3)]
        store.record(row(3), [make.review_entry(n, each) for n, each in enumerate(given, 1)], T0)
        assert [found.id for _, found in store.reviews(NAME)] == ["r3", "r1"]
        assert store.reviews(NAME, open_only=False)[1] == (NAME, decided)

    def test_records_of_two_strategies_do_not_meet(self, store: Store) -> None:
        store.record(row(1, strategy="a/a"), [make.task_entry(1, make.task(title="A"))], T0)
        store.record(row(1, strategy="b/b"), [make.task_entry(1, make.task(title="B"))], T0)
        assert [(name, found.title) for name, found in store.tasks()] == [("a/a", "A"), ("b/b", "B")]
        assert [found.title for _, found in store.tasks("b/b")] == ["B"]

    def test_an_entry_without_its_record_is_refused_with_all_of_its_step(self, store: Store) -> None:
        with pytest.raises(EngineError, match=r"entry 2 \(task\.opened\) of acme/blog"):
            store.record(row(2), [entry(1), entry(2, EntryType.TASK_OPENED)], T0)
        assert store.journal(NAME) == []
        assert store.strategies() == []

    @pytest.mark.parametrize("seed", range(5))
    def test_any_order_of_batches_leaves_the_last_word_to_the_newest_entry(
        self, store: Store, seed: int
    ) -> None:
        chance = random.Random(seed)
        given = [
            make.task_entry(n, make.task(f"t{chance.randrange(3)}", title=f"#{n}")) for n in range(1, 25)
        ]
        batches = [chance.sample(given, 6) for _ in range(4)] + [given]
        for batch in batches:
            store.record(row(max(each.seq for each in batch)), batch, T0)
        newest = {str(each.data["task"]["id"]): f"#{each.seq}" for each in given}  # type: ignore[index, call-overload]
        assert {found.id: found.title for _, found in store.tasks()} == newest
