"""The notifier `log`: writes notices into the structured log, where a person or a log collector reads them."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import structlog

from adapters.settings import problems
from adapters.tools import Tools
from engine.domain.base import Model
from engine.domain.messages import Notify
from engine.domain.ports import Secrets
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig

_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.CRITICAL: logging.CRITICAL,
}


class LogSettings(Model):
    """The log needs no settings."""


class LogNotifier:
    """Delivers to the log; the event is `notice`, its level the notice's severity."""

    kind = "log"
    settings = LogSettings
    secrets = ""

    def __init__(self, _tools: Tools) -> None:
        self._log = structlog.get_logger("drumbeat.notices")

    def validate(self, notifier: NotifierConfig) -> Sequence[str]:
        """Return what is wrong with the settings, one sentence each; pure."""
        return problems(LogSettings, notifier.settings)

    async def send(self, notifier: NotifierConfig, notice: Notify, secrets: Secrets) -> None:  # noqa: ARG002 - it has none
        """Write one line."""
        self._log.log(
            _LEVELS[notice.severity],
            "notice",
            notice=notice.notice,
            notifier=notifier.name,
            strategy=notice.strategy,
            severity=notice.severity.value,
            title=notice.title,
            body=notice.body,
        )
