"""What a platform shows of an account: its numbers, and what was posted there, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from engine.domain.records import Activity

# By our names of them; None for one that is not told.
Numbers = Mapping[str, float | None]
# Longer titles are whole texts; people need the first words.
_MOST_TITLE = 300
T_co = TypeVar("T_co", covariant=True)


class Past(NamedTuple, Generic[T_co]):
    """What was posted, newest first. `whole`: nothing since the asked instant is missing."""

    shown: tuple[T_co, ...]
    whole: bool


class Deed(Protocol):
    """One thing that an account did: when (UTC), its numbers (none where it has none), and it as an activity."""

    @property
    def at(self) -> datetime: ...
    @property
    def numbers(self) -> Numbers: ...
    @property
    def activity(self) -> Activity: ...


class View(Protocol):
    """An account as its platform shows it. Every method raises PublishError, effect none.

    `origin` says in words where the numbers come from.
    """

    @property
    def origin(self) -> str: ...

    async def account(self) -> Numbers:
        """Return the numbers of the account."""
        ...

    async def post(self, post: str) -> Numbers:
        """Return the numbers of a post; all None when it is not (yet or any more) known."""
        ...

    async def past(self, since: datetime | None, newest: int) -> Past[Deed]:
        """Return what was posted: at least the `newest` deeds and all `since` then, as far as the server shows them."""
        ...

    async def open_replies(self, since: datetime) -> float | None:
        """Return how many replies since then the account has not answered; None when the server cannot tell."""
        ...


def title_of(text: str) -> str:
    """Return the first words of a text, in one line."""
    return " ".join(text.split())[:_MOST_TITLE]
