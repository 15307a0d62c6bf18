"""One request to a platform, and the truth about what it did: statuses, cuts, redirects, limits, secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.api import Api, Seen
from adapters.http import Http, Limits
from adapters.testing.carrying import MovedClock
from adapters.testing.secrecy import SECRET, assert_no_secret
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.workspace import Account
from tests.adapters.local_server import Server, drip, flood, redirect, reset, silent, truncated

ACCOUNT = Account(name="mine", platform="place")


class Made(Seen):
    id: int


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def tools(clock: MovedClock) -> AsyncIterator[Tools]:
    http = Http(Limits(connect=1, read=0.4, total=0.8, bytes=100_000), trust_env=False)
    yield Tools(http=http, clock=clock)
    await http.aclose()


def api(tools: Tools, server: Server, *, account: Account = ACCOUNT, app: str = "") -> Api:
    return Api(tools, "Place", account, server.url(""), {"token": SECRET}, app=app)


async def failed(to: Api, path: str, *, mutates: bool = True) -> PublishError:
    with pytest.raises(PublishError) as caught:
        await to.send("POST", path, mutates=mutates, headers={"Authorization": f"Bearer {SECRET}"}, json={})
    assert_no_secret(caught.value)
    assert len(str(caught.value)) > 20
    return caught.value


async def test_a_good_answer_is_read_as_what_was_expected(tools: Tools, server: Server) -> None:
    server.say("/posts", '{"id": 7, "more": "is left aside"}', 201, Content_Type="application/json")
    answer = await api(tools, server).send("POST", "/posts", mutates=True, json={"text": "hola"})
    assert answer.read(Made) == Made(id=7)
    assert server.seen[-1][3] == b'{"text":"hola"}'


@pytest.mark.parametrize(
    ("status", "trouble", "transient"),
    [
        (400, Trouble.CONTENT, False),
        (401, Trouble.CREDENTIAL, False),
        (403, Trouble.FORBIDDEN, False),
        (404, Trouble.ABSENT, False),
        (408, Trouble.CONTENT, True),
        (413, Trouble.CONTENT, False),
        (422, Trouble.CONTENT, False),
        (425, Trouble.CONTENT, True),
    ],
)
async def test_a_refusal_did_nothing(
    tools: Tools, server: Server, status: int, trouble: Trouble, *, transient: bool
) -> None:
    server.say("/posts", '{"code": "no", "message": "Not like this"}', status)
    error = await failed(api(tools, server), "/posts")
    assert (error.effect, error.trouble, error.transient) == (Effect.NONE, trouble, transient)
    assert error.raw == "no; Not like this"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize("mutates", [True, False])
async def test_a_server_error_leaves_a_doubt_only_where_something_could_change(
    tools: Tools, server: Server, status: int, *, mutates: bool
) -> None:
    server.say("/posts", "<h1>oops</h1>", status)
    error = await failed(api(tools, server), "/posts", mutates=mutates)
    assert error.effect is (Effect.MAYBE if mutates else Effect.NONE)
    assert (error.trouble, error.transient, error.raw) == (Trouble.BROKEN, True, "")


@pytest.mark.parametrize("route", [silent, drip, truncated, reset, flood], ids=lambda route: route.__name__)
@pytest.mark.parametrize("mutates", [True, False])
async def test_an_answer_that_never_comes_whole_leaves_a_doubt(
    tools: Tools, server: Server, route: object, *, mutates: bool
) -> None:
    server.add("/posts", route)  # type: ignore[arg-type]
    error = await failed(api(tools, server), "/posts", mutates=mutates)
    assert error.effect is (Effect.MAYBE if mutates else Effect.NONE)
    assert error.trouble is Trouble.BROKEN


async def test_no_connection_did_nothing(tools: Tools, closed_port: int) -> None:
    to = Api(tools, "Place", ACCOUNT, f"http://127.0.0.1:{closed_port}", {"token": SECRET})
    error = await failed(to, "/posts")
    assert (error.effect, error.trouble, error.transient) == (Effect.NONE, Trouble.UNREACHABLE, True)


async def test_a_secret_that_cannot_stand_in_a_header_did_nothing(tools: Tools, server: Server) -> None:
    with pytest.raises(PublishError) as caught:
        await api(tools, server).send("POST", "/posts", mutates=True, headers={"X-Token": f"{SECRET}\n\0"})
    assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.SETTINGS)
    assert_no_secret(caught.value)


@pytest.mark.parametrize(
    ("status", "effect", "transient"),
    [
        (301, Effect.MAYBE, False),
        (302, Effect.MAYBE, True),
        (303, Effect.MAYBE, True),
        (307, Effect.NONE, True),
        (308, Effect.NONE, False),
    ],
)
async def test_a_redirect_is_not_followed_with_a_secret(
    tools: Tools, server: Server, status: int, effect: Effect, *, transient: bool
) -> None:
    server.add("/posts", redirect(server.url("/elsewhere"), status))
    error = await failed(api(tools, server), "/posts")
    assert (error.effect, error.transient) == (effect, transient)
    assert server.paths() == ["POST /posts"]


async def test_an_answer_of_another_kind_leaves_a_doubt_when_it_is_read(tools: Tools, server: Server) -> None:
    server.say("/posts", "<p>Accept our terms</p>", Content_Type="text/html; charset=utf-8")
    for mutates, effect in ((True, Effect.MAYBE), (False, Effect.NONE)):
        answer = await api(tools, server).send("POST", "/posts", mutates=mutates)
        for read in (answer.json, lambda got=answer: got.read(Made), lambda got=answer: got.read_list(Made)):
            with pytest.raises(PublishError, match="text/html") as caught:
                read()
            assert caught.value.effect is effect


async def test_a_full_platform_is_not_called_again_before_it_has_room(
    tools: Tools, server: Server, clock: MovedClock
) -> None:
    server.say("/posts", "{}", 429, Retry_After="30")
    error = await failed(api(tools, server), "/posts")
    assert (error.effect, error.trouble, error.transient) == (Effect.NONE, Trouble.RATE, True)
    assert error.retry_after == timedelta(seconds=30)
    server.say("/posts", '{"id": 1}')
    clock.move(timedelta(seconds=20))
    error = await failed(api(tools, server), "/posts")
    assert error.retry_after == timedelta(seconds=10)
    assert len(server.seen) == 1, "nothing was sent meanwhile"
    clock.move(timedelta(seconds=10))
    await api(tools, server).send("POST", "/posts", mutates=True)


async def test_another_account_is_not_held_up_unless_the_application_is_full(
    tools: Tools, server: Server
) -> None:
    other = Account(name="other", platform="place")
    server.say("/posts", "{}", 429, Retry_After="30")
    await failed(api(tools, server, app="ours"), "/posts")
    server.say("/posts", "{}", 429, Retry_After="30", X_RateLimit_Scope="global")
    await failed(api(tools, server, account=other, app="ours"), "/posts")
    third = Account(name="third", platform="place")
    error = await failed(api(tools, server, account=third, app="ours"), "/posts")
    assert error.trouble is Trouble.RATE
    assert len(server.seen) == 2


async def test_what_a_platform_says_is_kept_without_the_secret_and_short(
    tools: Tools, server: Server
) -> None:
    server.say("/posts", f'{{"message": "Bearer {SECRET} is not known\\u0007", "trace": "{SECRET}"}}', 401)
    error = await failed(api(tools, server), "/posts")
    assert error.raw == "Bearer … is not known"
    server.say("/posts", f'{{"message": "{"x" * 5000}"}}', 400)
    assert len((await failed(api(tools, server), "/posts")).raw) == 300


async def test_a_status_that_the_adapter_understands_is_given_to_it(tools: Tools, server: Server) -> None:
    server.say("/posts", '{"code": "term_exists"}', 400)
    answer = await api(tools, server).send("POST", "/posts", mutates=True, accept={400})
    assert answer.status == 400
    assert "Change the words" in str(answer.refusal("it is taken. Change the words"))
