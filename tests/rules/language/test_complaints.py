"""A wrong text is refused before anything runs: with line, column, caret, the nearest name and a way to mend it."""

from __future__ import annotations

import pytest

from rules.language import LanguageError, check
from rules.language.types import DURATION, NUMBER
from tests.rules.language.facts import SCHEMA


def _refused(text: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        check(text, SCHEMA)
    return caught.value


CASES = {
    "a misspelt fact": ("channel.momentm == 'silent'", 1, "no fact channel.momentm", "channel.momentum?"),
    "a fact without its group": ("posts > 3", 1, "no fact posts", "Did you mean channel.posts?"),
    "a group instead of a fact": ("channel == 3", 1, "a group of facts", "channel.before"),
    "a text without quotes": ("channel.momentum == wobbly", 21, "no fact wobbly", "stands in quotes"),
    "a misspelt value": (
        "channel.momentum == 'slient'",
        21,
        '"slient" is no value',
        'Did you mean "silent"?',
    ),
    "a misspelt value in a list": ("channel.momentum in ['silent', 'dorment']", 32, "no value", '"dormant"'),
    "a misspelt value in a default": (
        "coalesce(channel.momentum, 'x') == 'silent'",
        28,
        "no value",
        "steady",
    ),
    "a value of another enum": ("weekday(now, 'UTC') == 'silent'", 24, "no value of weekday", "monday"),
    "an enum beside any text": ("channel.momentum == goal.name", 21, "any text", "Write one of"),
    "an order of enums": ("channel.momentum > 'silent'", 1, "has no order", "=="),
    "an order of texts": ("goal.name < 'm'", 1, "has no order", "=="),
    "a duration beside a number": ("age(channel.last) > 7", 21, "is a duration", "Write 7d for 7 days."),
    "a duration plus a number": ("channel.patience + goal.value > 1d", 1, "no meaning", "days(x)"),
    "an instant beside a duration": ("channel.last > 7d", 16, "is an instant", "age(channel.last)"),
    "two instants added": ("channel.last + now > now", 1, "an instant + an instant", ""),
    "two durations multiplied": ("channel.patience * channel.patience > 1d", 1, "no meaning", ""),
    "a number in quotes": ("channel.posts < '3'", 17, "is a text", "leave the quotes away"),
    "an instant in quotes": ("now > '2026-03-01'", 7, "is a text", 'instant("2026'),
    "texts joined": ("goal.name + 'a' == 'b'", 1, "no meaning", "cannot be joined"),
    "a number as condition": ("channel.posts && channel.live", 1, "no condition", "channel.posts != 0"),
    "a number as the whole": ("goal.value", 1, "no condition", "goal.value != 0"),
    "not of a number": ("!goal.value", 2, "no condition", ""),
    "minus of a text": ("-goal.name == 3", 1, "minus takes", ""),
    "a comparison with null": ("goal.value == null", 1, "always unknown", "is_unknown(goal.value)"),
    "computing with null": ("goal.value + null > 1", 1, "always unknown", "Leave null out"),
    "null alone": ("null", 1, "always unknown", ""),
    "branches of two types": ("(channel.live ? 1 : 2d) > 1", 21, "is a duration", "Write 1d"),
    "a misspelt function": ("abz(goal.value) > 3", 1, "no function abz", "Did you mean abs?"),
    "too few arguments": ("abs() > 3", 1, "takes 1 argument, and here are 0", "abs(number)"),
    "too many arguments": ("has(now, now)", 1, "takes 1 argument, and here are 2", "has(path)"),
    "too few of several": ("max(1) > 3", 1, "takes 2 or more arguments, and here are 1", "max("),
    "an argument of the wrong type": ("abs(goal.name) > 3", 5, "this is a text", "abs(duration)"),
    "arguments of two units": ("min(1d, 3) > 2d", 1, "do not go together", "min("),
    "an item of the wrong type": ("contains(post.tags, 3)", 21, "a list (each item a text)", ""),
    "has of a computation": ("has(1 + 2)", 5, "path of a fact", "is_unknown"),
    "in without a list": ("'a' in goal.name", 8, "in takes a list", "contains(goal.name, 'a')"),
    "a mixed list": ("1 in [1, 'a']", 10, "is a text", ""),
    "a list in a list": ("1 in [[1]]", 7, "cannot hold a list", ""),
    "lists compared": ("post.tags == ['a']", 1, "lists cannot be compared", "contains"),
    "a misspelt zone": ("hour(now, 'Europe/Berln') > 3", 11, "no time zone", "Europe/Berlin"),
    "an instant without its offset": ("instant('2026-03-01T09:00:00') < now", 9, "no instant with", "+01:00"),
    "an instant from a fact": ("instant(goal.name) < now", 9, "written down here", ""),
    "chained comparisons": (
        "1 < channel.posts < 3",
        19,
        "cannot be chained",
        "1 < channel.posts && channel.posts < 3",
    ),
    "one equals sign": ("channel.posts = 3", 15, "means nothing", "Write =="),
    "one ampersand": ("channel.live & channel.paused", 14, "means nothing", "Write &&"),
    "capital letters": ("channel.live AND channel.paused", 14, "cannot follow", "Did you mean and?"),
    "the other unequal": ("channel.posts <> 3", 16, "missing", "Write !="),
    "an unknown unit": ("age(channel.last) > 7x", 21, "7x is no number with a unit", "7d"),
    "a unit apart": ("age(channel.last) > 7 days", 23, "cannot follow", "such as 7d"),
    "a remainder without spaces": ("channel.posts == 30%7", 21, "a percentage", "30 % 7"),
    "a method": ("post.tags.contains('a')", 1, "with a dot", "contains(post.tags, …)"),
    "an index": ("post.tags[0] == 'a'", 10, "cannot follow", "x in list"),
    "an open bracket": ("(channel.live", 14, "ends too early", "closing bracket"),
    "a bracket too many": ("channel.live)", 13, "cannot follow", "no open bracket"),
    "a missing operand": ("channel.live &&", 16, "a value is missing", ""),
    "nothing between operators": ("channel.live && || true", 17, "missing before ||", ""),
    "an open text": ("goal.name == 'abc", 14, "never ends", "Close it with '"),
    "nothing at all": ("  \n ", 1, "empty", "Write a condition"),
    "curly quotes": ("goal.name == “a”", 14, "means nothing", "straight quotes"),
    "a number too large": ("goal.value > 1e31", 14, "larger than 1e+30", ""),
    "a duration too long": ("age(now) > 99999d", 12, "hundred years", ""),
    "a dot too many": ("channel..posts > 1", 8, "means nothing", "must follow the dot"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_refused_with_its_place_and_a_mend(case: str) -> None:
    text, column, message, hint = CASES[case]
    error = _refused(text)
    fault = error.faults[0]
    assert (fault.column, message in fault.message, hint in fault.hint) == (column, True, True), str(error)


def test_the_caret_stands_below_the_place_on_the_right_line() -> None:
    error = _refused("channel.live &&\n  channel.posst > 3")
    assert str(error) == (
        "line 2, column 3: there is no fact channel.posst\n"
        "      channel.posst > 3\n"
        "      ^^^^^^^^^^^^^\n"
        "    Did you mean channel.posts?"
    )


def test_several_mistakes_are_reported_together_in_the_order_of_the_text() -> None:
    error = _refused("goal.valeu > 3 && abz(1) > 2 && channel.momentum == 'x'")
    assert [fault.column for fault in error.faults] == [1, 19, 53]


def test_after_five_mistakes_there_is_enough_to_read() -> None:
    assert len(_refused(" && ".join(["goal.valeu > 3"] * 30)).faults) == 5


def test_a_long_line_is_cut_around_the_place() -> None:
    error = _refused(" && ".join(["channel.live"] * 20) + " && nope && " + " && ".join(["channel.live"] * 20))
    lines = str(error).splitlines()
    assert all(len(line) <= 80 for line in lines[1:3])
    assert lines[1][lines[2].index("^") :].startswith("nope")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("channel.live || " * 300 + "channel.live", "4096 is the limit"),
        ("!" * 40 + "channel.live", "deeper than 32"),
        ("1 in [" + ", ".join(["1"] * 600) + "]", "more than 500 parts"),
        ("(" * 65 + "channel.live" + ")" * 65, "64 brackets"),
    ],
)
def test_what_is_too_long_too_deep_or_too_large_is_refused(text: str, message: str) -> None:
    assert message in _refused(text).faults[0].message


def test_an_expression_may_be_asked_for_another_type_than_a_condition() -> None:
    assert check("goal.value * 2", SCHEMA, expect=NUMBER).type == NUMBER
    assert check("goal.value * 2", SCHEMA, expect=None).type == NUMBER
    with pytest.raises(LanguageError, match="a duration is needed here, and this is a number"):
        check("goal.value * 2", SCHEMA, expect=DURATION)


def test_age_without_the_fact_now_is_refused() -> None:
    schema = type(SCHEMA)(field for field in SCHEMA.fields if field.path != "now")
    with pytest.raises(LanguageError, match="age needs the fact now"):
        check("age(channel.last) > 1d", schema)
