"""How long texts are, as each platform counts them."""

from __future__ import annotations

import pytest

from adapters.measures import exceeded, graphemes, length, utf8, weighted
from engine.domain.items import ContentItem, Image
from engine.domain.roles import Limits, Unit

FAMILY, FLAG, TEN = "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣"


@pytest.mark.parametrize(
    ("text", "points", "seen", "bytes_", "x"),
    [
        ("", 0, 0, 0, 0),
        ("taco", 4, 4, 4, 4),
        ("Crème brûlée", 12, 12, 15, 12),
        ("Cre\u0300me", 6, 5, 7, 5),
        ("タコス", 3, 3, 9, 6),
        ("한국어", 3, 3, 9, 6),
        (FAMILY, 7, 1, 25, 2),
        (FLAG, 2, 1, 8, 2),
        (TEN, 3, 1, 7, 2),
        ("“quoted”…", 9, 9, 15, 10),
        ("a\r\nb", 4, 3, 4, 4),
    ],
)
def test_a_text_has_a_length_in_each_unit(text: str, points: int, seen: int, bytes_: int, x: int) -> None:
    found = [length(text, unit) for unit in (Unit.CHARACTERS, Unit.GRAPHEMES, Unit.BYTES, Unit.WEIGHTED)]
    assert found == [points, seen, bytes_, x]
    assert (graphemes(text), utf8(text), weighted(text)) == (seen, bytes_, x)


def test_a_link_may_count_the_same_whatever_its_length() -> None:
    text = "Read https://tacos.example/a/very/long/path?with=much&more=1."
    assert length(text, Unit.CHARACTERS, 23) == len("Read .") + 23
    assert length(text, Unit.WEIGHTED) == len("Read .") + 23, "X counts every link as 23"
    assert length(text, Unit.CHARACTERS) == len(text)
    assert length("https://a.example https://b.example", Unit.GRAPHEMES, 23) == 47


def test_nothing_is_wrong_at_the_limit_and_one_more_is_said_with_how_much() -> None:
    limits = Limits(unit=Unit.GRAPHEMES, text=5, text_bytes=100, title=3)
    item = ContentItem(id="a", title=FAMILY * 3)
    assert exceeded(item, FAMILY * 4, limits) == []
    (sentence,) = exceeded(item, "123456", limits)
    assert "has 6 characters (graphemes), and 5 are taken; shorten it by 1" in sentence
    (sentence,) = exceeded(item, FAMILY * 5, limits)
    assert "125 bytes, and 100 are taken" in sentence
    (sentence,) = exceeded(item.model_copy(update={"title": "four"}), "", limits)
    assert "The title of 'a' has 4" in sentence


def test_images_are_judged_by_number_size_type_and_words() -> None:
    def image(**changes: object) -> Image:
        return Image(file="a.png", alt="A", type="image/png", bytes=10).model_copy(update=changes)

    limits = Limits(images=1, image_bytes=10, image_types=("image/png", "image/jpeg"), alt=3)
    good = ContentItem(id="a", images=(image(),))
    assert exceeded(good, "", limits) == []
    for images, words in (
        ((image(), image()), "has 2 images, and at most 1 are taken"),
        ((image(bytes=11),), "has 11 bytes, and 10 are taken"),
        ((image(type="image/gif"),), "is image/gif, and only image/png and image/jpeg are taken"),
        ((image(alt="Four"),), "has 4 characters of alt text, and 3 are taken"),
    ):
        (sentence,) = exceeded(good.model_copy(update={"images": images}), "", limits)
        assert words in sentence
    (sentence,) = exceeded(good, "", Limits(images=0))
    assert "none are taken here" in sentence
