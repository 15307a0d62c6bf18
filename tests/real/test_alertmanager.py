"""Alertmanager, the real one: an alert of ours stands there from its firing to its end, and is told once."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters.http import Http
from adapters.notifiers.alertmanager import AlertmanagerNotifier
from adapters.tools import Tools
from engine.domain.messages import Notify
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from tests.real.servers.alertmanager import Alertmanager
from tests.support import eventually_async

_names = itertools.count(1)


class Pager:
    """One alert of ours, told to the real Alertmanager."""

    def __init__(self, server: Alertmanager, notifier: AlertmanagerNotifier) -> None:
        self.server, self._notifier, self.rule = server, notifier, f"Silent{next(_names)}"
        self._config = NotifierConfig(name="pager", kind="alertmanager", settings={"url": server.url})
        self._fired_at = datetime.now(UTC) - timedelta(minutes=3)

    def notice(self, *, over: bool = False, severity: Severity = Severity.WARNING) -> Notify:
        ends = {"state": AlertState.RESOLVED, "resolved_at": datetime.now(UTC)} if over else {}
        alert = Alert(
            rule=self.rule,
            subject="channel/blog",
            severity=severity,
            state=AlertState.FIRING,
            fired_at=self._fired_at,
        )
        return Notify(
            notice=f"team/tacos/{self.rule}/{'resolved' if over else 'firing'}",
            strategy="team/tacos",
            severity=Severity.INFO if over else severity,
            title=f"{self.rule}: channel/blog",
            body="Nothing has happened since Monday.",
            notifiers=(self._config,),
            alerts=(alert.model_copy(update=ends),),
        )

    async def tell(self, notice: Notify) -> None:
        await self._notifier.send(self._config, notice, {})

    def told(self) -> list[str]:
        """Return the states of this alert that Alertmanager told its receiver of, in order."""
        return [state for state, name in self.server.receiver.told() if name == self.rule]

    def standing(self) -> list[dict[str, Any]]:
        """Return the alert as Alertmanager shows it while it fires."""
        query = {"filter": f'alertname="{self.rule}"'}
        answer = httpx.get(f"{self.server.url}/api/v2/alerts", params=query, trust_env=False)
        found: list[dict[str, Any]] = answer.json()
        return found

    async def hears(self, *states: str) -> None:
        await eventually_async(lambda: self.told() == list(states), within=20, what=f"told {states}")


@pytest.fixture
async def pager(alertmanager_server: Alertmanager) -> AsyncIterator[Pager]:
    http = Http(trust_env=False)
    yield Pager(alertmanager_server, AlertmanagerNotifier(Tools(http=http)))
    await http.aclose()


async def rounds(pager: Pager) -> None:
    """Let Alertmanager go through what it has at least twice, seen by another alert that comes and goes."""
    other = Pager(pager.server, pager._notifier)
    await other.tell(other.notice())
    await other.hears("firing")
    await other.tell(other.notice(over=True))
    await other.hears("firing", "resolved")


async def test_an_alert_is_told_when_it_fires_and_when_it_is_over(pager: Pager) -> None:
    await pager.tell(pager.notice())
    await pager.hears("firing")
    (stands,) = pager.standing()
    assert stands["labels"] == {
        "alertname": pager.rule,
        "subject": "channel/blog",
        "strategy": "team/tacos",
        "severity": "warning",
    }
    assert stands["annotations"]["description"] == "Nothing has happened since Monday."
    await pager.tell(pager.notice(over=True))
    await pager.hears("firing", "resolved")
    assert pager.standing() == []


async def test_an_alert_that_nobody_repeats_fires_on_beyond_the_resolve_timeout(pager: Pager) -> None:
    bare = {"labels": {"alertname": f"{pager.rule}Bare"}}
    await pager.tell(pager.notice())
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"{pager.server.url}/api/v2/alerts", json=[bare])
    # What comes without an end is ended by Alertmanager itself, after the two seconds that this one gives.
    await eventually_async(
        lambda: ("resolved", f"{pager.rule}Bare") in pager.server.receiver.told(),
        within=30,
        what="it gave up",
    )
    assert pager.told() == ["firing"]
    assert len(pager.standing()) == 1
    await pager.tell(pager.notice(over=True))


async def test_the_same_news_again_is_no_news(pager: Pager) -> None:
    for _ in range(3):
        await pager.tell(pager.notice())
    await pager.hears("firing")
    await rounds(pager)
    assert pager.told() == ["firing"]
    for _ in range(2):
        await pager.tell(pager.notice(over=True))
    await pager.hears("firing", "resolved")
    await rounds(pager)
    assert pager.told() == ["firing", "resolved"]


async def test_a_changed_severity_leaves_no_alert_behind(pager: Pager) -> None:
    await pager.tell(pager.notice(severity=Severity.CRITICAL))
    await pager.hears("firing")
    await pager.tell(pager.notice(over=True, severity=Severity.INFO))
    await pager.hears("firing", "resolved")
    assert pager.standing() == []


async def test_an_end_that_was_faster_than_its_beginning_is_the_end(pager: Pager) -> None:
    over = pager.notice(over=True)
    await pager.tell(over)
    await pager.tell(pager.notice().model_copy(update={"alerts": over.alerts}))
    await rounds(pager)
    assert pager.standing() == []
    assert pager.told() == []


async def test_a_restarted_alertmanager_hears_of_the_end_and_tells_it(pager: Pager) -> None:
    await pager.tell(pager.notice())
    await pager.hears("firing")
    await asyncio.to_thread(pager.server.restart)
    assert pager.standing() == [], "it keeps alerts in memory only"
    await pager.tell(pager.notice(over=True))
    await pager.hears("firing", "resolved")
