"""What every store does with credentials that stand in for secrets for a while."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engine.domain.errors import ConflictError
from engine.domain.storage import Credential, Store
from tests.contracts.store_records import T0, at

WHO = "acme/sky/0a1b"
LEASE = timedelta(minutes=1)


def signed_in(**values: str) -> Credential:
    return Credential(values=values, expires_at=at(2))


class VaultContract:
    def test_nothing_is_kept_before_somebody_signed_in(self, store: Store) -> None:
        assert store.credential(WHO) is None
        assert store.lease_credential(WHO, 0, T0, T0 + LEASE)
        assert store.credential(WHO) is None

    def test_what_was_kept_is_returned_with_its_end_and_its_version(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        kept = store.keep_credential(WHO, 0, signed_in(access="a", refresh="r"), T0)
        assert (kept.values, kept.expires_at, kept.version) == ({"access": "a", "refresh": "r"}, at(2), 1)
        assert store.credential(WHO) == kept
        assert store.credential("acme/other/0a1b") is None

    def test_of_many_who_want_to_renew_one_may(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as threads:
            taken = list(threads.map(lambda _: store.lease_credential(WHO, 0, T0, T0 + LEASE), range(16)))
        assert taken.count(True) == 1

    def test_a_lease_ends_by_itself_when_its_holder_was_killed(self, store: Store) -> None:
        assert store.lease_credential(WHO, 0, T0, T0 + LEASE)
        assert not store.lease_credential(WHO, 0, T0 + LEASE / 2, T0 + 2 * LEASE)
        assert store.lease_credential(WHO, 0, T0 + LEASE, T0 + 2 * LEASE)

    def test_a_renewal_that_failed_lets_the_next_one_try_at_once(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        store.release_credential(WHO, 0)
        assert store.lease_credential(WHO, 0, T0, T0 + LEASE)

    def test_nobody_renews_a_version_that_has_been_renewed(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        store.keep_credential(WHO, 0, signed_in(access="a"), T0)
        assert not store.lease_credential(WHO, 0, at(1), at(1) + LEASE)
        assert store.lease_credential(WHO, 1, at(1), at(1) + LEASE)
        with pytest.raises(ConflictError):
            store.keep_credential(WHO, 0, signed_in(access="stale"), at(1))
        assert store.credential(WHO) == Credential(values={"access": "a"}, expires_at=at(2), version=1)

    def test_an_empty_value_never_overwrites_a_kept_one(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        store.keep_credential(WHO, 0, signed_in(access="a", refresh="r"), T0)
        store.keep_credential(WHO, 1, signed_in(access="b", refresh=""), at(1))
        kept = store.keep_credential(WHO, 2, signed_in(access="c"), at(1))
        assert kept.values == {"access": "c", "refresh": "r"}

    def test_a_refused_version_ends_and_a_later_one_does_not(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        store.keep_credential(WHO, 0, signed_in(access="a"), T0)
        store.expire_credential(WHO, 1, at(1))
        refused = store.credential(WHO)
        assert refused is not None
        assert refused.expires_at == at(1)
        store.keep_credential(WHO, 1, signed_in(access="b"), at(1))
        store.expire_credential(WHO, 1, at(1.5))
        renewed = store.credential(WHO)
        assert renewed is not None
        assert (renewed.version, renewed.expires_at) == (2, at(2))

    def test_a_kept_credential_is_not_shown_when_it_is_printed(self, store: Store) -> None:
        store.lease_credential(WHO, 0, T0, T0 + LEASE)
        kept = store.keep_credential(WHO, 0, signed_in(access="hunter2-Zq8"), T0)
        assert "hunter2-Zq8" not in f"{kept} {kept!r}"
