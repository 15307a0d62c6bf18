"""The notifier `smtp`: mail that people's programs show well, through a mail server that may refuse it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from adapters.notifiers.smtp import SmtpNotifier, fitting
from adapters.testing.secrecy import SECRET, USER
from adapters.tools import Tools
from engine.domain.errors import NotifyError
from engine.domain.messages import Notify
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from tests.adapters.mail_server import MailServer, running
from tests.contracts.notifier_contract import Call, NotifierContract, make_notice
from tests.tls import make_certificate

CREW = ["ana@tacos.example", "ben@tacos.example"]


@pytest.fixture
async def postman() -> AsyncIterator[MailServer]:
    async with running() as server:
        yield server


@pytest.fixture
def port(postman: MailServer) -> int:
    return postman.port


@pytest.fixture
def notifier(tools: Tools) -> SmtpNotifier:
    return SmtpNotifier(tools)


def mail_to(listening: int, **settings: object) -> NotifierConfig:
    given = {
        "host": "127.0.0.1",
        "port": listening,
        "security": "none",
        "sender": "drumbeat@tacos.example",
        "to": CREW,
        **settings,
    }
    secrets = {"password": "env:MAIL_PASSWORD"} if "username" in settings else {}
    return NotifierConfig.model_validate(
        {"name": "mail", "kind": "smtp", "settings": given, "secrets": secrets}
    )


@pytest.fixture
def config(port: int) -> NotifierConfig:
    return mail_to(port)


def mails(postman: MailServer) -> list[EmailMessage]:
    return [each.mail for each in postman.taken]


def refuse(postman: MailServer, where: str, answer: str) -> None:
    """Let it answer so instead of taking a command, or an address."""
    if where in {"MAIL", "DATA"}:
        setattr(postman, where.lower(), answer)
    else:
        refused = CREW if where == "RCPT" else [where]
        postman.rcpt = dict.fromkeys(refused, answer)


class TestContract(NotifierContract):
    """The notifier keeps the contract of its seam."""

    @pytest.fixture
    def delivered(self, postman: MailServer) -> Callable[[], list[str]]:
        return lambda: [f"{each.mail['Subject']}\n{each.mail.get_content()}" for each in postman.taken]

    @pytest.fixture
    def failures(
        self, notifier: SmtpNotifier, postman: MailServer, port: int, closed_port: int, mute: int
    ) -> Sequence[Call]:
        login = {"username": USER, "security": "starttls"}

        async def refused(where: str, answer: str) -> None:
            refuse(postman, where, answer)
            await notifier.send(mail_to(port), make_notice(mail_to(port)), {"password": SECRET})

        configs = [
            mail_to(closed_port),
            mail_to(closed_port, **login),
            mail_to(port, **login),
            mail_to(port, security="tls"),
            mail_to(mute, timeout=0.3),
            mail_to(port, to=[]),
        ]
        return [
            *(partial(notifier.send, each, make_notice(each), {"password": SECRET}) for each in configs),
            partial(refused, "MAIL", f"451 not now {SECRET}"),
            partial(refused, "RCPT", f"550 nobody here {SECRET}"),
            partial(refused, "ana@tacos.example", f"550 nobody here {SECRET}"),
            partial(refused, "DATA", f"554 spam {SECRET}"),
        ]


@pytest.fixture
def mute() -> Iterator[int]:
    """Give a port on which somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_a_mail_goes_to_every_address_and_says_that_no_person_wrote_it(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer
) -> None:
    await notifier.send(config, make_notice(config), {})
    (mail,) = mails(postman)
    assert mail["From"] == "drumbeat@tacos.example"
    assert mail["To"] == "ana@tacos.example, ben@tacos.example"
    assert mail["Date"] == "Sun, 01 Feb 2026 12:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "[warning] The blog has gone silent"


async def test_the_same_notice_is_the_same_mail_and_another_is_another(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer
) -> None:
    notice = make_notice(config)
    for each in (notice, notice, notice.model_copy(update={"notice": "silent@blog#2"})):
        await notifier.send(config, each, {})
    first, repeated, other = (mail["Message-ID"] for mail in mails(postman))
    assert first == repeated != other
    assert postman.taken[0].raw == postman.taken[1].raw
    assert first.endswith("@tacos.example>")


async def test_the_news_of_one_alert_are_one_conversation(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer, alert_notice: Notify
) -> None:
    (alert,) = alert_notice.alerts
    later = alert.model_copy(update={"resolved_at": alert.fired_at, "state": "resolved"})
    over = alert_notice.model_copy(update={"notice": "over", "alerts": (later,)})
    for each in (alert_notice, over):
        await notifier.send(config, each, {})
    first, second = mails(postman)
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize(
    "title",
    ["word " * 40, "🌮" * 60, "ü" * 200, "漢字" * 60, "a" * 300, "e\u0301" * 150],
    ids=["words", "pictures", "umlauts", "wide", "long", "accents"],
)
async def test_a_subject_fits_into_a_line_of_78_columns_however_it_is_coded(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer, title: str
) -> None:
    await notifier.send(config, make_notice(config).model_copy(update={"title": title}), {})
    head = postman.taken[0].raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    subject = mails(postman)[0]["Subject"]
    assert subject.endswith("..." if title.isascii() else "…")
    assert fitting(subject, 78 - len("Subject: ")) == subject, "it needs no further cut"


async def test_a_title_cannot_smuggle_a_header(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer
) -> None:
    notice = make_notice(config).model_copy(update={"title": "Silent\r\nBcc: eve@evil.example\r\n\r\nbody"})
    await notifier.send(config, notice, {})
    (mail,) = mails(postman)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[warning] Silent Bcc: eve@evil.example body"


