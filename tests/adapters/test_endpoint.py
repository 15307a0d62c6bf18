"""Credentials: they reach the host that they are meant for, and nobody else, and come back in no error."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from adapters.endpoint import Endpoint, EndpointSettings, endpoint_problems
from adapters.http import FetchError
from adapters.testing.secrecy import SECRET, USER, assert_no_secret
from adapters.tools import Tools
from engine.domain.workspace import SourceConfig
from tests.adapters.local_server import Server, redirect, running, tell_tale

SECRETS = {"bearer": SECRET, "header.X-Api-Key": f"{SECRET}-2"}
BASIC = f"Basic {base64.b64encode(f'{USER}:{SECRET}'.encode()).decode()}"


@pytest.fixture
def stranger() -> Iterator[Server]:
    """Another host; for the web a port is enough to be another."""
    with running() as server:
        server.say("/", "{}")
        yield server


def at(url: str, secrets: dict[str, str] | None = None, **settings: object) -> Endpoint:
    return Endpoint.of(EndpointSettings.model_validate({"url": url, **settings}), secrets or {})


async def test_secrets_become_the_headers_that_they_name(tools: Tools, server: Server) -> None:
    await at(server.say("/", "{}"), SECRETS, headers={"X-Team": "tacos"}).call(tools.http)
    headers = server.seen[0][2]
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert headers["X-Api-Key"] == f"{SECRET}-2"
    assert headers["X-Team"] == "tacos"


async def test_a_user_and_a_password_become_a_basic_authorization(tools: Tools, server: Server) -> None:
    await at(server.say("/", "{}"), {"password": SECRET}, username=USER).call(tools.http)
    assert server.seen[0][2]["Authorization"] == BASIC


async def test_a_path_and_a_query_are_added_to_those_of_the_address(tools: Tools, server: Server) -> None:
    server.say("/prefix/api", "{}")
    await at(server.url("/prefix/?tenant=7")).call(tools.http, "/api", {"query": "a b", "filter": ["x", "y"]})
    assert server.paths() == ["GET /prefix/api?tenant=7&query=a+b&filter=x&filter=y"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_carries_no_secret(
    tools: Tools, server: Server, stranger: Server, status: int
) -> None:
    url = server.add("/", redirect(stranger.url("/"), status))
    for secrets, settings in ((SECRETS, {}), ({"password": SECRET}, {"username": USER})):
        await at(url, secrets, **settings).call(tools.http)
    assert len(stranger.seen) == 2
    for _method, path, headers, _body in stranger.seen:
        assert SECRET not in path
        assert not {"Authorization", "X-Api-Key"} & set(headers)
        assert SECRET not in str(headers)


async def test_a_redirect_back_home_by_way_of_a_stranger_brings_the_secret_home_only(
    tools: Tools, server: Server, stranger: Server
) -> None:
    home = server.say("/home", "{}")
    stranger.add("/way", redirect(home))
    await at(server.add("/", redirect(stranger.url("/way"))), SECRETS).call(tools.http)
    assert SECRET not in str(stranger.seen)
    assert server.paths() == ["GET /", "GET /home"]


async def test_a_redirect_on_the_same_host_keeps_the_secret(tools: Tools, server: Server) -> None:
    server.say("/new", "{}")
    await at(server.add("/", redirect("/new")), SECRETS).call(tools.http)
    assert server.seen[1][2]["X-Api-Key"] == f"{SECRET}-2"
    assert server.seen[1][2]["Authorization"] == f"Bearer {SECRET}"


async def test_what_is_posted_follows_no_redirect(tools: Tools, server: Server, stranger: Server) -> None:
    url = server.add("/", redirect(stranger.url("/"), 307))
    with pytest.raises(FetchError, match="leads elsewhere") as caught:
        await at(url, SECRETS).call(tools.http, content=b"{}")
    assert not caught.value.transient
    assert stranger.seen == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
async def test_a_server_that_says_all_it_was_told_gives_no_secret_away(
    tools: Tools, server: Server, status: int
) -> None:
    server.add(f"/{SECRET}/hook", tell_tale(status))
    url = server.url(f"/{SECRET}/hook?token={SECRET}", userinfo=f"{USER}:{SECRET}@")
    for secrets, settings in (
        ({"url": url, **SECRETS}, {}),
        ({"url": url, "password": SECRET}, {"username": USER}),
    ):
        with pytest.raises(FetchError, match=f"answered {status}") as caught:
            await Endpoint.of(EndpointSettings.model_validate(settings), secrets).call(
                tools.http, content=b"{}"
            )
        assert_no_secret(caught.value)
        assert "It says: " in str(caught.value)


@pytest.mark.parametrize("page", ["<!DOCTYPE html><title>Welcome</title>", "\n <html>Please log in</html>"])
async def test_a_page_for_people_is_no_answer_of_a_service(tools: Tools, server: Server, page: str) -> None:
    endpoint = at(server.say("/", page))
    for content in (None, b"{}"):
        with pytest.raises(FetchError, match="answered with a web page") as caught:
            await endpoint.call(tools.http, content=content)
        assert caught.value.transient


async def test_the_path_of_a_secret_address_is_shown_in_no_error(
    tools: Tools, server: Server, closed_port: int
) -> None:
    for url in (f"http://127.0.0.1:{closed_port}/{SECRET}", server.url(f"/{SECRET}")):
        endpoint = Endpoint.of(EndpointSettings(), {"url": url})
        with pytest.raises(FetchError, match=r"127\.0\.0\.1") as caught:
            await endpoint.call(tools.http)
        assert_no_secret(caught.value)
        assert SECRET not in endpoint.label
        assert SECRET not in repr(endpoint)


@pytest.mark.parametrize(
    "secrets",
    [{"bearer": f"{SECRET}\nX: y"}, {"header.X-Key": f"{SECRET}ü"}, {"bearer": ""}, {"url": f"{SECRET}://x"}],
)
def test_a_secret_that_cannot_be_sent_is_named_and_not_shown(secrets: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"secret `(bearer|header\.X-Key|url)`") as caught:
        Endpoint.of(EndpointSettings(url="https://shop.example.com/"), secrets)
    assert_no_secret(caught.value)


URL = {"url": "https://shop.example.com/"}


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ({}, (), "Give one of the setting `url` and the secret `url`"),
        (URL, ("url",), "Give one of the setting `url` and the secret `url`"),
        ({"url": "shop.example.com"}, (), "The setting `url` is wrong: it must start with http"),
        (URL, ("bearr",), "There is no secret `bearr`; did you mean `bearer`?"),
        (URL, ("key",), "There is no secret `key`; there are `url`"),
        (URL, ("header.",), "names no header"),
        (URL, ("header.X Y",), "names no header"),
        (URL, ("password",), "The setting `username` is missing"),
        ({**URL, "username": "me"}, (), "The secret `password` is missing"),
        (
            {**URL, "username": "me"},
            ("password", "bearer"),
            "Give one of the secrets `bearer` and `password`",
        ),
        (
            {**URL, "headers": {"Authorization": "x"}},
            (),
            "looks secret; move it: `secrets: {header.Authorization",
        ),
        ({**URL, "headers": {"X-Api-Key": "x"}}, (), "looks secret"),
        ({**URL, "headers": {"X-Team": "a\nb"}}, (), "`headers`"),
    ],
)
def test_what_is_wrong_is_said_at_plan_time(
    settings: dict[str, object], secrets: tuple[str, ...], words: str
) -> None:
    config = SourceConfig.model_validate(
        {"name": "shop", "kind": "web", "settings": settings, "secrets": dict.fromkeys(secrets, "env:X")}
    )
    assert words in " ".join(endpoint_problems(EndpointSettings, config))


def test_a_plain_address_with_secrets_by_reference_is_fine() -> None:
    config = SourceConfig.model_validate(
        {
            "name": "shop",
            "kind": "web",
            "settings": URL,
            "secrets": {"header.X-Key": "env:A", "bearer": "env:B"},
        }
    )
    assert endpoint_problems(EndpointSettings, config) == []
