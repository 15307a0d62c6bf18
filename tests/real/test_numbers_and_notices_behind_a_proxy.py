"""Every fault before the real Prometheus and the real Alertmanager: no wrong number, no lost and no second news."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.http import Http, Limits
from adapters.metrics.prometheus import PrometheusSource
from adapters.notifiers.alertmanager import AlertmanagerNotifier
from adapters.testing.faults import Fault
from adapters.testing.proxy import FaultProxy
from adapters.testing.secrecy import SECRET, assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import NotifyError, SourceError
from engine.domain.messages import Notify
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.strategy import Metric
from engine.domain.workspace import NotifierConfig, SourceConfig
from tests.contracts.source_contract import ask
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.prometheus import Prometheus
from tests.support import eventually_async

_names = itertools.count(1)
# Alertmanager answers a post with an empty body, which is whole however it is cut or dripped.
_WHOLE_ALL_THE_SAME = {Fault.DRIP, Fault.TRUNCATED}


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    http = Http(Limits(connect=5, read=2, total=3), trust_env=False)
    yield Tools(http=http)
    await http.aclose()


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_broken_answer_of_prometheus_is_an_error_and_never_a_number(
    prometheus_server: Prometheus, tools: Tools, fault: Fault
) -> None:
    metric = Metric.model_validate({"name": "n", "source": "prom", "settings": {"query": "vector(42)"}})
    with FaultProxy(prometheus_server.url.removeprefix("http://")) as proxy:
        settings = {"url": proxy.url}
        config = SourceConfig(name="prom", kind="prometheus", settings=settings, secrets={"bearer": "env:X"})
        source, now = PrometheusSource(tools), datetime.now(UTC)
        proxy.inject(fault)
        with pytest.raises(SourceError) as caught:
            await source.read(config, ask(config, metric), now, {"bearer": SECRET})
        assert_no_secret(caught.value)
        assert all("authorization" not in stray.headers for stray in proxy.strays)
        reading = await source.read(config, ask(config, metric), now, {"bearer": SECRET})
        assert [sample.value for sample in reading.samples] == [42]
        await proxy.quiet()


@pytest.mark.parametrize("fault", list(Fault))
async def test_news_that_met_a_fault_is_told_again_and_heard_once(
    alertmanager_server: Alertmanager, tools: Tools, fault: Fault
) -> None:
    rule = f"Proxied{next(_names)}"
    with FaultProxy(alertmanager_server.url.removeprefix("http://")) as proxy:
        settings = {"url": proxy.url}
        config = NotifierConfig(name="p", kind="alertmanager", settings=settings, secrets={"bearer": "env:X"})
        alert = Alert(
            rule=rule,
            subject="channel/blog",
            severity=Severity.WARNING,
            state=AlertState.FIRING,
            fired_at=datetime.now(UTC) - timedelta(minutes=1),
        )
        notice = Notify(
            notice=f"team/tacos/{rule}",
            strategy="team/tacos",
            severity=Severity.WARNING,
            title=rule,
            body="It is silent.",
            notifiers=(config,),
            alerts=(alert,),
        )
        notifier = AlertmanagerNotifier(tools)

        def states() -> list[str]:
            return [state for state, name in alertmanager_server.receiver.told() if name == rule]

        proxy.inject(fault)
        if fault in _WHOLE_ALL_THE_SAME:
            await notifier.send(config, notice, {"bearer": SECRET})
        else:
            with pytest.raises(NotifyError) as caught:
                await notifier.send(config, notice, {"bearer": SECRET})
            assert_no_secret(caught.value)
            await notifier.send(config, notice, {"bearer": SECRET})
        await proxy.quiet()
        await eventually_async(lambda: states() == ["firing"], within=20, what="it is told")
        ended = alert.model_copy(update={"state": AlertState.RESOLVED, "resolved_at": datetime.now(UTC)})
        await notifier.send(config, notice.model_copy(update={"alerts": (ended,)}), {"bearer": SECRET})
        await eventually_async(lambda: states() == ["firing", "resolved"], within=20, what="its end is told")
        assert all("authorization" not in stray.headers for stray in proxy.strays)