def test_wide_letters_count_twice_and_accents_not_at_all() -> None:
    assert fitting("漢字漢字", 8) == "漢字漢字"
    assert fitting("漢字漢字", 7) == "漢字漢…"
    assert fitting("e\u0301" * 8, 8) == "e\u0301" * 8


@pytest.mark.parametrize(
    ("where", "answer", "transient"),
    [
        ("MAIL", "451 try later", True),
        ("MAIL", "550 no", False),
        ("RCPT", "450 mailbox busy", True),
        ("RCPT", "550 nobody here", False),
        ("DATA", "452 full", True),
        ("DATA", "554 spam", False),
    ],
)
async def test_codes_of_four_hundred_pass_and_those_of_five_hundred_are_for_good(
    notifier: SmtpNotifier,
    config: NotifierConfig,
    postman: MailServer,
    where: str,
    answer: str,
    transient: bool,
) -> None:
    refuse(postman, where, answer)
    with pytest.raises(NotifyError, match=answer) as caught:
        await notifier.send(config, make_notice(config), {})
    assert caught.value.transient is transient
    assert postman.taken == []


async def test_when_only_some_addresses_refuse_nobody_gets_it_twice(
    notifier: SmtpNotifier, config: NotifierConfig, postman: MailServer
) -> None:
    postman.rcpt = {"ana@tacos.example": "450 busy"}
    with pytest.raises(NotifyError, match=r"refused ana@tacos\.example; the others have the mail") as caught:
        await notifier.send(config, make_notice(config), {})
    assert not caught.value.transient
    assert len(postman.taken) == 1


async def test_a_server_that_cannot_encrypt_gets_no_password_and_no_mail(
    notifier: SmtpNotifier, port: int, postman: MailServer
) -> None:
    config = mail_to(port, username=USER, security="starttls")
    with pytest.raises(NotifyError, match="does not offer what the settings ask for") as caught:
        await notifier.send(config, make_notice(config), {"password": SECRET})
    assert not caught.value.transient
    assert postman.taken == []


class TestEncrypted:
    """Over TLS, with a certificate of an authority that only this test trusts."""

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        return make_certificate(tmp_path)

    @pytest.fixture
    async def postman(self, certificate: Path) -> AsyncIterator[MailServer]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        async with running(context) as server:
            yield server

    @pytest.fixture
    def trusted(self, monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
        trusting = partial(ssl.create_default_context, cafile=str(certificate))
        monkeypatch.setattr("adapters.mail.ssl.create_default_context", trusting)

    @pytest.mark.usefixtures("trusted")
    async def test_a_mail_is_handed_over_after_a_login(
        self, notifier: SmtpNotifier, port: int, postman: MailServer
    ) -> None:
        config = mail_to(port, username=USER, security="starttls")
        await notifier.send(config, make_notice(config, severity=Severity.CRITICAL), {"password": SECRET})
        assert [mail["Subject"] for mail in mails(postman)] == ["[critical] The blog has gone silent"]

    @pytest.mark.usefixtures("trusted")
    async def test_a_wrong_password_is_said_and_not_tried_again(
        self, notifier: SmtpNotifier, port: int
    ) -> None:
        config = mail_to(port, username=USER, security="starttls")
        with pytest.raises(NotifyError, match="refuses the login") as caught:
            await notifier.send(config, make_notice(config), {"password": "wrong"})
        assert not caught.value.transient

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, notifier: SmtpNotifier, port: int, postman: MailServer
    ) -> None:
        config = mail_to(port, username=USER, security="starttls")
        with pytest.raises(NotifyError, match="certificate that is not valid") as caught:
            await notifier.send(config, make_notice(config), {"password": SECRET})
        assert not caught.value.transient
        assert postman.taken == []


async def test_a_mail_that_was_taken_is_delivered_though_the_server_does_not_say_good_bye(
    notifier: SmtpNotifier,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_take_and_hang_up, args=(listening,))
        thread.start()
        config = mail_to(listening.getsockname()[1])
        await notifier.send(config, make_notice(config), {})
        thread.join()


def _take_and_hang_up(listening: socket.socket) -> None:
    """Take one mail and cut the line at once."""
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 hello\r\n")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go on\r\n")
            elif line == b".\r\n":
                connection.sendall(b"250 taken\r\n")
                return
            elif line.upper().startswith((b"EHLO", b"MAIL", b"RCPT")):
                connection.sendall(b"250 fine\r\n")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"to": []}, "The setting `to` is wrong"),
        ({"to": ["ana"]}, "write an address such as ana@example.com"),
        ({"to": ["Ana <ana@tacos.example>"]}, "write an address such as ana@example.com"),
        ({"sender": "a@b@c"}, "The setting `sender` is wrong"),
        ({"port": 0}, "The setting `port` is wrong"),
        ({"security": "ssl"}, "The setting `security` is wrong"),
        ({"username": USER}, "the setting `security` must be starttls or tls"),
        ({"hots": "x"}, "There is no setting `hots`; did you mean `host`?"),
    ],
)
def test_wrong_settings_are_named(notifier: SmtpNotifier, settings: dict[str, object], words: str) -> None:
    assert words in " ".join(notifier.validate(mail_to(25, **settings)))


def test_a_user_without_a_password_is_said(notifier: SmtpNotifier) -> None:
    config = mail_to(25, username=USER, security="tls").model_copy(update={"secrets": {}})
    assert notifier.validate(config) == [
        "The setting `username` and the secret `password` go together; give both or neither."
    ]
