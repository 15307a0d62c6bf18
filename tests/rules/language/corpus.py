"""Rule texts from which mutants are bred: one of everything that the language has."""

from __future__ import annotations

import random

TEXTS = (
    "age(channel.last) > 7d && channel.posts < 3 && !channel.paused",
    'channel.momentum in ["silent", "dormant"] || age(channel.last) > channel.patience',
    "goal.value < 90% * goal.planned and now > channel.last + 14d",
    "(goal.value - goal.planned) / goal.planned < -20% ? channel.posts >= 2 : channel.live",
    'weekday(now, "Europe/Berlin") not in ["saturday", "sunday"] && hour(now, strategy.zone) >= 9',
    "not (has(goal.value) and is_unknown(goal.planned)) or coalesce(goal.value, 0, 1.5e3) != 2",
    'contains(post.tags, "news") && starts_with(lower(goal.name), \'a"b\') && len(goal.name) > 3',
    "min(channel.patience, 1d12h) * 2 - 90s <= max(channel.silence, 2w) / 3",
    'channel.last >= instant("2026-03-01T09:00:00+01:00") && start_of_day(now, "UTC") != now',
    'signal["odd-name"] % 7 == round(goal.value) - -3 || sqrt(pow(goal.value, 2)) > abs(-1)',
    "channel.paused ? null : (channel.live == true)",
    "days(channel.silence) + hours(36h) > log(goal.value) * 1e-3",
)
WORDS = (
    *(
        "&&",
        "||",
        "!",
        "and",
        "or",
        "not",
        "in",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "..",
        "==",
        "=",
        "<",
        "<=",
        ">",
    ),
    *(
        "+",
        "-",
        "*",
        "/",
        "%",
        "7d",
        "30%",
        "1e400",
        "1e999d",
        "99999999999w",
        "0",
        "null",
        "true",
        '"',
        "'",
        "\\",
        "\\u0000",
    ),
    *(
        "channel",
        "channel.posts",
        "channel.momentun",
        "goal.value",
        "now",
        "has(",
        "coalesce(",
        "min(",
        'instant("',
        "pow(",
    ),
    *(
        "\x00",
        "\n",
        "\t",
        "\u200b",
        "\U0001f600",
        "é",
        "\u2264",
        "\u201c",
        "\ud800",
        "__import__",
        "lambda",
        "{",
        "}",
        "#",
        "$",
        ";",
    ),
)


def mutant(dice: random.Random) -> str:
    """Return a text of the corpus after one to six random injuries."""
    text = dice.choice(TEXTS)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        text = _injured(text, dice)
    return text


def _injured(text: str, dice: random.Random) -> str:
    start, end = sorted(dice.randrange(len(text) + 1) for _ in range(2))
    if dice.random() < 0.7:
        end = min(end, start + dice.randrange(1, 6))
    match dice.randrange(9):
        case 0:
            return text[:start] + text[end:]
        case 1:
            return text[:start] + text[start:end] * 2 + text[end:]
        case 2 | 3:
            return text[:start] + dice.choice(WORDS) + text[end:]
        case 4:
            return f"{text[:start]} {dice.choice(WORDS)} {text[start:]}"
        case 5:
            return text[:start] + chr(dice.randrange(0x3000)) + text[end:]
        case 6:
            return text[:start] + text[start:end][::-1] + text[end:]
        case 7:
            other = dice.choice(TEXTS)
            return text[:start] + other[dice.randrange(len(other)) :]
    return _swollen(text, start, dice)


def _swollen(text: str, start: int, dice: random.Random) -> str:
    if dice.random() < 0.6:
        return f"({text}) {dice.choice(('&&', '||', '==', '+', 'and not'))} ({dice.choice(TEXTS)})"
    return text[:start] + dice.choice(WORDS) * dice.choice((3, 20, 70, 600, 5000)) + text[start:]
