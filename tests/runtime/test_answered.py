"""Asking again: what the server cannot take just now is asked again, longer each time and not for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from temporalio.service import RPCError, RPCStatusCode

from engine.domain.errors import EngineError, NotFoundError
from engine.runtime import operations
from engine.runtime.operations import answered

TEN_UNDER_WAY = RPCStatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses instead of making them."""
    made: list[float] = []
    lasting = operations._pause

    def none(attempt: int) -> float:
        made.append(lasting(attempt))
        return 0.0

    monkeypatch.setattr(operations, "_pause", none)
    return made


def failing(status: RPCStatusCode, times: int) -> Callable[[], Awaitable[str]]:
    """Return a call that fails so often and then answers."""
    left = [times]

    async def call() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise RPCError("limit on number of concurrent in-flight updates", status, b"")
        return "done"

    return call


@pytest.mark.parametrize("status", [TEN_UNDER_WAY, RPCStatusCode.UNAVAILABLE, RPCStatusCode.ABORTED])
async def test_a_server_that_is_busy_is_asked_again_after_longer_and_longer_pauses(
    status: RPCStatusCode, pauses: list[float]
) -> None:
    assert await answered(failing(status, 12), "team/one") == "done"
    assert len(pauses) == 12
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.2
    assert pauses[-1] == 2.0


async def test_a_server_that_stays_busy_is_given_up_after_a_minute_in_words(pauses: list[float]) -> None:
    with pytest.raises(
        EngineError, match=r"too busy for team/one.*\(limit on number.*\)\. Nothing was changed; try again"
    ):
        await answered(failing(TEN_UNDER_WAY, 10_000), "team/one")
    assert 50 < sum(pauses) < 70


async def test_a_strategy_that_does_not_run_is_said_so_at_once(pauses: list[float]) -> None:
    with pytest.raises(NotFoundError, match="drumbeat apply"):
        await answered(failing(RPCStatusCode.NOT_FOUND, 10_000), "team/one")
    assert sum(pauses) < 1


async def test_what_asking_again_cannot_help_is_not_asked_again(pauses: list[float]) -> None:
    with pytest.raises(EngineError, match="Temporal refused the call for team/one"):
        await answered(failing(RPCStatusCode.PERMISSION_DENIED, 1), "team/one")
    assert pauses == []
