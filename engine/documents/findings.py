"""Findings: what a plan that is valid still lacks, told before it runs.

A finding has a stable code; `FINDINGS` says what each means. Errors stop `apply`; warnings and notes do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.documents.checks import adapters as adapter_checks
from engine.documents.checks import (
    channels,
    content,
    goals,
    metrics,
    people,
    places,
    rules,
    secrets,
    work,
)
from engine.documents.kinds import FINDINGS, Adapters, Finding, FindingKind, FindingSeverity, Look
from engine.documents.load import Loaded
from engine.domain.base import to_utc
from engine.domain.roles import Limits

__all__ = ["FINDINGS", "Adapters", "Finding", "FindingKind", "FindingSeverity", "check"]
_CHECKS = (
    goals.check,
    channels.check,
    content.check,
    metrics.check,
    people.check,
    rules.check,
    secrets.check,
    work.check,
)


def check(
    loaded: Loaded,
    now: datetime,
    adapters: Adapters | None = None,
    probed: Mapping[str, Mapping[str, Limits]] | None = None,
) -> list[Finding]:
    """Judge all plans as they would be at `now` (aware); sorted by place, each finding once.

    With `adapters`, the settings of accounts, sources, metrics and notifiers and every content item are shown to the
    adapter concerned, and the folders and files they name are looked for; without, both is left out. `probed` holds by
    workspace and account what servers said about their limits. Nothing is contacted. Raises ValueError when `now` has no zone.
    """
    now = to_utc(now)
    together = _together(loaded)
    found: dict[tuple[object, ...], Finding] = {}
    for plan in loaded.plans:
        look = Look(plan, loaded.sources[plan.id], now, together[plan.workspace.name])
        for judge in _CHECKS:
            found.update((finding.identity, finding) for finding in judge(look))
        if adapters is not None:
            known = (probed or {}).get(plan.workspace.name, {})
            found.update(
                (finding.identity, finding) for finding in adapter_checks.check(look, adapters, known)
            )
            found.update((finding.identity, finding) for finding in places.check(look))
    return sorted(found.values(), key=lambda finding: finding.identity)


def _together(loaded: Loaded) -> Mapping[str, Mapping[str, int]]:
    """Count for each workspace the strategies that name an objective of the same name."""
    counts: dict[str, dict[str, int]] = {}
    for plan in loaded.plans:
        of_workspace = counts.setdefault(plan.workspace.name, {})
        for objective in plan.strategy.objectives:
            of_workspace[objective.name] = of_workspace.get(objective.name, 0) + 1
    return counts
