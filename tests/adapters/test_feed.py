"""The source `feed`: what was posted, as the feed shows it, and plain words when it is no feed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest

from adapters.metrics import feed as feed_module
from adapters.metrics.feed import FeedSource
from adapters.platforms.site.adapter import SiteAdapter
from adapters.testing.contract import make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import SourceError
from engine.domain.likeness import likeness, sketch
from engine.domain.records import Reading
from engine.domain.strategy import Metric
from engine.domain.workspace import Account, SourceConfig
from tests.adapters.local_server import Handler, Server, drip, flood, redirect, reset, silent, truncated
from tests.contracts.source_contract import NOW, Call, SourceContract, ask

XML = '<?xml version="1.0" encoding="utf-8"?>\n'


def rss(*items: tuple[datetime | None, str]) -> str:
    shown = "".join(
        f"<item><title>{link}</title><link>{link}</link>"
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + "</item>"
        for at, link in items
    )
    return f'{XML}<rss version="2.0"><channel><title>Tacos</title>{shown}</channel></rss>'


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def at_url(url: str) -> SourceConfig:
    return SourceConfig(name="posts", kind="feed", settings={"url": url})


def counting(measure: str) -> Metric:
    return Metric(name=measure, source="posts", settings={"measure": measure})


@pytest.fixture
def source(tools: Tools) -> FeedSource:
    return FeedSource(tools)


@pytest.fixture
def config(tmp_path: Path) -> SourceConfig:
    path = tmp_path / "feed.xml"
    path.write_text(rss((days_ago(-1), "https://t.example/f"), (days_ago(2), "https://t.example/1")))
    return SourceConfig(name="posts", kind="feed", settings={"file": str(path)})


@pytest.fixture
def metrics() -> tuple[Metric, ...]:
    return counting("posts_7d"), counting("posts_28d"), counting("days_since_last")


@pytest.fixture
def failures(source: FeedSource, server: Server, tmp_path: Path, closed_port: int) -> Sequence[Call]:
    server.add("/reset", reset)
    server.say("/html", "<html></html>", Content_Type="text/html")
    addresses = [
        server.url(f"/reset?token={SECRET}", userinfo=f"me:{SECRET}@"),
        server.url(f"/html?token={SECRET}", userinfo=f"me:{SECRET}@"),
        server.url(f"/missing?token={SECRET}"),
        f"http://127.0.0.1:{closed_port}/?token={SECRET}",
        f"http://127.0.0.1:{closed_port}/{SECRET}/feed.xml",
        server.url(f"/{SECRET}/feed.xml"),
        f"gopher://{SECRET}/",
        "",
    ]
    hidden = SourceConfig(name="posts", kind="feed", secrets={"url": "env:FEED_URL"})
    places = (
        SourceConfig(name="posts", kind="feed", settings={"file": str(p)})
        for p in (tmp_path / "no", tmp_path)
    )
    return [
        *(partial(source.read, hidden, ask(hidden), NOW, {"url": url}) for url in addresses),
        *(partial(read, source, place) for place in places),
    ]


class TestContract(SourceContract):
    """The source keeps the contract of its seam."""


async def read(source: FeedSource, config: SourceConfig, *metrics: Metric, now: datetime = NOW) -> Reading:
    return await source.read(config, ask(config, *metrics, channels=("blog",)), now, {})


async def test_rss_shows_links_titles_and_instants_newest_first(source: FeedSource, server: Server) -> None:
    body = rss((days_ago(3), "https://t.example/old"), (days_ago(1), "https://t.example/new"))
    reading = await read(source, at_url(server.say("/feed", body)))
    newest, oldest = reading.activities["blog"]
    assert (newest.ref, newest.title, newest.at) == (
        "https://t.example/new",
        "https://t.example/new",
        days_ago(1),
    )
    assert oldest.ref == "https://t.example/old"
    assert newest.at.tzinfo is UTC


async def test_atom_and_rdf_and_relative_links_are_read(source: FeedSource, server: Server) -> None:
    atom = (
        f'{XML}<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:x:1</id><title>a</title>'
        '<link href="p/1"/><updated>2026-01-30T13:00:00+01:00</updated></entry></feed>'
    )
    rdf = (
        f'{XML}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title></channel><item><title>a</title>'
        "<link>https://t.example/r</link><dc:date>2026-01-30T12:00:00Z</dc:date></item></rdf:RDF>"
    )
    (entry,) = (await read(source, at_url(server.say("/x/atom", atom)))).activities["blog"]
    assert (entry.ref, entry.at) == (server.url("/x/p/1"), datetime(2026, 1, 30, 12, tzinfo=UTC))
    (entry,) = (await read(source, at_url(server.say("/rdf", rdf)))).activities["blog"]
    assert (entry.ref, entry.at) == ("https://t.example/r", datetime(2026, 1, 30, 12, tzinfo=UTC))


async def test_what_the_site_platform_publishes_is_read_back_under_the_same_link(
    source: FeedSource, tools: Tools, tmp_path: Path
) -> None:
    settings = {"folder": str(tmp_path), "base_url": "https://tacos.example/büro"}
    post = make_post(Account.model_validate({"name": "blog", "platform": "site", "settings": settings}))
    published = await SiteAdapter(tools).publish(post, {})
    reading = await read(source, at_url((tmp_path / "feed.xml").as_uri()))
    assert published is not None
    assert [(each.ref, each.at) for each in reading.activities["blog"]] == [(published.url, published.at)]
    assert likeness(reading.activities["blog"][0].sketch, sketch(post.item.body, post.item.title)) == 1


async def test_the_text_of_a_post_is_known_again_whatever_the_feed_makes_of_it(
    source: FeedSource, server: Server
) -> None:
    text = "Our bakery opens a second shop on Saturday. Come by for fresh rye bread and a free coffee."
    shown = [
        f"<title>New</title><description>{text}</description>",
        f"<title>New</title><description>&lt;p&gt;{text} &lt;a href='x'&gt;#bread&lt;/a&gt;&lt;/p&gt;</description>",
        f"<title>Our bakery opens a second shop on Saturday.</title><description>{text}</description>",
        f"<title>{text}</title>",
    ]
    items = "".join(
        f"<item>{part}<link>https://t.example/{n}</link><pubDate>{format_datetime(days_ago(1))}</pubDate></item>"
        for n, part in enumerate(shown)
    )
    body = f'{XML}<rss version="2.0"><channel><title>Tacos</title>{items}</channel></rss>'
    reading = await read(source, at_url(server.say("/texts", body)))
    scores = [likeness(each.sketch, sketch(text)) for each in reading.activities["blog"]]
    assert all(score is not None and score > 0.9 for score in scores), scores


async def test_future_and_undated_entries_are_left_out(source: FeedSource, server: Server) -> None:
    body = rss(
        (days_ago(-0.001), "https://t.example/f"),
        (None, "https://t.example/n"),
        (days_ago(1), "https://t.example/1"),
    )
    config = at_url(server.say("/feed", body))
    assert [each.ref for each in (await read(source, config)).activities["blog"]] == ["https://t.example/1"]
    later = await read(source, config, now=days_ago(-1))
    assert len(later.activities["blog"]) == 2


async def test_entries_that_are_all_undated_tell_nothing(source: FeedSource, server: Server) -> None:
    body = rss((None, "https://t.example/1"), (None, "https://t.example/2"))
    with pytest.raises(SourceError, match="2 entries, none with a date"):
        await read(source, at_url(server.say("/feed", body)))


async def test_an_empty_feed_is_a_feed(source: FeedSource, server: Server) -> None:
    reading = await read(
        source, at_url(server.say("/feed", rss())), counting("posts_7d"), counting("days_since_last")
    )
    assert reading.ok
    assert reading.activities == {"blog": ()}
    assert [(sample.metric, sample.value) for sample in reading.samples] == [("posts_7d", 0.0)]


async def test_a_link_twice_is_one_activity_the_later_one(source: FeedSource, server: Server) -> None:
    body = rss((days_ago(3), "https://t.example/1"), (days_ago(1), "https://t.example/1"))
    (entry,) = (await read(source, at_url(server.say("/feed", body)))).activities["blog"]
    assert entry.at == days_ago(1)


async def test_at_most_a_hundred_activities_but_all_are_counted(source: FeedSource, server: Server) -> None:
    body = rss(*((days_ago(number / 100), f"https://t.example/{number}") for number in range(1, 151)))
    reading = await read(source, at_url(server.say("/feed", body)), counting("posts_7d"))
    assert [each.ref for each in reading.activities["blog"]] == [
        f"https://t.example/{n}" for n in range(1, 101)
    ]
    assert reading.samples[0].value == 150


async def test_counts_look_back_exactly_their_window(
    source: FeedSource, server: Server, metrics: tuple[Metric, ...]
) -> None:
    days = (0.5, 6.999, 7.0, 27.999, 28.0, 90)
    body = rss(*((days_ago(day).replace(microsecond=0), f"https://t.example/{day}") for day in days))
    reading = await read(source, at_url(server.say("/feed", body)), *metrics)
    values = {sample.metric: sample.value for sample in reading.samples}
    assert values == {"posts_7d": 2, "posts_28d": 4, "days_since_last": 0.5}
    assert {sample.origin for sample in reading.samples} == {server.url("/feed")}


async def test_a_metric_that_does_not_say_what_to_count_is_named(source: FeedSource, server: Server) -> None:
    config = at_url(server.say("/feed", rss()))
    with pytest.raises(SourceError, match=r"'visits'.*posts_7d, posts_28d or days_since_last"):
        await read(source, config, Metric(name="visits", source="posts"))


async def test_not_modified_costs_no_parsing_and_shows_the_same(
    source: FeedSource, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = rss((days_ago(1), "https://t.example/1")).encode()

    def conditional(handler: Handler) -> None:
        known = handler.headers.get("If-None-Match") == '"1"'
        handler.answer(b"" if known else body, 304 if known else 200, {"ETag": '"1"'})

    config = at_url(server.add("/feed", conditional))
    first = await read(source, config)
    monkeypatch.setattr(feed_module, "_parse", lambda _page: pytest.fail("parsed again"))
    assert await read(source, config) == first
    assert len(server.seen) == 2


NAMING = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/real.xml"></head></html>'
FOUND: list[tuple[str, bytes | str, str]] = [
    (
        "a web page that names its feed",
        NAMING,
        r"web page \(HTML\), not a feed\. It names its feed: http://.*/real\.xml",
    ),
    ("a web page", "<html><body>hi</body></html>", "Feeds often lie at"),
    ("JSON", '{"items": []}', "not a feed but"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00", "not a feed but"),
    ("other XML", f"{XML}<urlset/>", "not a feed but"),
    ("nothing", "", "is empty"),
    ("blanks", " \n ", "is empty"),
    ("a feed cut in a tag", rss((NOW, "https://t.example/1"))[:-20], "ends in the middle"),
    ("a feed cut between tags", rss((NOW, "https://t.example/1"))[:-6], "ends in the middle"),
    ("broken XML without entries", f'{XML}<rss version="2.0"><channel><a></b></channel></rss>', "broken XML"),
]


@pytest.mark.parametrize(("body", "words"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
async def test_what_is_no_whole_feed_is_named(
    source: FeedSource, server: Server, body: bytes | str, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        await read(source, at_url(server.say("/feed", body)))


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (drip, "in full within"),
        (silent, "fell silent"),
        (truncated, "broke the connection"),
        (reset, "broke the connection"),
        (flood, "more than 1024 KiB"),
        (redirect("/feed"), "more than 5 times"),
        (redirect("file:///etc/hostname"), "not http or https"),
    ],
    ids=["drip", "silent", "truncated", "reset", "flood", "loop", "file"],
)
async def test_an_answer_that_breaks_is_named(
    source: FeedSource, server: Server, route: Callable[[Handler], None], words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        await read(source, at_url(server.add("/feed", route)))


@pytest.mark.parametrize("status", [404, 500])
async def test_a_bad_status_is_named(source: FeedSource, server: Server, status: int) -> None:
    with pytest.raises(SourceError, match=f"/feed answered {status}"):
        await read(source, at_url(server.say("/feed", rss(), status)))


async def test_an_undeclared_entity_does_not_hide_the_posts(source: FeedSource, server: Server) -> None:
    body = rss((days_ago(1), "https://t.example/1")).replace("<title>Tacos", "<title>Tacos&nbsp;m&aacute;s")
    assert len((await read(source, at_url(server.say("/feed", body)))).activities["blog"]) == 1


async def test_an_xml_bomb_is_refused(source: FeedSource, server: Server) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{levels}]><rss version="2.0"><channel><title>&l11;</title></channel></rss>'
    with pytest.raises(SourceError, match="broken XML"):
        await read(source, at_url(server.say("/feed", bomb)))


async def test_a_pipe_is_not_waited_for(source: FeedSource, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="not a plain file"):
        await read(source, SourceConfig(name="posts", kind="feed", settings={"file": str(tmp_path / "pipe")}))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "Give one of `file`"),
        ({"url": "https://a.example/", "file": "/x"}, "Give one of `file`"),
        ({"url": "feed.xml"}, "absolute path"),
        ({"file": "file://elsewhere/x"}, "another machine"),
        ({"url": "http://"}, "has no host"),
        ({"ulr": "https://a.example/"}, "did you mean `url`?"),
    ],
)
def test_wrong_settings_are_named(source: FeedSource, settings: dict[str, str], words: str) -> None:
    config = SourceConfig.model_validate({"name": "posts", "kind": "feed", "settings": settings})
    assert words in " ".join(source.validate(config))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "The setting `measure` is missing: what to count, posts_7d, posts_28d or days_since_last."),
        ({"measure": "posts_7"}, "The setting `measure` is wrong: did you mean posts_7d?"),
        (
            {"measure": "likes"},
            "The setting `measure` is wrong: it is one of posts_7d, posts_28d or days_since_last.",
        ),
        ({"measure": 7}, "The setting `measure` is wrong"),
        ({"measure": "posts_7d", "mesure": "x"}, "There is no setting `mesure`; did you mean `measure`?"),
    ],
)
def test_wrong_settings_of_a_metric_are_named(
    source: FeedSource, settings: dict[str, object], words: str
) -> None:
    config = SourceConfig(name="posts", kind="feed", settings={"url": "https://a.example/feed"})
    metric = Metric.model_validate({"name": "posts", "source": "posts", "settings": settings})
    found = list(source.validate(config, metric))
    assert len(found) == 1
    assert words in found[0]


def test_a_secret_address_is_enough(source: FeedSource) -> None:
    assert (
        list(source.validate(SourceConfig(name="posts", kind="feed", secrets={"url": "env:FEED_URL"}))) == []
    )
