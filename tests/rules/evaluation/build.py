"""Plans with rules, circumstances and a past, in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.domain.judgement import Circumstances, Judgement
from engine.domain.likeness import sketch
from engine.domain.past import Series
from engine.domain.plan import Plan
from engine.domain.records import Activity, AlertState, Sample
from engine.domain.series import MemorySeries
from rules.evaluation import Evaluator
from rules.past import Past
from tests.domain.build import DAY, channel, plan

# A Monday, in the middle of what the tests tell.
NOW = datetime.fromisoformat("2026-06-01T08:00:00+00:00")
GOAL = {
    "name": "readers",
    "metric": "visits",
    "baseline": 0,
    "target": 365,
    "start": "2026-01-01",
    "due": "2026-12-31",
}


def ago(days: float) -> datetime:
    """Return the instant so many days before now."""
    return NOW - timedelta(days=days)


def expr(name: str, text: str, of: str = "channel", **more: Any) -> dict[str, Any]:
    """Return a rule with an expression."""
    return {"name": name, "reason": "It matters.", "of": of, "expr": text} | more


def planned(*rules: Mapping[str, Any], **strategy: Any) -> Plan:
    """Return a plan with two channels, the metric `visits` and these rules."""
    given = {
        "channels": [channel(), channel("news")],
        "metrics": [{"name": "visits", "source": "feed"}],
    } | strategy
    found = plan(rules=rules, **given)
    return found.model_copy(update={"signals": found.strategy.signals})


def known(
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    at: datetime = NOW,
    since: datetime | None = None,
    alerts: Mapping[str, AlertState] | None = None,
    watched: Iterable[str] = ("blog", "news"),
) -> Circumstances:
    """Return circumstances in which every post of the last year (or `since`) is known."""
    return Circumstances(
        revision=1,
        at=at,
        watched=dict.fromkeys(watched, (since or at - 365 * DAY, at)),
        facts={subject: dict(each) for subject, each in (facts or {}).items()},
        alerts=dict(alerts or {}),
    )


def sample(value: float, days: float, metric: str = "visits", **more: Any) -> Sample:
    """Return the value of so many days ago."""
    return Sample(metric=metric, at=ago(days), value=value, seen=more.pop("seen", ago(days)), **more)


def values(*pairs: tuple[float, float], metric: str = "visits") -> MemorySeries:
    """Return a past with these samples: (days ago, value)."""
    return MemorySeries({metric: [sample(value, days, metric) for days, value in pairs]})


def post(days: float, text: str = "", ref: str = "", channel: str = "") -> Activity:
    """Return a post of so many days ago."""
    return Activity(at=ago(days), ref=ref or f"{channel}{days}", title=text[:20], sketch=sketch(text))


def past(of: Plan, series: Series, circumstances: Circumstances | None = None) -> Past:
    """Return the past as an evaluation sees it."""
    return Past(of, circumstances or known(), series)


def judge(
    of: Plan, circumstances: Circumstances | None = None, series: Series | None = None
) -> dict[str, Judgement]:
    """Return what the rules say, by the alert's id."""
    found = Evaluator(of).evaluate(circumstances or known(), series or MemorySeries())
    return {f"{each.rule}@{each.subject}": each for each in found.judgements}
