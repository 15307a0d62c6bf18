"""Functions on texts and lists."""

from __future__ import annotations

from typing import Any

from rules.language.functions import Function, Signature
from rules.language.types import ANY, BOOL, INT, STRING, list_of


def contains(whole: Any, part: Any) -> bool:
    """Tell whether a text holds another, or a list an item. Raises ValueError when unknown items may be it."""
    if part in whole:
        return True
    if isinstance(whole, tuple) and None in whole:
        raise ValueError
    return False


_LIST = list_of(ANY)
_TWO_TEXTS = (Signature((STRING, STRING), BOOL),)

TEXTS = (
    Function(
        "len",
        (Signature((STRING,), INT), Signature((_LIST,), INT)),
        len,
        "How many characters a text has, or items a list.",
        'len("four")',
        "4",
        bound=1e9,
    ),
    Function(
        "contains",
        (Signature((STRING, STRING), BOOL), Signature((_LIST, ANY), BOOL)),
        contains,
        "Whether a text holds another, or a list an item. Capitals count.",
        'contains("momentum", "men")',
        "true",
    ),
    Function(
        "starts_with",
        _TWO_TEXTS,
        str.startswith,
        "Whether a text begins with another.",
        'starts_with("momentum", "mom")',
        "true",
    ),
    Function(
        "ends_with",
        _TWO_TEXTS,
        str.endswith,
        "Whether a text ends with another.",
        'ends_with("momentum", "um")',
        "true",
    ),
    Function(
        "lower",
        (Signature((STRING,), STRING),),
        str.lower,
        "The text in small letters.",
        'lower("Blog")',
        '"blog"',
    ),
)
