"""What a rule judges, told from the plain data of a document: the kind of its subjects and their names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

from engine.documents.naming import names_in, values
from engine.documents.source import Document
from engine.domain.conditions import SubjectKind
from engine.domain.rule import CONDITIONS, Rule

KINDS = frozenset(get_args(SubjectKind))
# Of these there is one, or they come and go, so none can be named in a plan.
NAMELESS = frozenset({"strategy", "task", "post"})
_BY_DEADLINE = {
    "activity": "channel",
    "sample": "metric",
    "reading": "source",
    "slot": "action",
    "judgement": "strategy",
}
_BY_SHAPE = {"cadence": "channel", "quiet": "channel", "duplicate": "channel", "pace": "goal"}


def kind_judged(rule: dict[str, Any]) -> str:
    """Return the kind of subject of a rule as a document gives it, or nothing where its condition is not clear."""
    given = [name for name in CONDITIONS if rule.get(name) is not None]
    if len(given) != 1:
        return ""
    condition = rule[given[0]]
    if given[0] == "deadline":
        since = condition.get("since") if isinstance(condition, dict) else None
        return _BY_DEADLINE.get(str(since), "")
    if given[0] == "expr":
        return str(rule.get("of")) if rule.get("of") in KINDS else ""
    return _BY_SHAPE.get(given[0], "")


def kind_of(rule: Rule) -> str:
    """Return the kind of subject of a rule; nothing for one that follows another rule."""
    return kind_judged(rule.model_dump(mode="json", by_alias=True))


def names_of(kind: str, strategy: Document, workspace: Document | None) -> Collection[str] | None:
    """Return the names that subjects of a kind may have, or None where that is not known."""
    match kind:
        case "source":
            places = ("metrics/*/source", "channels/*/activity")
            return {name for place in places for _, name in values(strategy, place)}
        case "person":
            return None if workspace is None else list(names_in(workspace, "people"))
        case "channel" | "goal" | "metric" | "assumption" | "action":
            return list(names_in(strategy, f"{kind}s"))
    return None
