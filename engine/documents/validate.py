"""From a document to a model: every misfit becomes a Problem at its place, in words, with a way to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.documents.fields import field_names, model_at
from engine.documents.source import Document, Steps
from engine.documents.words import choose, found, listed, nearest, quoted
from engine.domain.base import Model, zone_names
from engine.domain.errors import DocumentError, Problem

M = TypeVar("M", bound=Model)
_SINGULAR = {
    "people": "person",
    "house_rules": "house rule",
    "evidence": "evidence",
    "blackout": "blackout",
    "notify": "notifier",
    "severities": "severity",
    "dates": "date",
}
# What is expected, and an example, by the beginning of the validator's own name for the error.
_EXPECTED = (
    ("string", "a text", "{field}: some words"),
    ("int", "a whole number", "{field}: 3"),
    ("float", "a number", "{field}: 2.5"),
    ("finite", "a finite number", "{field}: 2.5"),
    ("bool", "true or false", "{field}: true"),
    ("tuple", "a list", "{field}: [first, second]"),
    ("list", "a list", "{field}: [first, second]"),
    ("model", "a group of fields", "{field}: {{…}} or fields indented below it"),
    ("dict", "a group of fields", "{field}: {{…}} or fields indented below it"),
    ("date_", "a day", "{field}: 2026-03-31"),
    ("datetime_", "a time with its zone", "{field}: 2026-03-31T09:00:00Z"),
    ("timezone", "a time with its zone", "{field}: 2026-03-31T09:00:00Z"),
)
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}
# Where the domain's sentences pass from what is wrong to what to write instead.
_TURNS = (
    ": write ",
    "; write ",
    ": remove ",
    "; remove ",
    "; swap ",
    "; a right one ",
    ": give ",
    "; it takes ",
    ": it takes ",
    ". For example ",
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAME = "A name begins with a letter and holds letters, digits, - and _, at most 63, as in my-blog."


def validate(document: Document, model: type[M]) -> M:
    """Return the document as a model. Raises DocumentError with every misfit."""
    try:
        return model.model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        raise DocumentError(problems(document, model, error)) from None


def problems(document: Document, model: type[Model], error: ValidationError) -> list[Problem]:
    """Turn the validator's errors into problems, each at its place in the document."""
    details = error.errors(include_url=False)
    return [_problem(document, model, detail) for detail in details if not _follows(detail)]


def _follows(detail: ErrorDetails) -> bool:
    """Tell whether an error only follows from others: a list that is short because its entries are wrong."""
    given = detail["input"]
    minimum = detail.get("ctx", {}).get("min_length", 0)
    return detail["type"] == "too_short" and isinstance(given, list) and len(given) >= minimum


def describe(document: Document, steps: Steps) -> str:
    """Name a place in words: `cadence.per` of channel 'blog'."""
    owner, rest = "", steps
    data: Any = document.data
    for index, step in enumerate(steps):
        data = data[step] if _has(data, step) else None
        if isinstance(step, int) and index and isinstance(data, dict):
            noun = _noun(str(steps[index - 1]))
            name = data.get("name", data.get("id"))
            owner = f"{noun} {quoted(name)}" if isinstance(name, str) else f"{noun} number {step + 1}"
            rest = steps[index + 1 :]
    field = ".".join(step for step in rest if isinstance(step, str))
    if not field:
        return owner or "this document"
    return f"`{field}` of {owner}" if owner else f"`{field}`"


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _noun(plural: str) -> str:
    return _SINGULAR.get(plural, plural.removesuffix("s"))


def _problem(document: Document, model: type[Model], detail: ErrorDetails) -> Problem:
    kind, steps = detail["type"], tuple(detail["loc"])
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(document, model, steps, detail)
    where, field = describe(document, steps), _field(steps)
    if kind.startswith("date") and isinstance(detail["input"], str) and _DAY.fullmatch(detail["input"]):
        message = f"{where} is {detail['input']}, and the calendar has no such day"
        return document.problem(steps, message, f"Write a day that exists, such as {field}: 2026-03-31")
    for prefix, expected, pattern in _EXPECTED:
        if kind.startswith(prefix):
            what = found(detail["input"], secret="secrets" in steps)
            message = f"{where} is {what}, but {expected} is expected"
            example = "name: my-blog" if field == "name" else pattern.format(field=field)
            return document.problem(steps, message, f"Write for example: {example}")
    return document.problem(
        steps, f"{where} is not right: {detail['msg']}", f"Look up `{field}` in the reference."
    )


