"""Mistakes of syntax in words: what stands there, and what was probably meant."""

from __future__ import annotations

import re

from lark.exceptions import UnexpectedToken

from rules.language.errors import Fault, did_you_mean, fault_at, nearest, shortened
from rules.language.grammar import KEYWORDS

_CHARACTERS = {
    "=": "Write == to compare.",
    "&": "Write && or and.",
    "|": "Write || or or.",
    "^": "Write pow(x, y) for a power.",
    ".": "A name must follow the dot, with no space; a number starts with a digit, such as 0.5.",
    "\N{LEFT DOUBLE QUOTATION MARK}": 'Write straight quotes: "…".',
    "\N{RIGHT DOUBLE QUOTATION MARK}": 'Write straight quotes: "…".',
    "\N{LEFT SINGLE QUOTATION MARK}": "Write straight quotes: '…'.",
    "\N{RIGHT SINGLE QUOTATION MARK}": "Write straight quotes: '…'.",
    "\N{LESS-THAN OR EQUAL TO}": "Write <=.",
    "\N{GREATER-THAN OR EQUAL TO}": "Write >=.",
    "\N{NOT EQUAL TO}": "Write !=.",
    "\N{MINUS SIGN}": "Write - for minus.",
    "\N{EN DASH}": "Write - for minus.",
    "\N{MULTIPLICATION SIGN}": "Write * for times.",
    "#": "Comments belong into the YAML around the expression.",
    "{": "Conditions hold no maps; a list stands in [ ].",
}
_TOKENS = {
    "*": "Write pow(x, y) for a power.",
    "/": "Write floor(x / y) for a whole quotient.",
    ">": "Write != for unequal.",
    "=": "Write == to compare.",
}
_VALUE = {"PATH", "NUMBER", "STRING", "PERCENT", "DURATION", "OPEN", "LIST_OPEN", "TRUE", "FALSE", "NULL"}
_WORD = re.compile(r"\w*", re.ASCII)


def strange_character(text: str, at: int) -> Fault:
    """Return the fault for a character with which nothing can begin."""
    char = text[at]
    if char in "\"'":
        stop = text.find("\n", at)
        return fault_at(
            text,
            at,
            len(text) if stop < 0 else stop,
            "this text never ends, or has a backslash before a character that needs none",
            f"Close it with {char} on the same line; \\\\, \\\", \\', \\n and \\t are the escapes.",
        )
    name = char if char.isprintable() else f"U+{ord(char):04X}"
    return fault_at(text, at, at + 1, f"the character {name} means nothing here", _CHARACTERS.get(char, ""))


def unexpected_token(text: str, error: UnexpectedToken) -> Fault:
    """Return the fault for a word or sign that cannot stand where it stands."""
    token = error.token
    wants_value = "NUMBER" in (error.accepts or error.expected)
    if token.type == "$END":
        return _ended_early(text, wants_value)
    start, end = token.start_pos or 0, token.end_pos or 0
    before = text[start - 1] if start else ""
    if (before.isalnum() or before == "_") and token.type in ("PATH", "NUMBER", "DURATION"):
        return _strange_unit(text, start)
    if before == "%" and not wants_value:
        hint = "30% is a share; for a remainder write a space before the sign: 30 % 7."
        return fault_at(text, start, end, "a percentage is followed by a value", hint)
    found = shortened(str(token))
    if wants_value:
        hint = _TOKENS.get(str(token)[0], "") if before and before in "*/<" else ""
        message = f"a value is missing before {found}" if token.type != "CLOSE" else "a value is missing here"
        return fault_at(text, start, end, message, hint)
    return fault_at(text, start, end, f"{found} cannot follow here", _joined(str(token), error))


def _ended_early(text: str, wants_value: bool) -> Fault:
    end = len(text.rstrip())
    if wants_value:
        return fault_at(text, end, end + 1, "the expression ends where a value is missing")
    missing = "a closing bracket, or the : of a conditional"
    return fault_at(
        text, end, end + 1, "the expression ends too early", f"{missing.capitalize()} is missing."
    )


def _strange_unit(text: str, start: int) -> Fault:
    begin = start
    while begin and (text[begin - 1].isalnum() or text[begin - 1] in "._"):
        begin -= 1
    word = _WORD.match(text, start)
    end = word.end() if word else start + 1
    return fault_at(
        text,
        begin,
        end,
        f"{shortened(text[begin:end])} is no number with a unit",
        "Durations are written 90s, 15m, 36h, 7d or 2w; shares are written 30%.",
    )


def _joined(found: str, error: UnexpectedToken) -> str:
    close = nearest(found.lower(), KEYWORDS)
    if found.lower() in ("days", "hours", "minutes", "weeks", "seconds", "day", "hour"):
        return f"Write the unit beside the number, such as 7{found[0].lower()}."
    if close and close != found:
        return did_you_mean(found.lower(), KEYWORDS)
    if found == ":":
        return "A conditional is written test ? then : otherwise."
    if found == "[":
        return 'A list is asked with x in list or len(list); an odd name is written signal["odd-name"].'
    if found in (")", "]"):
        return "There is no open bracket that it could close."
    return "Join two conditions with && or ||." if error.token.type in _VALUE else ""
