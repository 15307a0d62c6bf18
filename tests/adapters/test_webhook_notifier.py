"""The notifier `webhook`: a document that does not change under its readers, signed so that they can trust it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from adapters.notifiers.webhook import WebhookAlert, WebhookNotice, WebhookNotifier
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.workspace import NotifierConfig
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Server, drip, redirect, reset, silent, tell_tale, truncated
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice

SECRETS = {"key": SECRET, "bearer": f"{SECRET}-2"}
HOOK = NotifierConfig(
    name="hook", kind="webhook", secrets={"url": "env:A", "key": "env:B", "bearer": "env:C"}
)
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "be-told.md"


@pytest.fixture
def notifier(tools: Tools) -> WebhookNotifier:
    return WebhookNotifier(tools)


@pytest.fixture
def config(server: Server) -> NotifierConfig:
    settings = {"url": server.say("/hook", "thanks", 202)}
    return NotifierConfig(name="hook", kind="webhook", settings=settings, secrets={"key": "env:HOOK_KEY"})


class TestContract(NotifierContract):
    """The notifier keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"key": SECRET}

    @pytest.fixture
    def delivered(self, server: Server) -> Callable[[], list[str]]:
        return lambda: [str(json.loads(body)) for *_, body in server.seen]

    @pytest.fixture
    def failures(self, notifier: WebhookNotifier, server: Server, closed_port: int) -> Sequence[Call]:
        routes = {
            "reset": reset,
            "cut": truncated,
            "slow": drip,
            "silent": silent,
            "tells": tell_tale(400),
            "breaks": tell_tale(503),
            "moved": redirect(f"http://127.0.0.1:{closed_port}/{SECRET}", 308),
        }
        for name, route in routes.items():
            server.add(f"/{SECRET}/{name}", route)
        urls = [server.url(f"/{SECRET}/{name}") for name in (*routes, "missing")]
        urls += [f"http://127.0.0.1:{closed_port}/{SECRET}", f"{SECRET}://x", ""]
        notice = make_notice(HOOK)
        return [
            *(partial(notifier.send, HOOK, notice, {"url": url, **SECRETS}) for url in urls),
            partial(notifier.send, HOOK, notice, {"url": urls[0], "key": ""}),
            partial(notifier.send, HOOK, notice, {"url": urls[0], "key": SECRET, "bearer": f"{SECRET}\n"}),
        ]


async def test_a_receiver_can_verify_who_sent_it_and_when(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server
) -> None:
    await notifier.send(config, make_notice(config), {"key": SECRET})
    ((method, _path, headers, body),) = server.seen
    stamp = headers["Drumbeat-Timestamp"]
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert method == "POST"
    assert headers["Drumbeat-Signature"] == f"v1={expected}"
    assert int(stamp) == NOW.timestamp()
    assert headers["Content-Type"] == "application/json"


async def test_the_program_in_the_documents_verifies_it(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server
) -> None:
    await notifier.send(config, make_notice(config), {"key": SECRET})
    ((_method, _path, headers, body),) = server.seen
    (program,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    names: dict[str, Callable[..., bool]] = {}
    exec(program, names)
    assert names["is_drumbeats"](headers, body, SECRET, now=NOW.timestamp() + 299)
    assert not names["is_drumbeats"](headers, body, SECRET, now=NOW.timestamp() + 301), "an old one"
    assert not names["is_drumbeats"](headers, body + b" ", SECRET, now=NOW.timestamp()), "a changed one"
    assert not names["is_drumbeats"](headers, body, "another key", now=NOW.timestamp())


async def test_the_same_notice_has_the_same_key_and_body(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, alert_notice: Notify
) -> None:
    for _ in range(2):
        await notifier.send(config, alert_notice, {"key": SECRET})
    first, second = server.seen
    assert first[2]["Idempotency-Key"] == second[2]["Idempotency-Key"] == alert_notice.notice
    assert first[3] == second[3]


async def test_an_alert_is_told_with_its_identity_and_its_times(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, alert_notice: Notify
) -> None:
    await notifier.send(config, alert_notice, {"key": SECRET})
    assert json.loads(server.seen[0][3]) == {
        "version": "drumbeat.notice/v1",
        "notice": "team/taco-truck/ChannelSilent@channel/blog/1@20260105T080000.000000Z/firing",
        "strategy": "team/taco-truck",
        "severity": "warning",
        "title": "ChannelSilent: channel/blog",
        "body": "Nothing has happened since 5 January.",
        "alerts": [
            {
                "rule": "ChannelSilent",
                "subject": "channel/blog",
                "state": "firing",
                "severity": "warning",
                "because": "Nothing has happened since 5 January.",
                "fired_at": "2026-01-05T08:00:00Z",
                "resolved_at": None,
            }
        ],
    }


async def test_what_is_about_no_alert_says_so(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server
) -> None:
    await notifier.send(config, make_notice(config), {"key": SECRET})
    assert json.loads(server.seen[0][3])["alerts"] == []


@pytest.mark.parametrize(
    ("status", "transient"), [(400, False), (404, False), (410, False), (429, True), (500, True), (503, True)]
)
async def test_a_refusal_is_final_and_trouble_passes(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, status: int, transient: bool
) -> None:
    server.say("/hook", "no", status)
    with pytest.raises(NotifyError, match=f"did not take the notice.*{status}") as caught:
        await notifier.send(config, make_notice(config), {"key": SECRET})
    assert caught.value.transient is transient


def test_every_field_of_the_document_is_described_where_people_read() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for model, prefix in ((WebhookNotice, ""), (WebhookAlert, "alert.")):
        for name, field in model.model_fields.items():
            assert f"| `{prefix}{name}` | {field.description} |" in page


def test_a_hook_without_its_key_is_said(notifier: WebhookNotifier, config: NotifierConfig) -> None:
    found = notifier.validate(config.model_copy(update={"secrets": {}}))
    assert found == [
        "The secret `key` is missing: a reference to what signs the notices, such as env:HOOK_KEY."
    ]
