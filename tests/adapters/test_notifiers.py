"""The notifiers `log` and `apprise`: what is said arrives, and no address is ever shown."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from functools import partial

import pytest
import structlog
from structlog.testing import CapturingLogger

from adapters.notifiers import apprise_
from adapters.notifiers.apprise_ import AppriseNotifier
from adapters.notifiers.log import LogNotifier
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.ports import Notifier
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from tests.adapters.local_server import Server, reset
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice

CHAT = NotifierConfig(name="chat", kind="apprise", secrets={"url": "env:CHAT_URL"})


class TestLog(NotifierContract):
    """The log keeps the contract of its seam."""

    @pytest.fixture
    def logger(self, monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
        logger = CapturingLogger()
        monkeypatch.setattr(
            structlog, "get_logger", lambda _name: structlog.wrap_logger(logger, processors=[])
        )
        return logger

    @pytest.fixture
    def notifier(self, logger: CapturingLogger) -> Notifier:
        return LogNotifier(Tools())

    @pytest.fixture
    def config(self) -> NotifierConfig:
        return NotifierConfig(name="log", kind="log")

    @pytest.fixture
    def delivered(self, logger: CapturingLogger) -> Callable[[], list[str]]:
        return lambda: [str(call.kwargs) for call in logger.calls]

    @pytest.mark.parametrize(
        ("severity", "level"),
        [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.CRITICAL, "critical")],
    )
    async def test_the_level_is_the_severity(
        self,
        notifier: Notifier,
        config: NotifierConfig,
        logger: CapturingLogger,
        severity: Severity,
        level: str,
    ) -> None:
        await notifier.send(config, make_notice(config, severity=severity), {})
        assert [call.method_name for call in logger.calls] == [level]


class TestApprise(NotifierContract):
    """The library keeps the contract of its seam, against a real web server."""

    @pytest.fixture
    def notifier(self) -> Notifier:
        return AppriseNotifier(Tools())

    @pytest.fixture
    def config(self) -> NotifierConfig:
        return CHAT

    @pytest.fixture
    def secrets(self, server: Server) -> dict[str, str]:
        server.say(f"/{SECRET}", "ok")
        return {"url": f"json://user:{SECRET}@127.0.0.1:{server.server_port}/{SECRET}"}

    @pytest.fixture
    def delivered(self, server: Server) -> Callable[[], list[str]]:
        return lambda: [str(json.loads(body)) for _method, _path, _headers, body in server.seen]

    @pytest.fixture
    def failures(
        self, notifier: Notifier, server: Server, closed_port: int, caplog: pytest.LogCaptureFixture
    ) -> Sequence[Call]:
        caplog.set_level(logging.DEBUG)
        server.say(f"/500/{SECRET}", "no", 500)
        server.add(f"/reset/{SECRET}", reset)
        port = server.server_port
        urls = [
            "",
            f"nosuchservice://{SECRET}/{SECRET}",
            f"json://127.0.0.1:{port}/404/{SECRET}",
            f"json://127.0.0.1:{port}/500/{SECRET}",
            f"json://user:{SECRET}@127.0.0.1:{port}/reset/{SECRET}",
            f"json://127.0.0.1:{closed_port}/{SECRET}",
            f"{SECRET} is no address",
        ]
        notice = make_notice(CHAT)
        return [partial(notifier.send, CHAT, notice, {"url": url}) for url in urls]


async def test_severity_becomes_the_librarys_kind(server: Server) -> None:
    server.say("/hook", "ok")
    url = f"json://127.0.0.1:{server.server_port}/hook"
    for severity in Severity:
        await AppriseNotifier(Tools()).send(CHAT, make_notice(CHAT, severity=severity), {"url": url})
    assert [json.loads(body)["type"] for *_, body in server.seen] == ["info", "warning", "failure"]


async def test_a_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_url: str, _notice: object) -> bool:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
        return True

    monkeypatch.setattr(apprise_, "_deliver", hang)
    config = CHAT.model_copy(update={"settings": {"timeout": 0.05}})
    with pytest.raises(NotifyError, match=r"within 0\.05 s") as caught:
        await AppriseNotifier(Tools()).send(config, make_notice(config), {"url": SECRET})
    assert caught.value.transient
    release.set()


@pytest.mark.parametrize(("url", "transient"), [("", False), ("nosuchservice://x", False)])
async def test_an_address_nobody_understands_is_not_tried_again(url: str, transient: bool) -> None:
    with pytest.raises(NotifyError) as caught:
        await AppriseNotifier(Tools()).send(CHAT, make_notice(CHAT), {"url": url})
    assert caught.value.transient is transient


def test_a_notifier_without_its_secret_is_said() -> None:
    found = AppriseNotifier(Tools()).validate(CHAT.model_copy(update={"secrets": {}}))
    assert "`url` is missing" in " ".join(found)
