"""The notifier `webhook`: a signed JSON document for a program of your own, one POST for each notice.

The document is a `WebhookDocument`; docs/how-to/be-told.md shows how it is verified. A notice may come twice when the
engine is killed in the very moment of sending: then it has the same `notice` and the same `webhook-id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from adapters.credentials import IN_WORDS
from adapters.endpoint import Endpoint, EndpointSettings, endpoint_problems
from adapters.http import FetchError
from adapters.settings import read
from adapters.signing import message_id, signature_headers, signing_key
from adapters.tools import Tools
from engine.domain.base import Instant, Model
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig


class WebhookAlert(Model):
    """The alert that a notice is about. Rule, subject and `fired_at` tell one firing from every other."""

    rule: str = Field(description="the rule's name, such as ChannelSilent.")
    subject: str = Field(description="what it is about, such as channel/blog.")
    state: AlertState = Field(description="`firing` or `resolved`.")
    severity: Severity = Field(description="how much the alert matters.")
    because: str = Field(description="why it fired, in words.")
    fired_at: Instant | None = Field(description="when it fired, in UTC.")
    resolved_at: Instant | None = Field(description="when it ended, in UTC.")


class WebhookNotice(Model):
    """A notice. The same `notice` is the same news, also when it comes twice."""

    notice: str = Field(description="the identity of the notice; the same one is the same news.")
    strategy: str = Field(description="the strategy, such as acme/blog.")
    severity: Severity = Field(description="how much the notice matters: info, warning or critical.")
    title: str = Field(description="what happened, in a line.")
    body: str = Field(description="the same in sentences.")
    alerts: tuple[WebhookAlert, ...] = Field(
        description="the alerts that it is about; none for a task or a review."
    )


class WebhookDocument(Model):
    """What is sent. Fields may be added to it; none changes its meaning without another `type`."""

    type: Literal["drumbeat.notice"] = Field(default="drumbeat.notice", description="which document this is.")
    data: WebhookNotice = Field(description="the notice.")


class WebhookSettings(EndpointSettings):
    """Where the program listens. The secret `signing_key` signs what is sent."""


class WebhookNotifier:
    """Posts each notice; an answer of 200 to 299 takes it."""

    kind = "webhook"
    settings = WebhookSettings
    secrets = f"`signing_key`, which signs what is sent; {IN_WORDS}"

    def __init__(self, tools: Tools) -> None:
        self._http, self._clock = tools.http, tools.clock

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        others = {name: given for name, given in notifier.secrets.items() if name != "signing_key"}
        found = endpoint_problems(WebhookSettings, notifier.model_copy(update={"secrets": others}))
        if "signing_key" not in notifier.secrets:
            found.append(
                "The secret `signing_key` is missing: a reference to the key that the program verifies with, such as "
                "env:HOOK_KEY."
            )
        return found

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:
        """Post it once. Raises NotifyError."""
        try:
            key = signing_key(secrets.get("signing_key", ""))
            endpoint = Endpoint.of(read(WebhookSettings, notifier.settings), secrets)
        except ValueError as error:
            raise NotifyError(
                f"The webhook {notifier.name!r} cannot be told. {error}", transient=False
            ) from None
        body = document(notice).model_dump_json().encode()
        signed = signature_headers(key, message_id(notice.notice), body, self._clock.now())
        try:
            await endpoint.call(
                self._http, content=body, headers={"Content-Type": "application/json", **signed}
            )
        except FetchError as error:
            raise NotifyError(
                f"The webhook {notifier.name!r} did not take the notice. {error}", transient=error.transient
            ) from None


def document(notice: Notify) -> WebhookDocument:
    """Return the document of a notice."""
    told = WebhookNotice(
        notice=notice.notice,
        strategy=notice.strategy,
        severity=notice.severity,
        title=notice.title,
        body=notice.body,
        alerts=tuple(_alert(alert) for alert in notice.alerts),
    )
    return WebhookDocument(data=told)


def _alert(alert: Alert) -> WebhookAlert:
    return WebhookAlert.model_validate(alert.model_dump(include=set(WebhookAlert.model_fields)))
