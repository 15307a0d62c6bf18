"""The plan of a generated team, as it stands at some time of its year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.domain.plan import Plan
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace
from rules.packs import merged_rules

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
WEEKDAYS = {1: "TUE", 2: "TUE,FRI", 3: "MON,WED,FRI"}
SAMPLED = "stats"
SEEN = "feed"


@dataclass(frozen=True)
class Draft:
    """What of a plan changes in the course of a year, beside what never does.

    `items` pieces have been written for the blog so far, `a_week` of them are posted; its credential works until
    `expires`. `extra` is a metric on which nothing rests. The editor has `hours` a week, and the plan asks six of them.
    """

    team: str
    zone: str
    year: int
    a_week: int
    target: int
    items: int
    expires: date
    hours: float = 8
    extra: bool = False


def plan_of(draft: Draft) -> Plan:
    """Return the plan, with all packs."""
    strategy = Strategy.model_validate(_strategy(draft))
    return Plan(
        workspace=Workspace.model_validate(_workspace(draft)),
        strategy=strategy,
        content={action.name: action.content.items for action in strategy.actions},
        rules=merged_rules(strategy),
        signals=strategy.signals,
    )


def _workspace(draft: Draft) -> dict[str, Any]:
    return {
        "apiVersion": "drumbeat/v1",
        "kind": "Workspace",
        "name": draft.team,
        "timezone": draft.zone,
        "people": [
            {"name": "lead", "hours_per_week": 20},
            {"name": "editor", "hours_per_week": draft.hours},
            {"name": "deputy"},
        ],
        "accounts": [
            {"name": "site", "platform": "site", "credential_expires": draft.expires},
            {"name": "hand", "platform": "manual"},
        ],
        "sources": [
            {"name": SEEN, "kind": "feed", "every": "6h"},
            {"name": SAMPLED, "kind": "csv", "every": "6h"},
        ],
    }


def _strategy(draft: Draft) -> dict[str, Any]:
    return {
        "apiVersion": "drumbeat/v1",
        "kind": "Strategy",
        "name": "year",
        "workspace": draft.team,
        "owner": "lead",
        "deputy": "deputy",
        "channels": [
            {"name": "blog", "account": "site", "effort": {"hours_per_week": 6}},
            {
                "name": "forum",
                "account": "hand",
                "activity": SEEN,
                "replies": {"metric": "replies", "limit": 10},
            },
            {"name": "letter", "account": "hand", "activity": SEEN},
        ],
        "metrics": [
            {"name": name, "source": SAMPLED, "expect_every": every}
            for name, every in {"replies": "2d", "visits": "4d", "readers": "3d", "orders": "3d"}.items()
        ]
        + ([{"name": "extra", "source": SAMPLED, "expect_every": "3d"}] if draft.extra else []),
        "signals": [
            {"name": "visits_a_day", "metric": "visits", "function": "mean", "window": "7d"},
            {"name": "readers_now", "metric": "readers", "function": "max", "window": "7d"},
        ],
        "assumptions": [
            {"name": "visits", "says": "Forty visits a day", "holds": "signal.visits_a_day >= 40"}
        ],
        "goals": [_goal(draft)],
        "actions": [_posting(draft), _LISTENING],
    }


def _goal(draft: Draft) -> dict[str, Any]:
    ends = (date(draft.year, 3, 31), date(draft.year, 6, 30), date(draft.year, 9, 30))
    return {
        "name": "orders",
        "metric": "orders",
        "baseline": 0,
        "target": draft.target,
        "start": date(draft.year, 1, 1),
        "due": date(draft.year, 12, 31),
        "checkpoints": [
            {"day": day, "value": draft.target * quarter / 4} for quarter, day in enumerate(ends, start=1)
        ],
    }


def _posting(draft: Draft) -> dict[str, Any]:
    pieces = [
        {"id": f"piece-{n}", "title": f"Piece {n}", "body": f"The text of piece {n}."}
        for n in range(1, draft.items + 1)
    ]
    return {
        "name": "post",
        "channel": "blog",
        "kind": "create",
        "assignee": "editor",
        "schedule": {"cron": f"0 9 * * {WEEKDAYS[draft.a_week]}"},
        "content": {"items": pieces},
    }


_LISTENING: dict[str, Any] = {
    "name": "listen",
    "channel": "forum",
    "kind": "listen",
    "assignee": "lead",
    "due_within": "2d",
    "schedule": {"cron": "0 15 * * THU"},
    "content": {"repeat": True, "items": [{"id": "ear", "title": "Listen", "body": "What do they say?"}]},
}
