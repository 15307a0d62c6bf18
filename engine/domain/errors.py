"""Every error of Drumbeat.

    DrumbeatError
    ├── DocumentError          a plan file is wrong; carries Problems with file:line:column
    ├── NotFoundError          a strategy, task, alert … of that name does not exist
    ├── ConflictError          what you saw has changed meanwhile
    ├── CommandRefusedError    the strategy understood the command and will not do it
    ├── EngineError            the engine itself cannot run (lock, server, database)
    ├── SecretError            a secret reference cannot be resolved
    ├── PublishError           a platform refused or broke; `effect` says what it did to the world
    ├── SourceError            a metric source could not be read
    └── NotifyError            a notification could not be delivered

A message says what happened, where, what it means for the strategy and what to do. It never holds a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class DrumbeatError(Exception):
    """Something went wrong in Drumbeat."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", maxsplit=1)[0])


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a document: where (line and column from 1), what, and how to mend it.

    `excerpt` holds, for a mistake inside an expression, its line and below it the line with the caret.
    """

    file: str
    line: int
    column: int
    message: str
    mend: str = ""
    excerpt: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        below = [*(f"    {line}" for line in self.excerpt), *([f"    {self.mend}"] if self.mend else [])]
        return "\n".join([text, *below])


class DocumentError(DrumbeatError):
    """A plan file is wrong; nothing was changed. Mend the lines named and run `drumbeat check` again."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotFoundError(DrumbeatError):
    """There is nothing of that name. `drumbeat status` lists what runs."""


class ConflictError(DrumbeatError):
    """It has changed since you looked. Look again, then repeat the command."""


class CommandRefusedError(DrumbeatError):
    """The strategy does not do this now; its state is unchanged."""


class EngineError(DrumbeatError):
    """The engine cannot run. `drumbeat doctor` looks for the reason."""


class SecretError(DrumbeatError):
    """A secret reference cannot be resolved. Set the variable or file that it names."""


class Effect(StrEnum):
    """What a failed call did to the world. `maybe` is never repeated before a look."""

    NONE = "none"
    MAYBE = "maybe"
    DONE = "done"


class Trouble(StrEnum):
    """What kind of trouble a platform has, or has with us.

    content      it does not take this text, these images
    settings     the account's settings are wrong
    credential   the token is wrong, expired or revoked, or the account is locked
    forbidden    the account may not do this
    rate         too many calls; `retry_after` says when there is room again
    absent       the address, the record or the image file is not there
    unreachable  no connection was made
    broken       it took the request and gave no usable answer: a cut, a timeout, a 5xx, an unreadable body
    """

    CONTENT = "content"
    SETTINGS = "settings"
    CREDENTIAL = "credential"
    FORBIDDEN = "forbidden"
    RATE = "rate"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"


class PublishError(DrumbeatError):
    """A platform refused or broke.

    `effect` says what it did to the world; `transient` whether a later attempt may succeed (only read when
    `effect` is none); `trouble` of what kind it is, where that is known; `retry_after` is the platform's own wish;
    `raw` is a secret-free part of its answer. The message is a sentence for people.
    """

    def __init__(
        self,
        message: str,
        *,
        effect: Effect,
        transient: bool = False,
        trouble: Trouble | None = None,
        retry_after: timedelta | None = None,
        raw: str = "",
    ) -> None:
        super().__init__(message)
        self.effect = effect
        self.transient = transient
        self.trouble = trouble
        self.retry_after = retry_after
        self.raw = raw


class SourceError(DrumbeatError):
    """A metric source could not be read; its last values stand and its data count as unknown."""


class NotifyError(DrumbeatError):
    """A notification could not be delivered."""

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient
