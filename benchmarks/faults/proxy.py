"""What stands between a system and its platform in a storm: it breaks some mutations, and holds one answer until a kill."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime

from adapters.testing.faults import Fault
from adapters.testing.proxy import FaultProxy, Match, Request
from benchmarks.faults.ambush import Ambush

KINDS = (Fault.CUT_BEFORE, Fault.ERROR_500_BEFORE, Fault.CUT_AFTER, Fault.ERROR_500_AFTER)


class StormProxy(FaultProxy):
    """The proxy before one server.

    `mutates` says which requests change something there, `shows` which of them makes a post visible. `effects` holds
    what was said and answered, and the instant (UTC), of every one of the latter that had success.
    """

    def __init__(self, upstream: str, mutates: Match, shows: Match | None = None) -> None:
        super().__init__(upstream)
        self.effects: list[tuple[str, datetime]] = []
        self._mutates, self._shows = mutates, shows or mutates
        self.ambush = Ambush()

    def break_some(self, seed: int, mutations: int, share: float) -> None:
        """Break this share of so many mutations, drawn from the seed; every kind about equally often."""
        chance = random.Random(f"faults {seed}")
        for place, number in enumerate(chance.sample(range(mutations), round(mutations * share))):
            self.inject(KINDS[place % len(KINDS)], at=number, where=self._mutates)

    def broken(self) -> Counter[str]:
        """Return how often each kind of fault was made."""
        return Counter(request.fault.value for request in self.seen if request.fault is not None)

    async def _handle(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.fault is not None or not self._shows(request) or not self.ambush.take():
            await super()._handle(request, writer)
            return
        await self._forward(request)
        await self.ambush.spring()
        writer.transport.abort()

    async def _forward(self, request: Request) -> bytes:
        answer = await super()._forward(request)
        if self._shows(request) and answer.split(b" ", 2)[1].startswith(b"2"):
            said = request.body + b"\n" + answer
            self.effects.append((said.decode(errors="replace"), datetime.now(UTC)))
        return answer
