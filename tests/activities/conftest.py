"""Activities run in an environment of their own: a real store, fake adapters, a clock that stands where it is put."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from temporalio.testing import ActivityEnvironment

from engine.store import SqlStore, open_store
from engine.store.seal import Seal
from tests.contracts.store_records import T0

A = TypeVar("A")
R = TypeVar("R")


class Standing:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = T0) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


class Attempt:
    """Runs an activity as Temporal does, as a certain attempt."""

    def __init__(self) -> None:
        self.environment = ActivityEnvironment()
        self.environment.info = dataclasses.replace(
            self.environment.info, heartbeat_timeout=timedelta(seconds=4)
        )

    async def __call__(self, activity: Callable[[A], Awaitable[R]], request: A, *, attempt: int = 1) -> R:
        self.environment.info = dataclasses.replace(self.environment.info, attempt=attempt)
        return await self.environment.run(activity, request)


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def run() -> Attempt:
    return Attempt()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}", seal=Seal([Fernet.generate_key().decode()]))
    yield opened
    opened.close()


def no_secrets(references: Mapping[str, str]) -> dict[str, str]:
    """Resolve what needs no resolving."""
    assert not references
    return {}