def _field(steps: Steps) -> str:
    return next((str(step) for step in reversed(steps) if isinstance(step, str)), "field")


def _missing(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    parent, field = steps[:-1], str(steps[-1])
    message = f"{describe(document, parent)} has no `{field}`, which is required"
    owner = model_at(model, parent)
    about = (owner.model_fields[field].description or "") if owner and field in owner.model_fields else ""
    return document.problem(parent, message, f"Add the field: `{field}: …`. {about}".strip())


def _unknown_field(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    parent, field = steps[:-1], str(steps[-1])
    owner = model_at(model, parent)
    allowed = field_names(owner) if owner else []
    message = f"{describe(document, parent)} has no field `{field}`"
    return document.problem(steps, message, choose(field, allowed, "Remove it."), key=True)


def _choice(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    expected = str(detail.get("ctx", {}).get("expected", ""))
    options = [part.strip("' ") for part in expected.replace(" or ", ", ").split(",")]
    message = (
        f"{describe(document, steps)} is {found(detail['input'])}, but it takes one of: {listed(options)}"
    )
    value = detail["input"]
    return document.problem(steps, message, choose(str(value), options, "Write one of them."))


def _bound(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    key, words = _BOUNDS[detail["type"]]
    limit = detail.get("ctx", {}).get(key)
    message = f"{describe(document, steps)} is {detail['input']}, but it must be {words} {limit}"
    return document.problem(steps, message, f"Write a number that is {words} {limit}.")


def _pattern(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    if "secrets" in steps:
        message = f"{describe(document, steps)} is not a reference; a plan never holds the secret itself"
        mend = "Write where the secret is kept: env:NAME_OF_VARIABLE or file:/path/to/file. Change the secret if it was real."
        return document.problem(steps, message, mend)
    return document.problem(
        steps, f"{describe(document, steps)} is {found(detail['input'])}, which is no name", _NAME
    )


def _size(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    context = detail.get("ctx", {})
    few = "short" in detail["type"]
    limit = context.get("min_length" if few else "max_length")
    what = "is empty" if few and not detail["input"] else f"is too {'short' if few else 'long'}"
    unit = "characters" if isinstance(detail["input"], str) else "entries"
    mend = f"Write at {'least' if few else 'most'} {limit} {unit if limit != 1 else unit[:-1].replace('ie', 'y')}."
    return document.problem(steps, f"{describe(document, steps)} {what}", mend)


def _domain(document: Document, model: type[Model], steps: Steps, detail: ErrorDetails) -> Problem:  # noqa: ARG001
    """Pass on a sentence of the domain's own validators, parted into what is wrong and how to mend it."""
    context = detail.get("ctx", {})
    sentence = str(context.get("error") or context.get("message") or detail["msg"])
    inner = str(context["field"]).split(".") if "field" in context else ()
    message, mend = _parted(sentence)
    value = detail["input"]
    if "is no time zone" in message and isinstance(value, str):
        zone = nearest(value, zone_names())
        mend = f"Did you mean {zone}? {mend}" if zone else mend
    where = describe(document, steps)
    return document.problem(
        (*steps, *inner),
        f"{where}: {message}",
        mend or "Change or remove it, then run `drumbeat check` again.",
    )


def _parted(sentence: str) -> tuple[str, str]:
    for turn in _TURNS:
        message, found_turn, rest = sentence.partition(turn)
        if found_turn:
            start = turn.lstrip(":;. ")
            return message, f"{start[0].upper()}{start[1:]}{rest}".rstrip(".") + "."
    return sentence, ""


_Special = Callable[[Document, type[Model], Steps, ErrorDetails], Problem]
_SPECIAL: dict[str, _Special] = {
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _choice,
    "enum": _choice,
    "string_pattern_mismatch": _pattern,
    "string_too_short": _size,
    "string_too_long": _size,
    "too_short": _size,
    "too_long": _size,
    "value_error": _domain,
    "plan": _domain,
    **dict.fromkeys(_BOUNDS, _bound),
}
