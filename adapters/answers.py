"""What a platform's web interface answered: read as a model, or as the refusal that it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from adapters.failures import failed, possible
from engine.domain.errors import Effect, PublishError, Trouble

_TELLING = ("code", "error", "errcode", "message", "error_description")
_TROUBLES = {
    401: (
        Trouble.CREDENTIAL,
        "it does not accept the credentials. Renew them, or mend the account's secrets",
    ),
    403: (Trouble.FORBIDDEN, "the account may not do this. Give it the right, or use another account"),
    404: (Trouble.ABSENT, "there is nothing at this address. Check the account's settings"),
    410: (Trouble.ABSENT, "there is nothing at this address any more. Check the account's settings"),
    413: (Trouble.CONTENT, "it is too large. Make the text or the image smaller"),
    422: (Trouble.CONTENT, "it does not take this content. Change the item"),
}
_PASSING = {408, 421, 425}
# By definition these were not carried out where they arrived.
_NOT_DONE_THERE = {307, 308}
_PASSING_REDIRECTS = {302, 303, 307}


class Seen(BaseModel):
    """The part of an answer that an adapter reads; what else a platform says is left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")


S = TypeVar("S", bound=Seen)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `where` is the platform for people; `mutates` tells whether the request was to change something."""

    where: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    mutates: bool
    raw: str = ""

    def read(self, model: type[S]) -> S:
        """Return the answer as this model. Raises PublishError when it is something else."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            raise self._unreadable() from None

    def read_list(self, model: type[S]) -> list[S]:
        """Return a list of such models. Raises PublishError when it is something else."""
        try:
            return list(TypeAdapter(tuple[model, ...]).validate_json(self.body))  # type: ignore[valid-type]
        except ValidationError:
            raise self._unreadable() from None

    def json(self) -> Any:
        """Return the JSON value. Raises PublishError when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise self._unreadable() from None

    def refusal(
        self, meaning: str = "", trouble: Trouble | None = None, *, transient: bool = False
    ) -> PublishError:
        """Return the error for an answer of 400 to 499: the platform did nothing. `meaning` ends without a full stop."""
        known, words = _TROUBLES.get(self.status, (Trouble.CONTENT, "it refuses this. See what it says"))
        return failed(
            f"{self.where} answered {self.status}: {meaning or words}.",
            Effect.NONE,
            trouble or known,
            passing=transient or self.status in _PASSING,
            raw=self.raw,
        )

    def elsewhere(self) -> PublishError:
        """Return the error for a redirect, which is not followed."""
        maybe = self.mutates and self.status not in _NOT_DONE_THERE
        return failed(
            f"{self.where} sends us elsewhere ({self.status}), which is not followed with credentials. If it has "
            "moved for good, give its new address in the account.",
            Effect.MAYBE if maybe else Effect.NONE,
            Trouble.SETTINGS,
            passing=self.status in _PASSING_REDIRECTS,
        )

    def breakdown(self) -> PublishError:
        """Return the error for an answer of 500 and more: nobody knows what the platform did before."""
        return failed(
            f"{self.where} has trouble of its own (it answered {self.status}).",
            possible(mutates=self.mutates),
            Trouble.BROKEN,
            passing=True,
            raw=self.raw,
        )

    def _unreadable(self) -> PublishError:
        kind = self.headers.get("content-type", "nothing said").partition(";")[0]
        return failed(
            f"{self.where} answered {self.status} with something that is not its interface's ({kind}).",
            possible(mutates=self.mutates),
            Trouble.BROKEN,
            passing=True,
        )


def telling(body: bytes) -> str:
    """Return what an answer says about itself in the fields that platforms use for it; nothing of any other text."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    said = (found.get(name) for name in _TELLING)
    return "; ".join(
        "".join(char for char in part if char.isprintable()) for part in said if isinstance(part, str)
    )
