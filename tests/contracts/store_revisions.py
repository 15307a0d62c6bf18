"""What every store does with plans. Needs a fixture `store`."""

from __future__ import annotations

import pytest

from engine.domain.errors import ConflictError, NotFoundError
from engine.domain.storage import RevisionHead, Store
from tests.contracts.store_records import NAME, T0, at, plan


class RevisionsContract:
    def test_the_first_plan_is_revision_one_and_comes_back_as_it_was(self, store: Store) -> None:
        given = plan()
        saved = store.save_revision(given, author="ann", reason="start", now=T0)
        assert (saved.number, saved.author, saved.reason, saved.created_at) == (1, "ann", "start", T0)
        assert store.revision(NAME) == saved
        assert saved.plan == given

    def test_the_digest_of_a_plan_read_back_is_the_digest_it_was_stored_under(self, store: Store) -> None:
        saved = store.save_revision(plan(), author="", reason="", now=T0)
        assert store.revision(NAME).plan.digest == saved.digest == plan().digest

    def test_the_same_plan_again_is_no_new_revision(self, store: Store) -> None:
        first = store.save_revision(plan(), author="ann", reason="start", now=T0)
        assert store.save_revision(plan(), author="bob", reason="again", now=at(1)) == first

    def test_a_repeated_save_is_no_conflict_with_itself(self, store: Store) -> None:
        store.save_revision(plan(), author="", reason="", now=T0, expected=0)
        again = store.save_revision(plan(), author="", reason="", now=T0, expected=0)
        assert again.number == 1

    def test_going_back_to_an_old_plan_is_a_new_revision(self, store: Store) -> None:
        for title in ("one", "two", "one"):
            store.save_revision(plan(title), author="", reason="", now=T0)
        assert [each.number for each in store.revisions(NAME)] == [1, 2, 3]
        assert [each.plan.strategy.title for each in store.revisions(NAME)] == ["one", "two", "one"]

    def test_a_revision_that_somebody_overtook_is_a_conflict_and_changes_nothing(self, store: Store) -> None:
        store.save_revision(plan("one"), author="", reason="", now=T0)
        store.save_revision(plan("two"), author="", reason="", now=T0, expected=1)
        with pytest.raises(ConflictError, match="revision 2, not 1"):
            store.save_revision(plan("three"), author="", reason="", now=T0, expected=1)
        assert store.revision(NAME).number == 2

    def test_each_strategy_counts_its_own_revisions(self, store: Store) -> None:
        store.save_revision(plan("one"), author="", reason="", now=T0)
        other = store.save_revision(plan("one", name="news"), author="", reason="", now=T0)
        assert (other.strategy, other.number) == ("acme/news", 1)

    def test_an_old_revision_can_be_asked_for_by_its_number(self, store: Store) -> None:
        store.save_revision(plan("one"), author="", reason="", now=T0)
        store.save_revision(plan("two"), author="", reason="", now=T0)
        assert store.revision(NAME, 1).plan.strategy.title == "one"

    def test_what_was_never_applied_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="acme/nothing"):
            store.revision("acme/nothing")
        store.save_revision(plan(), author="", reason="", now=T0)
        with pytest.raises(NotFoundError, match="revision 7"):
            store.revision(NAME, 7)
        assert store.revisions("acme/nothing") == []

    def test_the_latest_revision_of_every_strategy_is_known_by_number_and_instant(self, store: Store) -> None:
        store.save_revision(plan("one"), author="", reason="", now=T0)
        store.save_revision(plan("two"), author="", reason="", now=at(1))
        store.save_revision(plan("one", name="news"), author="", reason="", now=at(2))
        assert store.latest_revisions() == {
            NAME: RevisionHead(number=2, created_at=at(1)),
            "acme/news": RevisionHead(number=1, created_at=at(2)),
        }

    def test_a_revision_lost_with_an_earlier_store_is_written_under_its_old_number(
        self, store: Store
    ) -> None:
        store.restore_revision(plan("five"), 5, T0)
        store.restore_revision(plan("other"), 5, T0)
        assert store.revision(NAME, 5).plan == plan("five")
        assert store.save_revision(plan("six"), author="", reason="", now=T0).number == 6

    def test_a_plan_that_json_cannot_hold_is_refused_before_it_is_stored(self, store: Store) -> None:
        endless = plan().model_copy()
        goal = {
            "name": "g",
            "metric": "m",
            "baseline": 0,
            "target": 1,
            "start": "2026-01-01",
            "due": "2026-02-01",
        }
        endless = plan(goals=[goal])
        unreal = endless.strategy.goals[0].model_copy(update={"target": float("inf")})
        strategy = endless.strategy.model_copy(update={"goals": (unreal,)})
        with pytest.raises(ValueError, match="finite"):
            store.save_revision(
                endless.model_copy(update={"strategy": strategy}), author="", reason="", now=T0
            )
        assert store.revisions(NAME) == []
