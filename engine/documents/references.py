"""Names within a plan: every one that is used must exist, and none may be given twice.

Judged on the plain data, not on the models, so that a plan with a wrong number still has its references checked
and one run of `check` shows everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.documents.expressions import expression_problems
from engine.documents.naming import names_in, unknown_name, values
from engine.documents.ruling import rule_problems
from engine.documents.source import Document, Steps
from engine.documents.validate import describe
from engine.documents.words import quoted
from engine.domain.errors import Problem


@dataclass(frozen=True)
class Reference:
    """A place (`*` stands for every entry of a list) that names an entry of a list of the same plan."""

    place: str
    noun: str
    names: str
    shared: bool = False


_STRATEGY = (
    Reference("owner", "person", "people", shared=True),
    Reference("deputy", "person", "people", shared=True),
    Reference("notify/*", "notifier", "notifiers", shared=True),
    Reference("goals/*/objective", "objective", "objectives"),
    Reference("goals/*/metric", "metric", "metrics"),
    Reference("goals/*/owner", "person", "people", shared=True),
    Reference("channels/*/account", "account", "accounts", shared=True),
    Reference("channels/*/audience", "audience", "audiences"),
    Reference("channels/*/activity", "source", "sources", shared=True),
    Reference("channels/*/replies/metric", "metric", "metrics"),
    Reference("metrics/*/source", "source", "sources", shared=True),
    Reference("metrics/*/channel", "channel", "channels"),
    Reference("actions/*/channel", "channel", "channels"),
    Reference("actions/*/assignee", "person", "people", shared=True),
    Reference("rules/*/notify/*", "notifier", "notifiers", shared=True),
    Reference("rules/*/task/assignee", "person", "people", shared=True),
    Reference("rules/*/review", "review", "reviews"),
    Reference("overrides/*/notify/*", "notifier", "notifiers", shared=True),
    Reference("overrides/*/task/assignee", "person", "people", shared=True),
    Reference("signals/*/metric", "metric", "metrics"),
    Reference("signals/*/channel", "channel", "channels"),
    Reference("reviews/*/attendees/*", "person", "people", shared=True),
)
_WORKSPACE = (Reference("people/*/notify/*", "notifier", "notifiers"),)
_LISTS = {
    "Workspace": ("people", "accounts", "notifiers", "sources"),
    "Strategy": (
        *("objectives", "audiences", "goals", "assumptions", "channels", "metrics", "actions"),
        *("signals", "rules", "overrides", "reviews"),
    ),
}


def workspace_problems(workspace: Document) -> list[Problem]:
    """Return the names of a workspace that are used without being given, or given twice."""
    return [*_duplicates(workspace), *_unresolved(workspace, _WORKSPACE, workspace)]


def strategy_problems(strategy: Document, workspace: Document | None) -> list[Problem]:
    """Return the names of a strategy that are used without being given, or given twice.

    Without a workspace (it is missing, which is a problem of its own) names of the workspace are not judged.
    """
    return [
        *_duplicates(strategy),
        *_unresolved(strategy, _STRATEGY, workspace),
        *rule_problems(strategy, workspace),
        *expression_problems(strategy),
    ]


def _unresolved(
    document: Document, references: Sequence[Reference], workspace: Document | None
) -> Iterator[Problem]:
    for reference in references:
        home = workspace if reference.shared else document
        # Where the list itself is wrong, which is a problem of its own, nothing can be said about its names.
        if home is None or not isinstance(home.data.get(reference.names, []), list):
            continue
        known = names_in(home, reference.names)
        for steps, name in values(document, reference.place):
            if name not in known:
                yield unknown_name(document, steps, reference.noun, name, list(known), home)


def _duplicates(document: Document) -> Iterator[Problem]:
    for listing in _LISTS[document.data["kind"]]:
        yield from _repeated(document, f"{listing}/*/name", "name")
    yield from _repeated(document, "packs/*", "pack")
    actions = document.data.get("actions")
    for index, _ in enumerate(actions if isinstance(actions, list) else ()):
        yield from _repeated_item(document, index)


def _repeated(document: Document, place: str, noun: str) -> Iterator[Problem]:
    first: dict[str, Steps] = {}
    for steps, name in values(document, place):
        if name in first:
            line = document.place(first[name]).line
            message = f"the {noun} {quoted(name)} stands in `{steps[0]}` twice (first in line {line})"
            yield document.problem(steps, message, "Rename or remove one of the two.")
        first.setdefault(name, steps)


def _repeated_item(document: Document, action: int) -> Iterator[Problem]:
    data = document.data["actions"][action]
    content = data.get("content") if isinstance(data, dict) else None
    items = content.get("items") if isinstance(content, dict) else None
    first: dict[str, Steps] = {}
    for index, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get("id") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        steps = ("actions", action, "content", "items", index, "id")
        if name in first:
            line = document.place(first[name]).line
            message = f"the item {quoted(name)} stands in {describe(document, steps[:2])} twice (first in line {line})"
            yield document.problem(steps, message, "Give each item an id of its own.")
        first.setdefault(name, steps)
