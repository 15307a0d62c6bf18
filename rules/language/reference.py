"""The reference of the language, generated from the code: `python -m rules.language.reference > FILE` renews it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from engine.domain.base import format_duration
from rules.language import limits
from rules.language.functions import SPECIAL, Function
from rules.language.grammar import GRAMMAR, KEYWORDS
from rules.language.schema import Field
from rules.language.schema_of_facts import COMMON, SUBJECTS
from rules.language.types import Kind
from rules.language.vocabulary import FUNCTIONS

_INTRODUCTION = """\
# The language of rules

Generated from `rules/language`; `python -m rules.language.reference` writes it anew. A condition looks like this:

```
age(channel.last_post_at) > 7d && channel.posts_28d < 50% * channel.posts_previous_28d
```

It is checked before anything runs: a misspelt fact, value or function, a wrong type and a wrong unit are errors
with line, column and the nearest name. It reads nothing but the facts it is given; there are no loops and no code.

## Values

| type | written | remarks |
| --- | --- | --- |
| `bool` | `true`, `false` | |
| `int`, `number` | `3`, `2.5`, `1e6`, `30%` | `30%` is 0.3; an int can stand where a number is asked for |
| `string` | `"text"`, `'text'` | on one line; escapes `\\\\`, `\\"`, `\\'`, `\\n`, `\\t` |
| `duration` | `90s`, `15m`, `36h`, `7d`, `2w`, `1d12h` | elapsed time; a day has 24 hours |
| `instant` | `instant("2026-03-01T09:00:00Z")` | an aware moment; the instant of evaluation is the fact `now` |
| `enum` | `"silent"` | a text that must be one of the values of the fact it is compared with |
| `list` | `["a", "b"]` | all items of one type |
| `null` | `null` | unknown, of any type; for branches of a conditional |

Facts are named by their path, `channel.momentum`; a name with other characters stands in brackets,
`signal["new-visits"]`.

## Operators

From the loosest to the tightest:

| operator | takes | gives |
| --- | --- | --- |
| `test ? a : b` | a bool and two values of one type | that type |
| `\\|\\|` or `or` | bools | bool |
| `&&` or `and` | bools | bool |
| `not` | a bool | bool; `not a == b` is `!(a == b)` |
| `==` `!=` | two values of one type, no lists | bool |
| `<` `<=` `>` `>=` | numbers, durations or instants | bool; not to be chained |
| `in`, `not in` | an item and a list | bool |
| `+` `-` | numbers; durations; instant ± duration; instant - instant | the same; the difference of instants is a duration |
| `*` `/` | numbers; duration times or by number; duration by duration | `int / int` is a number; the last gives a number |
| `%` | numbers | the remainder, with the sign of the divisor; write spaces around it |
| `!` `-` | a bool; a number or duration | the same |

Texts are never turned into numbers or numbers into texts.

## Unknown

Every value may be unknown: a fact that nobody has measured, `NaN` and infinities, a division by zero, a result
beyond the limits, an impossible date. What is computed from an unknown value is unknown; a comparison with it is unknown.

| a | b | `a && b` | `a \\|\\| b` | `!a` |
| --- | --- | --- | --- | --- |
| true | unknown | unknown | true | false |
| false | unknown | false | unknown | true |
| unknown | unknown | unknown | unknown | unknown |

A conditional whose test is unknown is unknown. `x in list` is true when x is seen in it; otherwise it is unknown when x
or an item is unknown. `has`, `is_unknown` and `coalesce` look at unknown itself. An unknown condition
never fires and never resolves an alert.
"""


def reference() -> str:
    """Return the whole reference as Markdown."""
    parts = [_INTRODUCTION, *_limits(), *_functions(), *_facts(), *_grammar()]
    return "\n".join(parts).rstrip() + "\n"


def _limits() -> Iterator[str]:
    yield "## Limits\n"
    yield f"- at most {limits.MAX_CHARACTERS:,} characters, {limits.MAX_NODES} parts, {limits.MAX_DEPTH} levels, {limits.MAX_BRACKETS} open brackets;"
    yield f"- a number among the facts beyond ±{limits.MAX_NUMBER:g} is unknown, a result beyond ±{limits.MAX_RESULT:g} too;"
    yield (
        f"- a duration among the facts beyond ±{format_duration(limits.MAX_DURATION)} is unknown; one that is written is at "
        f"most {format_duration(limits.MAX_WRITTEN_DURATION)}.\n"
    )


def _functions() -> Iterator[str]:
    yield "## Functions\n"
    yield "Every example is run by a test.\n"
    yield "| function | gives | example |\n| --- | --- | --- |"
    for special in SPECIAL.values():
        yield _row(f"`{special.name}{special.signature}`", special.doc, special.example, special.answer)
    for function in FUNCTIONS.values():
        yield _row("<br>".join(_signatures(function)), function.doc, function.example, function.answer)
    yield ""


def _signatures(function: Function) -> Iterator[str]:
    for signature in function.signatures:
        yield f"`{function.name}{signature}`"


def _row(signature: str, doc: str, example: str, answer: str) -> str:
    return f"| {signature} | {doc} | `{example}` is `{answer}` |"


def _facts() -> Iterator[str]:
    yield "## Facts\n"
    yield "Every rule knows these, and those of the kind of subject that it judges. The signals of its document are `signal.<name>`.\n"
    yield from _table(COMMON)
    for subject, fields in SUBJECTS.items():
        if fields:
            yield f"### {subject}\n"
            yield from _table(fields)


def _table(fields: tuple[Field, ...]) -> Iterator[str]:
    yield "| fact | type | meaning |\n| --- | --- | --- |"
    for field in fields:
        type_ = (
            ", ".join(f'"{value}"' for value in field.type.values)
            if field.type.kind is Kind.ENUM
            else str(field.type)
        )
        yield f"| `{field.path}` | {type_} | {field.doc} |"
    yield ""


def _grammar() -> Iterator[str]:
    yield "## Grammar\n"
    yield f"For Lark's LALR parser. Words of the language: {', '.join(f'`{word}`' for word in KEYWORDS)}.\n"
    yield f"```\n{GRAMMAR.strip()}\n```"


if __name__ == "__main__":
    sys.stdout.write(reference())
