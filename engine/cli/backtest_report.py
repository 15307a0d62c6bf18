"""A back-test as a table for people, as JSON or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from engine.cli.coverage_report import coverage_record
from engine.cli.output import heading, paint, print_document, say
from engine.cli.text import columns, stamp, terminal_width, wrapped
from engine.documents.words import listed
from engine.domain.words import several, span
from rules.backtest.episodes import Episode
from rules.backtest.tally import YEAR, Difference, Tried
from rules.testing.coverage import Coverage

SCHEMA = "drumbeat/backtest/v1"
_SHOWN = 20


def print_csv(tried: Iterable[Tried], *, column: str) -> None:
    """Print one line for each episode; the subject stands in `column`, a channel_id without its kind."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("rule", column, "fired_at", "resolved_at"))
    for one in tried:
        for episode in one.episodes:
            subject = episode.subject
            name = subject.removeprefix("channel/") if column == "channel_id" else subject
            writer.writerow((episode.rule, name, _iso(episode.fired_at), _iso(episode.resolved_at)))


def print_json(
    name: str, tried: Sequence[Tried], changes: Sequence[Difference] | None, coverage: Coverage | None
) -> None:
    """Print everything as one document."""
    body: dict[str, Any] = {"rules": name, "tried": [_tried(one) for one in tried]}
    if coverage is not None:
        body["coverage"] = coverage_record(coverage)
    if changes is not None:
        body["against"] = [
            {
                "what": change.what,
                "rule": change.episode.rule,
                "subject": change.episode.subject,
                "old": change.old and _episode(change.old),
                "new": change.new and _episode(change.new),
            }
            for change in changes
        ]
    print_document(SCHEMA, body)


def _tried(one: Tried) -> dict[str, Any]:
    return {
        "rule": one.rule.name,
        "mode": one.rule.mode,
        "unfit": one.unfit or None,
        "subjects": len(one.subjects),
        "days": round(one.span.total_seconds() / 86_400, 3),
        "each_by_itself": one.apart,
        "per_week": None if one.apart else round(one.per_week, 4),
        "per_channel_year": round(one.per_year, 4) if one.apart else None,
        "budget": one.rule.budget,
        "over_budget": one.over_budget,
        "episodes": [{"subject": episode.subject, **_episode(episode)} for episode in one.episodes],
    }


def _episode(episode: Episode) -> dict[str, str | None]:
    return {"fired_at": _iso(episode.fired_at), "resolved_at": _iso(episode.resolved_at) or None}


def _iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def print_text(
    name: str, tried: Sequence[Tried], changes: Sequence[Difference] | None, zone: str, against: str
) -> None:
    """Print a table of the rules, then the alerts one by one, then what is otherwise than with the old rules."""
    room = terminal_width()
    fit = [one for one in tried if not one.unfit]
    apart = any(one.apart for one in fit)
    if fit:
        whole = f"{fit[0].span / YEAR:.1f} channel-years" if apart else span(fit[0].span)
        say(heading(f"{name} over {whole}"))
    head = ["rule", "subjects", "episodes", "a channel-year" if apart else "a week", "budget", ""]
    say(*columns([head, *(_line(one) for one in fit)], room))
    for reason in dict.fromkeys(one.unfit for one in tried if one.unfit):
        names = listed(one.rule.name for one in tried if one.unfit == reason)
        say(*wrapped(f"Not judged: {names}; {reason}.", room))
    if changes is None:
        _print_episodes([episode for one in tried for episode in one.episodes], zone, room)
        return
    say("", heading(f"Against {against}"))
    say(*([_change(change, zone) for change in changes[:_SHOWN]] or ["  Every episode is the same."]))
    if len(changes) > _SHOWN:
        say(f"  … and {several(len(changes) - _SHOWN, 'more difference')}; --json prints them all.")


def _line(one: Tried) -> list[str]:
    budget = "" if one.rule.budget is None or one.apart else f"{one.rule.budget:g}"
    verdict = "within it" if budget else ""
    if one.over_budget:
        verdict = paint("TOO MANY", "red")
    if one.rule.is_shadow:
        verdict = f"{verdict} (shadow)".strip()
    return [
        one.rule.name,
        str(len(one.subjects)),
        str(len(one.episodes)),
        f"{one.per_year if one.apart else one.per_week:.2f}",
        budget,
        verdict,
    ]


def _print_episodes(episodes: Sequence[Episode], zone: str, room: int) -> None:
    if not episodes:
        return
    say("", heading(f"Episodes, in {zone}"))
    ordered = sorted(episodes, key=lambda one: one.fired_at)
    rows = [
        [stamp(one.fired_at, zone), _length(one), f"{one.rule} on {one.subject}"] for one in ordered[:_SHOWN]
    ]
    say(*columns(rows, room))
    if len(ordered) > _SHOWN:
        say(f"  … and {several(len(ordered) - _SHOWN, 'more episode')}; --csv prints them all.")


def _length(episode: Episode) -> str:
    if episode.resolved_at is None:
        return "still fires"
    return " ".join(span(episode.resolved_at - episode.fired_at).split()[:2])


def _change(change: Difference, zone: str) -> str:
    episode = change.episode
    text = f"  {change.what:<9}{stamp(episode.fired_at, zone)}  {episode.rule} on {episode.subject}"
    if change.old is None or change.new is None:
        return text
    if change.old.fired_at != change.new.fired_at:
        return f"{text}\n           fired {stamp(change.old.fired_at, zone)} before"
    ended = stamp(change.old.resolved_at, zone) if change.old.resolved_at else "not at all"
    return f"{text}\n           ended {ended} before"
