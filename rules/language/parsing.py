"""From text to tree. Every mistake of syntax is a LanguageError with its place and a way to mend it."""

from __future__ import annotations

import re
from threading import Lock
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from rules.language.building import Builder
from rules.language.complaining import strange_character, unexpected_token
from rules.language.errors import LanguageError, fault_at
from rules.language.grammar import GRAMMAR
from rules.language.limits import MAX_BRACKETS, MAX_CHARACTERS
from rules.language.syntax import Node

_BRACKETS = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[()\[\]]""")
_BUILDER = Builder()
# Lark binds the builder when the parser is made; the lock keeps two texts out of one builder.
_ONE_AT_A_TIME = Lock()


# Made when the module is imported (some 40 ms), so that the first text takes no longer than the others.
_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False, transformer=_BUILDER)


def parse(text: str) -> Node:
    """Return the tree of an expression, not yet checked against any schema.

    Raises LanguageError at the first mistake of syntax, or when the text is longer, deeper or larger than the
    limits of `rules.language.limits`.
    """
    _refuse_the_hopeless(text)
    try:
        with _ONE_AT_A_TIME:
            _BUILDER.begin(text)
            return cast("Node", _PARSER.parse(text))
    except UnexpectedCharacters as error:
        fault = strange_character(text, cast("int", error.pos_in_stream))
    except UnexpectedToken as error:
        fault = unexpected_token(text, error)
    raise LanguageError(text, [fault])


def _refuse_the_hopeless(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"this expression has {len(text)} characters, and {MAX_CHARACTERS} is the limit"
        hint = "Split it into several rules, or move the computing into signals."
        raise LanguageError(text, [fault_at(text, MAX_CHARACTERS, MAX_CHARACTERS + 1, message, hint)])
    if not text.strip():
        fault = fault_at(text, 0, 1, "this expression is empty", "Write a condition, such as channel.paused.")
        raise LanguageError(text, [fault])
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(match[0], 0)
        if depth > MAX_BRACKETS:
            message = f"more than {MAX_BRACKETS} brackets are open here"
            raise LanguageError(text, [fault_at(text, match.start(), match.end(), message, "Remove some.")])
