"""The platform `email`: one transaction for everybody, and a doubt that only a person can settle."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from adapters.mail import Patience
from adapters.platforms.email import adapter
from adapters.platforms.email.adapter import EmailAdapter
from adapters.platforms.email.letter import message_id, subject_of
from adapters.platforms.email.settings import EmailSettings
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, Trouble
from engine.domain.items import ContentItem
from engine.domain.workspace import Account
from tests.adapters.conftest import NOW, failure
from tests.adapters.mail_server import PASSWORD, MailServer, running
from tests.tls import make_certificate

CREW = ["ana@tacos.example", "bo@tacos.example", "cy@tacos.example"]


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with running() as server:
        yield server


@pytest.fixture
def platform(tools: Tools) -> EmailAdapter:
    return EmailAdapter(tools)


def through(port: int, **settings: object) -> Account:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "truck@tacos.example",
        "to": CREW,
    }
    return Account.model_validate({"name": "letter", "platform": "email", "settings": {**given, **settings}})


def logging_in(port: int, **settings: object) -> Account:
    account = through(port, **{"security": "starttls", "username": "truck", **settings})
    return account.model_copy(update={"secrets": {"password": "env:MAIL_PASSWORD"}})


@pytest.fixture
def account(mail_server: MailServer) -> Account:
    return through(mail_server.port)


@pytest.fixture
def count(mail_server: MailServer) -> Callable[[str], int]:
    return lambda _key: len(mail_server.taken)


@pytest.fixture
def failures(platform: EmailAdapter, mail_server: MailServer, closed_port: int) -> Sequence[Call]:
    mail_server.rcpt = {"bad@a.example": f"550 no {SECRET}"}
    secrets = {"password": SECRET}
    return [
        partial(platform.publish, make_post(through(closed_port)), {}),
        partial(platform.publish, make_post(logging_in(mail_server.port)), secrets),
        partial(platform.publish, make_post(through(mail_server.port, to=["bad@a.example"])), secrets),
        partial(platform.publish, make_post(through(mail_server.port, sender=SECRET)), secrets),
        partial(platform.find, make_post(through(mail_server.port)), secrets),
    ]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


async def test_one_transaction_brings_it_to_everybody_and_nobody_sees_the_others(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    settings = {
        "sender_name": "Tácos & Söhne",
        "reply_to": "ana@tacos.example",
        "unsubscribe": "https://tacos.example/leave?list=1",
        "one_click": True,
    }
    post = make_post(
        through(mail_server.port, **settings),
        item=ContentItem(
            id="x", title="¡Ándale! 🌮", body="**Big** <b>tacos</b>\n.\n.dot", link="https://a.example"
        ),
    )
    published = await platform.publish(post, {})
    (mailed,) = mail_server.taken
    mail = mailed.mail
    assert (mailed.sender, mailed.recipients) == ("truck@tacos.example", CREW)
    assert not any(address in mailed.raw.decode("ascii") for address in CREW[1:])
    assert mail["From"] == mail["To"] == "Tácos & Söhne <truck@tacos.example>"
    assert mail["Subject"] == "¡Ándale! 🌮"
    assert mail["Date"].datetime == NOW
    assert mail["Reply-To"] == "ana@tacos.example"
    assert mail["List-Unsubscribe"] == "<https://tacos.example/leave?list=1>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert part(mail, "plain") == "**Big** <b>tacos</b>\n.\n.dot\n\n<https://a.example>\n"
    html = part(mail, "html")
    assert "<strong>Big</strong> &lt;b&gt;tacos&lt;/b&gt;" in html
    assert '<a href="https://a.example">' in html
    assert published is not None
    assert (published.at, published.url, published.native_id) == (NOW, None, mail["Message-ID"])


async def test_the_id_of_the_mail_is_that_of_the_post(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    account = through(mail_server.port)
    for post in (make_post(account), make_post(account), make_post(account, slot=SLOT.replace(hour=9))):
        await platform.publish(post, {})
    one, same, other = (mailed.mail["Message-ID"] for mailed in mail_server.taken)
    assert one == same != other
    assert one.endswith("@tacos.example>")


async def test_without_a_way_to_leave_none_is_promised(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    await platform.publish(make_post(through(mail_server.port)), {})
    mail = mail_server.taken[0].mail
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert mail["Reply-To"] is None


@pytest.mark.parametrize(
    ("item", "subject"),
    [
        ({"title": " Line\nbreak\x00 "}, "Line break"),
        ({"body": "\n# A *heading*\n\ntext"}, "A *heading*"),
        ({"body": "- one\n- two"}, "one"),
        ({"title": "a" * 200}, "a" * 149 + "…"),
        ({"body": "***"}, ""),
    ],
)
def test_the_subject_is_one_line(item: dict[str, str], subject: str) -> None:
    assert subject_of(ContentItem.model_validate({"id": "x", **item})) == subject


async def test_images_stand_inside_the_mail_with_their_words(
    platform: EmailAdapter, mail_server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "taco.png").write_bytes(b"\x89PNG not really")
    images = [{"file": str(tmp_path / "taco.png"), "alt": 'A "taco"', "type": "image/png"}]
    item = ContentItem.model_validate({"id": "x", "body": "look", "images": images})
    await platform.publish(make_post(through(mail_server.port), item=item), {})
    mail = mail_server.taken[0].mail
    (image,) = [each for each in mail.walk() if each.get_content_type() == "image/png"]
    assert isinstance(image, EmailMessage)
    assert image.get_content() == b"\x89PNG not really"
    assert f'<img src="cid:{image["Content-ID"].strip("<>")}" alt="A &quot;taco&quot;"' in part(mail, "html")
    assert str(tmp_path).encode() not in mail_server.taken[0].raw


async def test_the_list_may_be_a_file_that_is_read_at_each_sending(
    platform: EmailAdapter, mail_server: MailServer, tmp_path: Path
) -> None:
    path = tmp_path / "list.txt"
    post = make_post(through(mail_server.port, to=["Ana@tacos.example"], file=str(path)))
    path.write_text("\ufeff# the regulars\nana@tacos.example\n\n dee@tacos.example  # since May\n")
    await platform.publish(post, {})
    assert mail_server.taken[0].recipients == ["ana@tacos.example", "dee@tacos.example"], "each once"
    path.write_text("eve@tacos.example")
    await platform.publish(post, {})
    assert mail_server.taken[1].recipients == ["Ana@tacos.example", "eve@tacos.example"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"# nobody\n", "lists no address"),
        (b"ana@tacos.example\nAna <ana@a.example>\n", "list.txt:2: write an address"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b"\n".join(b"a%d@a.example" % number for number in range(1001)), "1,001 addresses"),
    ],
    ids=["missing", "empty", "a name", "bytes", "too many"],
)
async def test_a_list_that_cannot_be_used_sends_nothing(
    platform: EmailAdapter, mail_server: MailServer, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    post = make_post(through(mail_server.port, to=[], file=str(path)))
    error = await failure(partial(platform.publish, post, {}))
    assert (error.effect, error.transient, error.trouble) == (Effect.NONE, False, Trouble.SETTINGS)
    assert words in str(error)
    assert mail_server.taken == []


@pytest.mark.parametrize(("code", "transient"), [(550, False), (451, True)])
async def test_an_address_that_is_refused_stops_the_mail_for_everybody(
    platform: EmailAdapter, mail_server: MailServer, code: int, transient: bool
) -> None:
    mail_server.rcpt = {CREW[1]: f"{code} not here"}
    error = await failure(partial(platform.publish, make_post(through(mail_server.port)), {}))
    assert (error.effect, error.transient) == (Effect.NONE, transient)
    assert f"refuses 1 of 3 addresses: bo@tacos.example ({code} not here)" in str(error)
    assert mail_server.taken == []


async def test_the_others_may_get_it_and_the_log_names_who_did_not(
    platform: EmailAdapter, mail_server: MailServer, capfd: pytest.CaptureFixture[str]
) -> None:
    mail_server.rcpt = {CREW[1]: "550 not here"}
    assert await platform.publish(make_post(through(mail_server.port, on_refusal="skip")), {})
    assert mail_server.taken[0].recipients == [CREW[0], CREW[2]]
    logged = "".join(capfd.readouterr())
    assert "email.addresses_refused" in logged
    assert "bo@tacos.example" in logged
    assert "550 not here" in logged


async def test_where_every_address_is_refused_nobody_gets_it(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    mail_server.rcpt = dict.fromkeys(CREW, "550 no")
    post = make_post(through(mail_server.port, on_refusal="skip"))
    assert (await failure(partial(platform.publish, post, {}))).effect is Effect.NONE
    assert mail_server.taken == []


@pytest.mark.parametrize(
    ("answer", "transient"), [("554 it smells of advertising", False), ("451 try later", True)]
)
@pytest.mark.parametrize("where", ["mail", "data"])
async def test_a_server_that_says_no_has_not_sent_it(
    platform: EmailAdapter, mail_server: MailServer, where: str, answer: str, transient: bool
) -> None:
    setattr(mail_server, where, answer)
    error = await failure(partial(platform.publish, make_post(through(mail_server.port)), {}))
    assert (error.effect, error.transient) == (Effect.NONE, transient)
    assert error.raw == answer


async def test_a_connection_cut_before_the_mail_left_nothing_behind(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    mail_server.cut = "before"
    error = await failure(partial(platform.publish, make_post(through(mail_server.port)), {}))
    assert (error.effect, error.transient, error.trouble) == (Effect.NONE, True, Trouble.UNREACHABLE)
    assert mail_server.taken == []


async def test_a_connection_cut_after_the_mail_is_a_doubt_that_a_person_settles(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    mail_server.cut = "after"
    post = make_post(through(mail_server.port))
    error = await failure(partial(platform.publish, post, {}))
    assert (error.effect, error.trouble) == (Effect.MAYBE, Trouble.BROKEN)
    assert len(mail_server.taken) == 1
    unsure = await failure(partial(platform.find, post, {}))
    assert (unsure.effect, unsure.transient) == (Effect.NONE, False)
    assert message_id(post, EmailSettings.model_validate(post.account.settings)) in str(unsure)
    assert mail_server.taken[0].mail["Message-ID"] in str(unsure)


async def test_a_server_that_is_too_slow_before_the_mail_gets_none(
    platform: EmailAdapter, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_PATIENCE", Patience(10, 0, 25))
    error = await failure(partial(platform.publish, make_post(through(mail_server.port)), {}))
    assert (error.effect, error.transient) == (Effect.NONE, True)
    assert mail_server.taken == []


async def test_a_server_that_never_answers_after_the_mail_is_a_doubt(
    platform: EmailAdapter, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_args: object) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(adapter, "_PATIENCE", Patience(10, 25, 0.2))
    monkeypatch.setattr(mail_server, "handle_DATA", silent)
    error = await failure(partial(platform.publish, make_post(through(mail_server.port)), {}))
    assert error.effect is Effect.MAYBE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def tls_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_the_password_goes_through_an_encrypted_connection_only(
    platform: EmailAdapter, certificate: Path, monkeypatch: pytest.MonkeyPatch, implicit: bool
) -> None:
    async with running(tls_of(certificate), implicit=implicit) as server:
        post = make_post(logging_in(server.port, security="tls" if implicit else "starttls"))
        untrusted = await failure(partial(platform.publish, post, {"password": PASSWORD}))
        assert (untrusted.effect, untrusted.transient) == (Effect.NONE, False)
        assert "certificate" in str(untrusted)
        assert server.logins == [], "nothing was said to a stranger"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert await platform.publish(post, {"password": PASSWORD})
        assert len(server.taken) == 1
        refused = await failure(partial(platform.publish, post, {"password": f"{SECRET}-old"}))
        assert (refused.effect, refused.transient, refused.trouble) == (
            Effect.NONE,
            False,
            Trouble.CREDENTIAL,
        )


async def test_a_server_without_starttls_never_hears_the_password(
    platform: EmailAdapter, mail_server: MailServer
) -> None:
    post = make_post(logging_in(mail_server.port, host="127.0.0.1"))
    error = await failure(partial(platform.publish, post, {"password": PASSWORD}))
    assert (error.effect, error.transient, error.trouble) == (Effect.NONE, False, Trouble.SETTINGS)
    assert "does not offer" in str(error)
    assert mail_server.logins == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"to": []}, "Give `to` or `file`"),
        ({"to": ["Ana <ana@a.example>"]}, "`to.0`"),
        ({"to": ["ana@a.example\r\nBcc: x@a.example"]}, "`to.0`"),
        ({"to": ["ána@a.example"]}, "`to.0`"),
        ({"to": ["a@b@c"]}, "`to.0`"),
        ({"sender_name": "Ana\nBcc: x@a.example"}, "`sender_name`"),
        ({"username": "truck"}, "must be starttls or tls"),
        ({"unsubscribe": "http://a.example"}, "`unsubscribe`"),
        ({"one_click": True, "unsubscribe": "mailto:x@a.example"}, "`one_click` needs"),
    ],
)
def test_a_wrong_setting_is_said_beforehand(
    platform: EmailAdapter, settings: dict[str, object], words: str
) -> None:
    assert words in " ".join(platform.validate(through(25, **settings), None))


def test_what_cannot_be_mailed_is_said_beforehand(platform: EmailAdapter) -> None:
    account = through(25)
    assert any(
        "needs a subject" in each for each in platform.validate(account, ContentItem(id="x", link="a"))
    )
    heavy = ContentItem.model_validate(
        {"id": "x", "body": "a", "images": [{"file": "a.png", "bytes": 11 << 20}]}
    )
    assert any("11 MiB" in each for each in platform.validate(account, heavy))
    halfway = account.model_copy(update={"secrets": {"password": "env:P"}})
    assert any("go together" in each for each in platform.validate(halfway, None))
