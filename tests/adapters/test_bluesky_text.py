"""The text of a Bluesky post: what leads where, in bytes; and a long text as a thread, whole and in order."""

from __future__ import annotations

from time import process_time

import hypothesis.strategies as st
import pytest
from hypothesis import given

from adapters.measures import graphemes, utf8
from adapters.platforms.bluesky.text import Leads, RichText, rich_text
from adapters.platforms.bluesky.thread import fits, split

FAMILY = "👨‍👩‍👧‍👦"


def led(text: str) -> list[tuple[str, str, str]]:
    """Return each span's words, kind and target."""
    rich = rich_text(text)
    return [(rich.text[span.start : span.end], span.leads.value, span.to) for span in rich.spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://a.example/menu.", [("https://a.example/menu", "link", "https://a.example/menu")]),
        ("(https://a.example)", [("https://a.example", "link", "https://a.example")]),
        ("https://w.example/a_(b)", [("https://w.example/a_(b)", "link", "https://w.example/a_(b)")]),
        ("The [menu](https://a.example/m).", [("menu", "link", "https://a.example/m")]),
        ("Go to <https://a.example>!", [("https://a.example", "link", "https://a.example")]),
        ("Hi @Bob.Test, hi", [("@Bob.Test", "mention", "bob.test")]),
        ("by @bob.test.", [("@bob.test", "mention", "bob.test")]),
        ("#Tacos and #日本!", [("#Tacos", "tag", "Tacos"), ("#日本", "tag", "日本")]),
        ("mail me@bob.test, no.1, #1, # x, a#b, C#", []),
        ("![a photo](no-address.png)", []),
        ("[@bob.test](https://a.example)", [("@bob.test", "link", "https://a.example")]),
        ("https://a.example/#top @bob", [("https://a.example/#top", "link", "https://a.example/#top")]),
        (
            "https:// https:///x https://... HTTPS://A.example",
            [("HTTPS://A.example", "link", "HTTPS://A.example")],
        ),
        ("javascript:alert(1) [x](javascript:alert(1))", []),
    ],
)
def test_links_mentions_and_hashtags_are_seen_as_people_mean_them(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert led(text) == expected


def test_a_markdown_link_shows_its_words_only() -> None:
    assert rich_text("The [menu](https://a.example) of today").text == "The menu of today"


def test_facets_count_bytes_of_utf8_and_leave_unknown_handles_plain() -> None:
    rich = rich_text(f"¡Ñandú! {FAMILY} [aquí](https://a.example) @bob.test @nobody.test #café")
    facets = rich.facets({"bob.test": "did:plc:bob"})
    encoded = rich.text.encode()
    shown = [
        (encoded[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), *facet["features"])
        for facet in facets
    ]
    kind = "app.bsky.richtext.facet#"
    assert shown == [
        ("aquí", {"$type": f"{kind}link", "uri": "https://a.example"}),
        ("@bob.test", {"$type": f"{kind}mention", "did": "did:plc:bob"}),
        ("#café", {"$type": f"{kind}tag", "tag": "café"}),
    ]
    assert rich.handles == ("bob.test", "nobody.test")


def test_what_no_record_may_hold_is_left_out() -> None:
    assert rich_text("a\x00b\ud800c\r\nd\n\n\n\ne\x1b[31m").text == "abc\nd\n\ne[31m"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a" * 300, True),
        ("a" * 301, False),
        (FAMILY * 120, True),
        (FAMILY * 121, False),
        ("é" * 300, True),
        ("界" * 301, False),
    ],
)
def test_a_post_holds_300_graphemes_and_3000_bytes(text: str, whole: bool) -> None:
    assert fits(text) is whole


def test_a_thread_is_cut_at_paragraphs_then_sentences_then_words() -> None:
    first, second = "First. " * 30, "Second sentence here. " * 12
    parts = split(rich_text(f"{first.strip()}\n\n{second.strip()}"))
    assert [part.text for part in parts] == [first.strip(), second.strip()]
    sentences = split(rich_text("This is a sentence. " * 20))
    assert [part.text[-9:] for part in sentences] == ["sentence.", "sentence."]
    words = split(rich_text("word " * 100))
    assert [part.text.split()[-1] for part in words] == ["word", "word"]


def test_a_link_is_never_cut_and_keeps_its_place_in_its_post() -> None:
    text = f"{'x' * 290} [all of the menu](https://a.example/menu) and the rest"
    first, second = split(rich_text(text))
    assert first == RichText("x" * 290)
    assert second.text == "all of the menu and the rest"
    (span,) = second.spans
    assert (span.start, span.end, span.leads, span.to) == (0, 15, Leads.LINK, "https://a.example/menu")


def test_a_word_longer_than_a_post_is_cut_between_graphemes() -> None:
    parts = split(rich_text(FAMILY * 250))
    assert [graphemes(part.text) for part in parts] == [120, 120, 10]


def test_a_link_longer_than_a_post_stays_whole_and_does_not_fit() -> None:
    address = f"https://a.example/{'x' * 400}"
    parts = split(rich_text(f"See {address} now"))
    assert [part.text for part in parts if not fits(part.text)] == [address]


_WORDS = st.sampled_from(
    [
        "a",
        "taco. ",
        "\n\n",
        "\n",
        " ",
        "界",
        "。",
        FAMILY,
        "é",
        "https://a.example/x ",
        "#tag ",
        "x" * 70,
        "!”  ",
    ]
)


def test_a_book_put_here_by_mistake_does_not_hold_up_the_check() -> None:
    began = process_time()
    assert len(split(rich_text("#a " * 25_000))) > 200
    assert process_time() - began < 10


@given(st.lists(_WORDS, max_size=120).map("".join))
def test_a_thread_says_all_of_the_text_in_order_in_posts_that_fit(text: str) -> None:
    whole = rich_text(text)
    parts = split(whole)
    assert "".join("".join(part.text for part in parts).split()) == "".join(whole.text.split())
    for part in parts:
        assert part.text == part.text.strip() != ""
        assert graphemes(part.text) <= 300
        assert utf8(part.text) <= 3000
    assert sum(len(part.spans) for part in parts) == len(whole.spans)
    linked = [part.text[span.start : span.end] for part in parts for span in part.spans]
    assert linked == [whole.text[span.start : span.end] for span in whole.spans]
