"""Names that people type: a strategy as `name` or `workspace/name`, an alert by its rule or subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.domain.errors import NotFoundError

NOTHING_YET = (
    "No strategy has been applied yet. `drumbeat init plan` writes a first plan; with `drumbeat up` running in another "
    "terminal, `drumbeat apply plan` starts it."
)


def fits(given: str, strategy: str) -> bool:
    """Return whether what was typed means this strategy."""
    return given in (strategy, strategy.rpartition("/")[2])


def resolve(given: str, known: Sequence[str]) -> str:
    """Return the one strategy that was meant. Raises NotFoundError with the nearest name or the next command."""
    from engine.runtime import operations

    if not known:
        raise NotFoundError(f"There is no strategy {given}. {NOTHING_YET}")
    return operations.resolve(known, given)


def short_names(known: Iterable[str]) -> dict[str, str]:
    """Return for each strategy what one has to type: its bare name where that is unique."""
    ids = list(known)
    bare = [name.rpartition("/")[2] for name in ids]
    return {name: short if bare.count(short) == 1 else name for name, short in zip(ids, bare, strict=True)}


def match_alert(given: str, active: Iterable[str]) -> str:
    """Return the active alert that was meant: by id, rule, subject or the subject's name; else what was typed."""
    found = [name for name in active if given in _handles(name)]
    return found[0] if len(found) == 1 else given


def _handles(alert: str) -> tuple[str, ...]:
    rule, _, subject = alert.partition("@")
    return alert, rule, subject, subject.partition("/")[2]
