"""What every store does with publications and notices."""

from __future__ import annotations

import pytest

from engine.domain.errors import ConflictError, EngineError, NotFoundError
from engine.domain.publication import PublishStatus
from engine.domain.storage import Store
from tests.contracts.store_records import NAME, T0, at, outcome, post


class LedgerContract:
    def test_a_first_claim_is_new_and_has_no_outcome(self, store: Store) -> None:
        row, is_new = store.claim_publication(post(), T0)
        assert is_new
        assert (row.key, row.slot, row.intended_at, row.attempts) == (post().key, T0, T0, 1)
        assert (row.channel, row.outcome, row.settled_at) == ("blog", None, None)

    def test_a_second_claim_of_a_slot_gets_the_first_row_whatever_its_content(self, store: Store) -> None:
        first, _ = store.claim_publication(post(content="aa"), T0)
        assert store.claim_publication(post(content="aa"), at(1)) == (first, False)
        assert store.claim_publication(post(content="bb"), at(1)) == (first, False)
        assert store.publications(NAME) == [first]

    def test_another_slot_action_or_strategy_is_another_claim(self, store: Store) -> None:
        given = [post(), post(1), post(action="daily"), post(strategy="acme/news")]
        assert all(store.claim_publication(each, T0)[1] for each in given)

    def test_a_key_that_belongs_to_another_slot_is_refused(self, store: Store) -> None:
        store.claim_publication(post(), T0)
        stolen = post(1).model_copy(update={"key": post().key})
        with pytest.raises(EngineError, match="another slot"):
            store.claim_publication(stolen, T0)

    def test_the_outcome_is_kept_whole(self, store: Store) -> None:
        store.claim_publication(post(), T0)
        result = outcome(url="https://example.org/1", native_id="1", message="fine")
        settled = store.settle_publication(post().key, result, at(1))
        assert (settled.outcome, settled.settled_at) == (result, at(1))
        assert store.publications() == [settled]

    @pytest.mark.parametrize(
        "status", [each for each in PublishStatus if each is not PublishStatus.PUBLISHED]
    )
    def test_what_is_not_published_can_still_become_it(self, store: Store, status: PublishStatus) -> None:
        store.claim_publication(post(), T0)
        store.settle_publication(post().key, outcome(status), at(1))
        assert store.settle_publication(post().key, outcome(), at(2)).outcome == outcome()

    @pytest.mark.parametrize("status", list(PublishStatus))
    def test_what_is_published_is_never_changed_again(self, store: Store, status: PublishStatus) -> None:
        store.claim_publication(post(), T0)
        there = store.settle_publication(post().key, outcome(url="https://example.org/1"), at(1))
        assert store.settle_publication(post().key, outcome(status, message="late"), at(2)) == there
        with pytest.raises(ConflictError, match="is published"):
            store.reopen_publication(post().key, 1, at(3))
        assert store.claim_publication(post(), at(4)) == (there, False)

    def test_reopening_counts_an_attempt_and_clears_the_outcome(self, store: Store) -> None:
        first, _ = store.claim_publication(post(), T0)
        store.settle_publication(post().key, outcome(PublishStatus.ABSENT), at(1))
        again = first.model_copy(update={"attempts": 2, "intended_at": at(2)})
        assert store.reopen_publication(post().key, 1, at(2)) == again

    def test_of_two_attempts_that_saw_the_same_count_only_one_may_send(self, store: Store) -> None:
        store.claim_publication(post(), T0)
        store.settle_publication(post().key, outcome(PublishStatus.ABSENT), at(1))
        store.reopen_publication(post().key, 1, at(2))
        with pytest.raises(ConflictError, match="not sent again"):
            store.reopen_publication(post().key, 1, at(3))

    def test_a_slot_that_nobody_claimed_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFoundError):
            store.settle_publication("nothing", outcome(), T0)
        with pytest.raises(NotFoundError):
            store.reopen_publication("nothing", 1, T0)

    def test_the_ledger_is_read_from_the_newest_slot(self, store: Store) -> None:
        for slot in (2, 5, 1):
            store.claim_publication(post(slot), T0)
        store.claim_publication(post(9, strategy="acme/news"), T0)
        assert [each.slot for each in store.publications(NAME)] == [at(5), at(2), at(1)]
        assert [each.slot for each in store.publications(limit=2)] == [at(9), at(5)]


class NoticesContract:
    def test_a_notice_is_to_be_sent_until_it_is_marked_as_delivered(self, store: Store) -> None:
        assert store.claim_notice(NAME, "alert-1", "mail", T0)
        assert store.claim_notice(NAME, "alert-1", "mail", at(1)), "the first sender may have been killed"
        store.settle_notice(NAME, "alert-1", "mail", at(2))
        assert not store.claim_notice(NAME, "alert-1", "mail", at(3))

    def test_each_notifier_strategy_and_notice_counts_for_itself(self, store: Store) -> None:
        store.settle_notice(NAME, "alert-1", "mail", T0)
        assert store.claim_notice(NAME, "alert-1", "chat", T0)
        assert store.claim_notice(NAME, "alert-2", "mail", T0)
        assert store.claim_notice("acme/news", "alert-1", "mail", T0)

    def test_marking_as_delivered_twice_does_no_harm(self, store: Store) -> None:
        store.claim_notice(NAME, "alert-1", "mail", T0)
        store.settle_notice(NAME, "alert-1", "mail", T0)
        store.settle_notice(NAME, "alert-1", "mail", at(1))
        assert not store.claim_notice(NAME, "alert-1", "mail", at(2))
