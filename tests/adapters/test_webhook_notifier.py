"""The notifier `webhook`: a document that does not change under its readers, signed so that they can trust it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from adapters.notifiers.webhook import WebhookAlert, WebhookDocument, WebhookNotice, WebhookNotifier
from adapters.signing import signing_key
from adapters.testing.secrecy import SECRET, assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.workspace import NotifierConfig
from tests.adapters.conftest import NOW
from tests.adapters.local_server import Server, drip, redirect, reset, silent, tell_tale, truncated
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice

KEY = f"{SECRET}-and-more"
SECRETS = {"signing_key": KEY, "bearer": f"{SECRET}-2"}
HOOK = NotifierConfig(
    name="hook", kind="webhook", secrets={"url": "env:A", "signing_key": "env:B", "bearer": "env:C"}
)
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "be-told.md"


@pytest.fixture
def notifier(tools: Tools) -> WebhookNotifier:
    return WebhookNotifier(tools)


@pytest.fixture
def config(server: Server) -> NotifierConfig:
    settings = {"url": server.say("/hook", "thanks", 202)}
    return NotifierConfig(
        name="hook", kind="webhook", settings=settings, secrets={"signing_key": "env:HOOK_KEY"}
    )


class TestContract(NotifierContract):
    """The notifier keeps the contract of its seam."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {"signing_key": KEY}

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
            partial(notifier.send, HOOK, notice, {"url": urls[0], "signing_key": SECRET}),
            partial(
                notifier.send, HOOK, notice, {"url": urls[0], "signing_key": KEY, "bearer": f"{SECRET}\n"}
            ),
        ]


async def test_a_receiver_can_verify_who_sent_it_and_when(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server
) -> None:
    await notifier.send(config, make_notice(config), {"signing_key": KEY})
    ((method, _path, headers, body),) = server.seen
    name, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    signed = f"{name}.{stamp}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha256).digest()).decode()
    assert method == "POST"
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(stamp) == NOW.timestamp()
    assert headers["Content-Type"] == "application/json"


async def test_the_program_in_the_documents_verifies_it(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server
) -> None:
    await notifier.send(config, make_notice(config), {"signing_key": KEY})
    ((_method, _path, headers, body),) = server.seen
    (program,) = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    names: dict[str, Callable[..., bool]] = {}
    exec(program, names)
    assert names["is_drumbeats"](headers, body, KEY.encode(), now=NOW.timestamp() + 299)
    assert not names["is_drumbeats"](headers, body, KEY.encode(), now=NOW.timestamp() + 301), "an old one"
    assert not names["is_drumbeats"](headers, body + b" ", KEY.encode(), now=NOW.timestamp()), "a changed one"
    assert not names["is_drumbeats"](headers, body, b"another key", now=NOW.timestamp())


async def test_the_same_notice_has_the_same_id_and_body(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, alert_notice: Notify
) -> None:
    for _ in range(2):
        await notifier.send(config, alert_notice, {"signing_key": KEY})
    first, second = server.seen
    assert first[2]["webhook-id"] == second[2]["webhook-id"]
    assert first[3] == second[3]
    other = alert_notice.model_copy(update={"notice": "another"})
    await notifier.send(config, other, {"signing_key": KEY})
    assert server.seen[2][2]["webhook-id"] != first[2]["webhook-id"]


async def test_an_alert_is_told_with_its_identity_and_its_times(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, alert_notice: Notify
) -> None:
    await notifier.send(config, alert_notice, {"signing_key": KEY})
    document = json.loads(server.seen[0][3])
    assert document["type"] == "drumbeat.notice"
    assert document["data"] == {
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
    await notifier.send(config, make_notice(config), {"signing_key": KEY})
    assert json.loads(server.seen[0][3])["data"]["alerts"] == []


@pytest.mark.parametrize(
    ("status", "transient"), [(400, False), (404, False), (410, False), (429, True), (500, True), (503, True)]
)
async def test_a_refusal_is_final_and_trouble_passes(
    notifier: WebhookNotifier, config: NotifierConfig, server: Server, status: int, transient: bool
) -> None:
    server.say("/hook", "no", status)
    with pytest.raises(NotifyError, match=f"did not take the notice.*{status}") as caught:
        await notifier.send(config, make_notice(config), {"signing_key": KEY})
    assert caught.value.transient is transient


def test_every_field_of_the_document_is_described_where_people_read() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for model, prefix in ((WebhookDocument, ""), (WebhookNotice, "data."), (WebhookAlert, "data.alerts[].")):
        for name, field in model.model_fields.items():
            assert f"| `{prefix}{name}` | {field.description} |" in page


def test_a_hook_without_its_key_is_said(notifier: WebhookNotifier, config: NotifierConfig) -> None:
    found = notifier.validate(config.model_copy(update={"secrets": {}}))
    assert len(found) == 1
    assert found[0].startswith("The secret `signing_key` is missing")


def test_a_key_is_plain_or_coded_and_never_short() -> None:
    coded = f"whsec_{base64.b64encode(KEY.encode()).decode()}"
    assert signing_key(coded) == signing_key(KEY) == KEY.encode()
    for wrong in ("", SECRET, "whsec_", f"whsec_{SECRET}!", f"whsec_{base64.b64encode(b'short').decode()}"):
        with pytest.raises(ValueError, match="The secret `signing_key`") as caught:
            signing_key(wrong)
        assert_no_secret(caught.value)
