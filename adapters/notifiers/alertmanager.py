"""The notifier `alertmanager`: alerts for Prometheus Alertmanager (API v2), where they are grouped, silenced and routed.

An alert there is its labels: `alertname` (the rule), `strategy`, `subject`, `severity` and what the settings add; no
value is ever among them. The words stand in its annotations. Alertmanager ends an alert by itself when nobody repeats
it within its `resolve_timeout`; we tell each change once, so a firing alert is sent with an end far ahead (`hold`),
and when it resolves it is sent again with the true one. To be sure to meet the labels that it fired with, though the
plan may have changed since, its labels are read back first.

A notice that is about no alert, such as a task, becomes a `DrumbeatNotice` that ends by itself after `notice_hold`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from adapters.credentials import IN_WORDS
from adapters.endpoint import Endpoint, EndpointSettings, endpoint_problems
from adapters.http import FetchError
from adapters.settings import read
from adapters.tools import Tools
from engine.domain.base import PositiveDuration
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.records import Alert
from engine.domain.workspace import NotifierConfig

_ALERTS = "/api/v2/alerts"
_OURS = ("alertname", "strategy", "subject", "severity", "notice")
Labels = Mapping[str, str]


def _own_labels(labels: dict[str, str]) -> dict[str, str]:
    for name, value in labels.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in _OURS or not value:
            raise ValueError(f"a label is a name of letters, digits and _, other than {', '.join(_OURS)}")
    return labels


class AlertmanagerSettings(EndpointSettings):
    """Where Alertmanager is; `/api/v2/alerts` is added to its address."""

    labels: Annotated[dict[str, str], AfterValidator(_own_labels)] = Field(
        default={}, description="further labels of every alert, to route by, such as {team: marketing}."
    )
    hold: PositiveDuration = Field(
        default=timedelta(days=365),
        description="how long a firing alert stands there when nobody ends it, such as after Drumbeat was removed.",
    )
    notice_hold: PositiveDuration = Field(
        default=timedelta(hours=1), description="how long a notice stands there that is about no alert."
    )


class AlertmanagerNotifier:
    """Posts one alert for each notice; the same notice again changes nothing there."""

    kind = "alertmanager"
    settings = AlertmanagerSettings
    secrets = IN_WORDS

    def __init__(self, tools: Tools) -> None:
        self._http, self._clock = tools.http, tools.clock

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        return endpoint_problems(AlertmanagerSettings, notifier)

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        """Post the alert; one that is over is first looked up. Raises NotifyError."""
        try:
            settings = read(AlertmanagerSettings, notifier.settings)
            endpoint = Endpoint.of(settings, secrets)
        except ValueError as error:
            raise NotifyError(
                f"The Alertmanager {notifier.name!r} cannot be told. {error}", transient=False
            ) from None
        try:
            posted = [
                each
                for alert in notice.alerts or (None,)
                for each in await self._of_alert(endpoint, settings, notice, alert)
            ]
            content = json.dumps(posted, ensure_ascii=False).encode()
            await endpoint.call(
                self._http, _ALERTS, content=content, headers={"Content-Type": "application/json"}
            )
        except FetchError as error:
            raise NotifyError(
                f"The Alertmanager {notifier.name!r} was not told. {error}", transient=error.transient
            ) from None

    async def _of_alert(
        self, endpoint: Endpoint, settings: AlertmanagerSettings, notice: Notify, alert: Alert | None
    ) -> list[dict[str, Any]]:
        """Return what is posted of one alert; without one the notice is itself an alert for a while."""
        now, labels = self._clock.now(), {**settings.labels, **_labels(notice, alert)}
        if alert is None:
            return [_posted(notice, None, labels, now, now + settings.notice_hold)]
        start = alert.fired_at or now
        if alert.resolved_at is None:
            return [_posted(notice, alert, labels, start, now + settings.hold)]
        standing = await self._standing(endpoint, labels)
        return [_posted(notice, alert, each, start, alert.resolved_at) for each in standing]

    async def _standing(self, endpoint: Endpoint, labels: Labels) -> list[Labels]:
        """Return the labels of the alert as it stands there, else those that it would have today."""
        # A label more or less is another alert, perhaps of another Drumbeat; only the severity may have changed.
        identity = [f"{name}={json.dumps(labels[name])}" for name in sorted(set(labels) - {"severity"})]
        page = await endpoint.call(self._http, _ALERTS, {"filter": identity})
        try:
            found = [dict(each["labels"]) for each in json.loads(page.body)]
            return [each for each in found if set(each) == set(labels)] or [labels]
        except (ValueError, TypeError, LookupError):
            raise FetchError(
                f"{endpoint.label} does not answer as Alertmanager does. Check the address; it is the part before "
                "/api/v2.",
                transient=False,
            ) from None


def _labels(notice: Notify, alert: Alert | None) -> Labels:
    if alert is None:
        named = {"alertname": "DrumbeatNotice", "notice": notice.notice, "severity": notice.severity.value}
    else:
        named = {"alertname": alert.rule, "subject": alert.subject, "severity": alert.severity.value}
    return {**named, "strategy": notice.strategy}


def _posted(
    notice: Notify, alert: Alert | None, labels: Labels, start: datetime, end: datetime
) -> dict[str, Any]:
    several = alert is not None and len(notice.alerts) > 1
    summary = f"{alert.rule}: {alert.subject}" if alert and several else notice.title
    return {
        "labels": dict(labels),
        "annotations": {
            "summary": summary,
            "description": alert.because if alert and several else notice.body,
        },
        "startsAt": min(start, end).isoformat(),
        "endsAt": end.isoformat(),
    }
