"""The notifier `alertmanager`: one alert there for one alert here, from its firing to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.notifiers.alertmanager import AlertmanagerNotifier
from adapters.testing.secrecy import SECRET, USER
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Handler, Server, drip, redirect, reset, tell_tale, truncated
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice

LABELS = {
    "alertname": "ChannelSilent",
    "subject": "channel/blog",
    "strategy": "team/taco-truck",
    "severity": "warning",
}
HIDDEN = NotifierConfig(
    name="pager",
    kind="alertmanager",
    settings={"username": USER},
    secrets={"url": "env:A", "password": "env:B"},
)


class Pager:
    """A server that speaks as much of the API as is needed; `standing` are the labels of what fires there."""

    def __init__(self, server: Server) -> None:
        self.server, self.standing = server, list[dict[str, str]]()
        server.add("/am/api/v2/alerts", self._answer)

    def _answer(self, handler: Handler) -> None:
        found = json.dumps([{"labels": labels} for labels in self.standing])
        handler.answer(b"" if handler.command == "POST" else found.encode(), 200, {})

    def posted(self) -> list[dict[str, Any]]:
        bodies = [json.loads(body) for method, _path, _headers, body in self.server.seen if method == "POST"]
        return [alert for body in bodies for alert in body]


@pytest.fixture
def pager(server: Server) -> Pager:
    return Pager(server)


@pytest.fixture
def notifier(tools: Tools) -> AlertmanagerNotifier:
    return AlertmanagerNotifier(tools)


@pytest.fixture
def config(pager: Pager) -> NotifierConfig:
    return NotifierConfig(name="pager", kind="alertmanager", settings={"url": pager.server.url("/am")})


@pytest.fixture
def resolved(alert_notice: Notify) -> Notify:
    """The same alert an hour later, when it is over."""
    (alert,) = alert_notice.alerts
    over = alert.model_copy(update={"state": "resolved", "resolved_at": NOW})
    return alert_notice.model_copy(update={"alerts": (over,), "severity": Severity.INFO})


class TestContract(NotifierContract):
    """The notifier keeps the contract of its seam."""

    @pytest.fixture
    def delivered(self, pager: Pager) -> Callable[[], list[str]]:
        return lambda: [str(alert) for alert in pager.posted()]

    @pytest.fixture
    def failures(
        self,
        notifier: AlertmanagerNotifier,
        server: Server,
        closed_port: int,
        alert_notice: Notify,
        resolved: Notify,
    ) -> Sequence[Call]:
        routes = {
            "reset": reset,
            "cut": truncated,
            "slow": drip,
            "tells": tell_tale(400),
            "breaks": tell_tale(500),
            "moved": redirect(f"http://127.0.0.1:{closed_port}/{SECRET}", 307),
        }
        for name, route in routes.items():
            server.add(f"/{SECRET}/{name}/api/v2/alerts", route)
        server.say(f"/{SECRET}/page/api/v2/alerts", f"<html>{SECRET}</html>")
        urls = [server.url(f"/{SECRET}/{name}") for name in (*routes, "missing")]
        urls += [f"http://127.0.0.1:{closed_port}/{SECRET}", f"{SECRET}://x", ""]
        page = {"url": server.url(f"/{SECRET}/page"), "password": SECRET}
        return [
            *(partial(notifier.send, HIDDEN, alert_notice, {"url": u, "password": SECRET}) for u in urls),
            partial(notifier.send, HIDDEN, resolved, page),
        ]


async def test_an_alert_is_its_rule_subject_strategy_and_severity_and_never_a_value(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, alert_notice: Notify
) -> None:
    await notifier.send(config, alert_notice, {})
    (posted,) = pager.posted()
    assert posted["labels"] == LABELS
    assert posted["annotations"] == {
        "summary": "ChannelSilent: channel/blog",
        "description": "Nothing has happened since 5 January.",
    }
    (request,) = pager.server.seen
    assert request[2]["Content-Type"] == "application/json"


async def test_a_firing_alert_has_its_start_and_an_end_so_far_ahead_that_it_does_not_end_by_itself(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, alert_notice: Notify
) -> None:
    await notifier.send(config, alert_notice, {})
    (posted,) = pager.posted()
    assert posted["startsAt"] == "2026-01-05T08:00:00+00:00"
    assert datetime.fromisoformat(posted["endsAt"]) == NOW + timedelta(days=365)


async def test_an_alert_that_is_over_ends_when_it_ended(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, resolved: Notify
) -> None:
    pager.standing = [LABELS]
    await notifier.send(config, resolved, {})
    (posted,) = pager.posted()
    assert posted["labels"] == LABELS, "its own severity, not that of the news of its end"
    assert (posted["startsAt"], posted["endsAt"]) == ("2026-01-05T08:00:00+00:00", NOW.isoformat())
    asked = parse_qs(urlsplit(pager.server.seen[0][1]).query)["filter"]
    assert asked == ['alertname="ChannelSilent"', 'strategy="team/taco-truck"', 'subject="channel/blog"']


async def test_an_alert_whose_severity_was_changed_meanwhile_ends_as_it_fired(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, resolved: Notify
) -> None:
    fired_as = {**LABELS, "severity": "critical"}
    pager.standing = [fired_as]
    await notifier.send(config, resolved, {})
    assert [posted["labels"] for posted in pager.posted()] == [fired_as]


async def test_an_alert_of_another_drumbeat_is_left_alone(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, resolved: Notify
) -> None:
    pager.standing = [{**LABELS, "house": "staging"}]
    await notifier.send(config, resolved, {})
    assert [posted["labels"] for posted in pager.posted()] == [LABELS]


async def test_an_end_is_told_also_when_nothing_stands_there_any_more(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, resolved: Notify
) -> None:
    await notifier.send(config, resolved, {})
    assert [posted["labels"] for posted in pager.posted()] == [LABELS]


async def test_a_notice_about_no_alert_stands_for_an_hour(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager
) -> None:
    await notifier.send(config, make_notice(config), {})
    (posted,) = pager.posted()
    assert posted["labels"] == {
        "alertname": "DrumbeatNotice",
        "notice": "silent@blog#1",
        "strategy": "team/taco-truck",
        "severity": "warning",
    }
    assert datetime.fromisoformat(posted["endsAt"]) == NOW + timedelta(hours=1)


async def test_labels_of_the_settings_are_added(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, alert_notice: Notify
) -> None:
    settings = {**config.settings, "labels": {"team": "marketing"}}
    await notifier.send(config.model_copy(update={"settings": settings}), alert_notice, {})
    assert pager.posted()[0]["labels"] == {**LABELS, "team": "marketing"}


async def test_alerts_that_are_told_together_stand_there_each_for_itself(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, alert_notice: Notify
) -> None:
    (blog,) = alert_notice.alerts
    letter = blog.model_copy(update={"subject": "channel/letter", "because": "No letter since May."})
    await notifier.send(config, alert_notice.model_copy(update={"alerts": (blog, letter)}), {})
    posted = pager.posted()
    assert [each["labels"]["subject"] for each in posted] == ["channel/blog", "channel/letter"]
    assert posted[1]["annotations"]["description"] == "No letter since May."


async def test_a_clock_that_is_behind_never_ends_an_alert_before_it_began(
    notifier: AlertmanagerNotifier, config: NotifierConfig, pager: Pager, resolved: Notify
) -> None:
    (alert,) = resolved.alerts
    early = alert.model_copy(update={"fired_at": NOW + timedelta(seconds=1)})
    await notifier.send(config, resolved.model_copy(update={"alerts": (early,)}), {})
    (posted,) = pager.posted()
    assert posted["startsAt"] <= posted["endsAt"]


@pytest.mark.parametrize(("status", "transient"), [(400, False), (404, False), (429, True), (503, True)])
async def test_a_refusal_is_final_and_trouble_passes(
    notifier: AlertmanagerNotifier,
    config: NotifierConfig,
    server: Server,
    alert_notice: Notify,
    status: int,
    transient: bool,
) -> None:
    server.say("/am/api/v2/alerts", "no", status)
    with pytest.raises(NotifyError, match=f"'pager' was not told.*{status}") as caught:
        await notifier.send(config, alert_notice, {})
    assert caught.value.transient is transient


@pytest.mark.parametrize("labels", [{"alertname": "x"}, {"a-b": "x"}, {"team": ""}, {"severity": "page"}])
def test_labels_that_would_change_an_alerts_identity_are_refused(
    notifier: AlertmanagerNotifier, config: NotifierConfig, labels: dict[str, str]
) -> None:
    settings = {**config.settings, "labels": labels}
    found = notifier.validate(config.model_copy(update={"settings": settings}))
    assert len(found) == 1
    assert "The setting `labels` is wrong" in found[0]
