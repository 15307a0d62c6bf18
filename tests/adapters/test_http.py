"""The shared web client: every way an answer can fail to arrive has its own words, and none shows a secret."""

from __future__ import annotations

import pytest

from adapters.http import FetchError, Http, Validators, safe_url, status_error, url_problem
from adapters.testing.secrecy import SECRET, assert_no_secret
from adapters.tools import Tools
from tests.adapters.local_server import Server, drip, flood, redirect, reset, silent, truncated


@pytest.fixture
def http(tools: Tools) -> Http:
    return tools.http


async def test_an_answer_is_read_whole_with_its_validators(http: Http, server: Server) -> None:
    url = server.say("/page", "¡hola!", Content_Type="text/plain", ETag='"7"')
    page = await http.fetch(url)
    assert (page.status, page.body, page.content_type) == (200, "¡hola!".encode(), "text/plain")
    assert page.validators == Validators(etag='"7"')


async def test_we_say_who_we_are(http: Http, server: Server) -> None:
    await http.fetch(server.say("/page", "x"), accept="text/csv")
    headers = server.seen[0][2]
    assert headers["User-Agent"].startswith("drumbeat/")
    assert headers["Accept"] == "text/csv"


async def test_a_conditional_get_sends_the_validators_and_understands_not_modified(
    http: Http, server: Server
) -> None:
    url = server.say("/page", status=304)
    page = await http.fetch(
        url, validators=Validators(etag='"7"', last_modified="Mon, 05 Jan 2026 08:00:00 GMT")
    )
    assert page.unchanged
    assert server.seen[0][2]["If-None-Match"] == '"7"'
    assert server.seen[0][2]["If-Modified-Since"] == "Mon, 05 Jan 2026 08:00:00 GMT"


async def test_the_head_alone_can_be_read_from_an_endless_answer(http: Http, server: Server) -> None:
    page = await http.fetch(server.add("/endless", flood), body=False)
    assert (page.status, page.body) == (200, b"")


@pytest.mark.parametrize(
    ("route", "words", "transient"),
    [
        (drip, "did not answer in full within 2 s", True),
        (silent, "fell silent", True),
        (truncated, "broke the connection", True),
        (reset, "broke the connection", True),
        (flood, "more than 1024 KiB", False),
        (redirect("/bad"), "more than 5 times", False),
        (redirect("file:///etc/passwd"), "not http or https", False),
        (redirect("gopher://example.org/"), "not http or https", False),
    ],
    ids=[
        "slow drip",
        "silence",
        "truncated",
        "reset",
        "flood",
        "redirect loop",
        "redirect to file",
        "to gopher",
    ],
)
async def test_what_breaks_is_named_and_judged(
    http: Http, server: Server, route: object, words: str, transient: bool
) -> None:
    server.add("/bad", route)  # type: ignore[arg-type]
    with pytest.raises(FetchError, match=words) as caught:
        await http.fetch(server.url(f"/bad?token={SECRET}", userinfo=f"me:{SECRET}@"))
    assert caught.value.transient is transient
    assert "/bad" in str(caught.value)
    assert_no_secret(caught.value)


async def test_a_host_that_is_not_there_is_worth_another_try(http: Http, closed_port: int) -> None:
    with pytest.raises(FetchError, match="cannot be reached") as caught:
        await http.fetch(f"http://127.0.0.1:{closed_port}/?token={SECRET}")
    assert caught.value.transient
    assert_no_secret(caught.value)


async def test_a_failed_call_is_not_repeated(http: Http, server: Server) -> None:
    with pytest.raises(FetchError):
        await http.fetch(server.add("/bad", reset))
    assert server.paths() == ["GET /bad"]


@pytest.mark.parametrize(
    ("status", "transient"),
    [(400, False), (401, False), (404, False), (410, False), (429, True), (500, True), (503, True)],
)
async def test_a_bad_status_says_what_it_means(
    http: Http, server: Server, status: int, transient: bool
) -> None:
    wrong = status_error(await http.fetch(server.say("/page", "sorry", status)))
    assert wrong is not None
    assert str(status) in str(wrong)
    assert wrong.transient is transient


async def test_a_client_works_again_after_it_was_closed(http: Http, server: Server) -> None:
    url = server.say("/page", "x")
    await http.fetch(url)
    await http.aclose()
    assert (await http.fetch(url)).body == b"x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://",
        "https:///x",
        "http://[::1",
        "http://a:b:c/",
    ],
)
def test_what_is_no_web_address_is_said(url: str) -> None:
    assert url_problem(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@a.example:8443/feed?key=1#top", "https://a.example:8443/feed"),
        ("http://[::1]:80/x?y", "http://[::1]:80/x"),
        ("http://[::1", "the address"),
        ("http://a.example:99999/", "the address"),
    ],
)
def test_a_shown_address_has_no_user_query_or_fragment(url: str, shown: str) -> None:
    assert safe_url(url) == shown
