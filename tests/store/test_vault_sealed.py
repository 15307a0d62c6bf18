"""What is kept of sessions: unreadable without its key, and a lost key costs a new login and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from engine.domain.errors import EngineError
from engine.domain.storage import Credential
from engine.store import SqlStore, open_store
from engine.store.seal import Seal
from engine.store.tables import credentials
from tests.contracts.store_records import T0, at
from tests.contracts.store_vault import LEASE, WHO, signed_in

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@contextmanager
def opened(url: str, *keys: str) -> Iterator[SqlStore]:
    store = open_store(url, seal=Seal(keys) if keys else None)
    try:
        yield store
    finally:
        store.close()


def renew(store: SqlStore, version: int, **values: str) -> Credential:
    assert store.lease_credential(WHO, version, at(version), at(version) + LEASE)
    return store.keep_credential(WHO, version, signed_in(**values), at(version))


def rows(store: SqlStore) -> str:
    with store._database.read() as connection:
        return str(connection.execute(sa.select(credentials)).all())


def test_no_token_stands_in_the_database(url: str) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="hunter2-Zq8", refresh="rrr-refresh")
        assert "hunter2" not in rows(store)
        assert "refresh" not in rows(store)


def test_another_start_with_the_same_key_goes_on_with_the_session(url: str) -> None:
    with opened(url, OLD) as store:
        kept = renew(store, 0, access="a")
    with opened(url, OLD) as store:
        assert store.credential(WHO) == kept


def test_with_another_key_there_is_nothing_to_go_by_and_a_new_login_is_kept_under_the_next_version(
    url: str,
) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="a", refresh="r")
    with opened(url, NEW) as store:
        lost = store.credential(WHO)
        assert lost is not None
        assert (lost.values, lost.version) == ({}, 1)
        assert renew(store, 1, access="b", refresh="s").values == {"access": "b", "refresh": "s"}
        assert store.credential(WHO) == Credential(
            values={"access": "b", "refresh": "s"}, expires_at=at(2), version=2
        )


def test_a_login_that_fails_leaves_what_is_kept_for_the_day_when_the_key_is_back(url: str) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="a", refresh="r")
    with opened(url, NEW) as store:
        assert store.lease_credential(WHO, 1, T0, T0 + LEASE)
        store.release_credential(WHO, 1)
        store.expire_credential(WHO, 1, at(1))
    with opened(url, OLD) as store:
        kept = store.credential(WHO)
        assert kept is not None
        assert kept.values == {"access": "a", "refresh": "r"}


def test_a_key_is_changed_without_a_new_login_as_long_as_the_old_one_stands_behind_it(url: str) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="a", refresh="r")
    with opened(url, NEW, OLD) as store:
        assert renew(store, 1, access="b").values == {"access": "b", "refresh": "r"}
    with opened(url, NEW) as store:
        kept = store.credential(WHO)
        assert kept is not None
        assert kept.values == {"access": "b", "refresh": "r"}


@pytest.mark.parametrize("kept", [{"access": "in the open"}, {"sealed": 7}, {"sealed": "gAAAAA"}])
def test_what_is_not_sealed_by_us_is_not_used(url: str, kept: dict[str, object]) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="a")
        with store._database.write() as connection:
            connection.execute(sa.update(credentials).values(kept=kept))
        found = store.credential(WHO)
        assert found is not None
        assert (found.values, found.version) == ({}, 1)


def test_the_session_of_one_account_is_of_no_use_in_the_row_of_another(url: str) -> None:
    with opened(url, OLD) as store:
        renew(store, 0, access="a")
        with store._database.write() as connection:
            connection.execute(sa.update(credentials).values(account="acme/other/0a1b"))
        found = store.credential("acme/other/0a1b")
        assert found is not None
        assert found.values == {}


def test_a_process_without_the_key_reads_everything_else(url: str) -> None:
    with opened(url) as store:
        assert store.strategies() == []
        with pytest.raises(EngineError, match="no key of kept sessions"):
            store.credential(WHO)
