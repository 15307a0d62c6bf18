"""Repeated texts are recognised whatever a place makes of them, and texts on one topic are not taken for each other."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.conditions import Duplicate
from engine.domain.likeness import likeness, sketch, words_of

SAME = Duplicate().similarity
TEXT = (
    "We just released version 2.4 of our planning tool. It brings a new calendar view, faster search and a dark mode "
    "for long evenings. Tell us what you think of it."
)
REPEATED = [
    (TEXT, TEXT.replace("We just", "We've just").replace("Tell us", "Let us know")),
    (
        "Our bakery opens a second shop on Saturday. Come by between nine and noon for fresh rye bread and a free coffee.",
        "OUR BAKERY opens a second shop this Saturday! Come by between nine and noon for fresh rye bread and free coffee",
    ),
    (
        "How we cut our server costs by half without losing a single customer: three lessons from a year of moving.",
        "How we cut our server costs in half without losing a single customer. Three lessons from a year of moving",
    ),
    (
        "Join our free workshop about growing vegetables on a balcony. Thursday at six, in the library on Main Street.",
        "Join our free workshop on growing vegetables on a balcony! Thursday at 6 in the library on Main Street.",
    ),
    (
        "Registration for the spring conference is open. Early tickets cost less until the end of March.",
        "Registration for the spring conference is now open! Early tickets cost less until the end of March.",
    ),
    (
        "Wir suchen ab sofort eine Kollegin oder einen Kollegen für die Buchhaltung in Teilzeit. Bewerbungen bitte bis Mai.",
        "Wir suchen ab sofort eine Kollegin oder einen Kollegen für unsere Buchhaltung in Teilzeit! Bewerbungen bis Mai.",
    ),
    (
        "来週の土曜日に新しい店舗を開きます。朝九時から正午まで、焼きたてのパンと無料のコーヒーを用意してお待ちしています。",
        "来週の土曜日に新しい店舗を開きます!朝九時から正午まで、焼きたてのパンとコーヒーを用意してお待ちしています。",
    ),
]
OF_ONE_TOPIC = [
    TEXT,
    "Version 2.4 of our planning tool has a hidden gem: the new calendar view lets you drag whole weeks around.",
    "Behind the scenes: how our small team tested the faster search of the planning tool on a million entries.",
    "Dark mode was the most wanted feature of our planning tool for two years. Here is why it took so long.",
    "A customer told us how the planning tool saves her an hour every Monday. Read the interview.",
    "Three tricks for the calendar view of our planning tool that even long-time users do not know.",
    "Join our webinar about the planning tool on Thursday. We show the calendar view and answer questions.",
    "Our planning tool was down for an hour this morning. We are sorry; this is what happened and what we change.",
    "New in the help pages: how to share the calendar view of the planning tool with people outside your team.",
]
DRESSED = [
    "{}  #release #planning",
    "#release {}",
    "{} https://example.org/notes?utm_source=feed",
    "<p>{}</p><p><a href='https://example.org'>more</a></p>",
    "**{}**",
    "«{}»",
]


def alike(left: str, right: str) -> float:
    found = likeness(sketch(left), sketch(right))
    assert found is not None
    return found


@pytest.mark.parametrize(("left", "right"), REPEATED)
def test_a_text_repeated_with_small_edits_is_the_same(left: str, right: str) -> None:
    assert alike(left, right) >= SAME


def test_texts_on_the_same_topic_are_not_the_same() -> None:
    assert max(alike(left, right) for left, right in combinations(OF_ONE_TOPIC, 2)) < SAME - 0.15


@pytest.mark.parametrize("dress", DRESSED)
def test_links_hashtags_markup_and_punctuation_hide_no_repetition(dress: str) -> None:
    assert alike(dress.format(TEXT), TEXT) >= 0.95


def test_case_and_the_encoding_of_accents_change_nothing() -> None:
    assert sketch("Ein CAFÉ in Köln") == sketch(
        "ein cafe\N{COMBINING ACUTE ACCENT} in ko\N{COMBINING DIAERESIS}ln"
    )


def test_a_hashtag_within_a_sentence_is_a_word_of_it() -> None:
    assert sketch("Our #bakery opens on Saturday") == sketch("Our bakery opens on Saturday")


def test_a_text_of_hashtags_alone_has_its_words() -> None:
    assert words_of("#one #two") == ["one", "two"]


def test_an_excerpt_is_the_same_as_the_whole_text() -> None:
    whole = " ".join(OF_ONE_TOPIC)
    assert alike(whole, " ".join(whole.split()[:55]) + " […]") == 1


@pytest.mark.parametrize("text", ["", "  ", "https://example.org/only", "!!! …", "<br>"])
def test_without_words_nothing_is_known(text: str) -> None:
    assert sketch(text) == ""
    assert likeness(sketch(text), sketch(TEXT)) is None


def test_two_of_twenty_words_replaced_are_mostly_a_small_edit() -> None:
    chance = random.Random(7)
    vocabulary = " ".join(OF_ONE_TOPIC).split()
    scores = []
    for _ in range(300):
        text = [chance.choice(vocabulary) for _ in range(20)]
        edited = list(text)
        for place in chance.sample(range(20), 2):
            edited[place] = chance.choice(vocabulary)
        scores.append(alike(" ".join(text), " ".join(edited)))
    assert sum(score >= SAME for score in scores) > 0.85 * len(scores)


@given(st.text(max_size=300))
def test_a_sketch_of_anything_is_sixteen_hex_digits_or_nothing_and_alike_to_itself(text: str) -> None:
    found = sketch(text)
    assert found == "" or (len(found) == 16 and int(found, 16) >= 0)
    assert likeness(found, found) == (1 if found else None)


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_has_no_direction_and_lies_between_nothing_and_all(left: str, right: str) -> None:
    one, other = likeness(sketch(left), sketch(right)), likeness(sketch(right), sketch(left))
    assert one == other
    assert one is None or 0 <= one <= 1
