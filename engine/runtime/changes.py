"""What a new plan would change: a semantic diff, line by line, for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from engine.domain.plan import Plan

_SHORT = 60


@dataclass(frozen=True)
class Pending:
    """One strategy's pending change against its latest stored revision (None: not there yet)."""

    strategy: str
    revision: int | None
    change: Literal["new", "changed", "same"]
    lines: tuple[str, ...] = ()


def pending(plan: Plan, latest: tuple[int, Plan] | None) -> Pending:
    """Compare a plan with the latest revision."""
    if latest is None:
        return Pending(plan.id, None, "new", (f"+ strategy {plan.id}",))
    number, before = latest
    if before.digest == plan.digest:
        return Pending(plan.id, number, "same")
    old, new = before.model_dump(mode="json"), plan.model_dump(mode="json")
    return Pending(plan.id, number, "changed", tuple(differences(old, new)))


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield `+ path`, `- path` and `~ path: old → new`; list items are matched by their name or id."""
    if (
        isinstance(old, list)
        and isinstance(new, list)
        and (old_items := _named(old))
        and (new_items := _named(new))
    ):
        old, new = old_items, new_items
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            where = f"{path}.{key}" if path else key
            if key not in new:
                yield f"- {where}"
            elif key not in old:
                yield f"+ {where}"
            else:
                yield from differences(old[key], new[key], where)
    elif old != new:
        yield f"~ {path}: {_brief(old)} → {_brief(new)}"


def _named(items: list[Any]) -> dict[str, Any] | None:
    """Return the items by their name, or None when they have none that is unique."""
    names = [str(item.get("name") or item.get("id") or "") for item in items if isinstance(item, dict)]
    if len(names) != len(items) or "" in names or len(set(names)) != len(names):
        return None
    return dict(zip(names, items, strict=True))


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
