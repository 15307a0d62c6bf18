"""Settings of an adapter: a small pydantic model each, and its mistakes as sentences a plan's author can use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine.domain.base import Model
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.workspace import Account

M = TypeVar("M", bound=Model)


_NAME = re.compile(r"[a-z][a-z0-9_.]*")


@runtime_checkable
class Described(Protocol):
    """An adapter that says what its settings are, for the reference that is made from it; every built-in one does.

    `secrets` are those that it knows, in words, empty where it has none. A source also has `metric_settings`, those of
    a metric that reads from it.
    """

    settings: type[Model]
    secrets: str


def problems(model: type[Model], settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings, one sentence each; values are not repeated, they may be secret."""
    try:
        model.model_validate(dict(settings))
    except ValidationError as error:
        return [_sentence(model, detail) for detail in error.errors(include_input=False, include_url=False)]
    return []


def read(model: type[M], settings: Mapping[str, Any]) -> M:
    """Return the settings as their model. Raises ValueError with every problem in one line."""
    try:
        return model.model_validate(dict(settings))
    except ValidationError:
        raise ValueError(" ".join(problems(model, settings))) from None


def of_account(model: type[M], account: Account) -> M:
    """Return an account's settings as their model. Raises PublishError, effect none."""
    try:
        return read(model, account.settings)
    except ValueError as error:
        raise unusable(account, str(error)) from None


def unusable(account: Account, why: str) -> PublishError:
    """Return the error for an account whose settings or secrets are of no use."""
    return PublishError(
        f"The account {account.name!r} cannot be used; nothing was posted. {why}",
        effect=Effect.NONE,
        trouble=Trouble.SETTINGS,
    )


def _sentence(model: type[Model], detail: ErrorDetails) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    known = list(model.model_fields)
    if not name:
        return _full_stop(detail["msg"].removeprefix("Value error, "))
    if detail["type"] == "missing":
        described = model.model_fields[name].description if name in model.model_fields else None
        return _full_stop(f"The setting `{name}` is missing" + (f": {described}" if described else ""))
    if detail["type"] == "extra_forbidden":
        near = get_close_matches(name, known, n=1)
        hint = (
            f"did you mean `{near[0]}`?" if near else f"there are {', '.join(f'`{each}`' for each in known)}."
        )
        # What is no name at all may be a value in the wrong place, even a secret: it is not repeated.
        called = f" `{name}`" if _NAME.fullmatch(name) else " of one of the names given"
        return f"There is no setting{called}; {hint}"
    return _full_stop(f"The setting `{name}` is wrong: {detail['msg'].removeprefix('Value error, ')}")


def _full_stop(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."
