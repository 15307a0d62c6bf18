"""The back-test of one plan over its own history of posts and values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import typer

from engine.cli import clock, inputs
from engine.cli.output import tell_sentences
from engine.cli.progress import watched
from engine.cli.rulesets import RuleSet, chosen
from engine.cli.stored import reading, strategy_ids
from engine.cli.times import parse_instant
from engine.documents.words import listed
from engine.domain.errors import DrumbeatError, NotFoundError
from engine.domain.lifecycle.state import State
from engine.domain.plan import Plan
from engine.domain.records import Activity, Pause, Sample
from engine.runtime.backtesting import Replay, tried, untold
from engine.runtime.recalling import recalled
from engine.runtime.settings import Settings
from engine.runtime.simulation import World
from rules.backtest.tally import Tried
from rules.testing.coverage import Coverage


@dataclass(frozen=True)
class Past:
    """The history of a plan's channels and metrics, and from when until when it is lived through (UTC).

    `pauses` are those in which clocks stood still.
    """

    world: World
    start: datetime
    end: datetime
    pauses: tuple[Pause, ...] = ()


def plan_of(rules: RuleSet) -> Plan:
    """Return the plan of the rules. Raises a usage error for a pack, which has no channels of its own."""
    if rules.plan is None:
        raise typer.BadParameter(
            f"{rules.name} is a pack: without a plan it judges only the channels of --channels",
            param_hint="--channels",
        )
    return rules.plan


def read(plan: Plan, posts: Path | None, samples: Path | None, start: str, end: str) -> Past:
    """Read the history. By default it begins with the first row and ends with the last.

    Raises DocumentError for rows that cannot be read, DrumbeatError for a history without an extent.
    """
    post_rows, sample_rows = inputs.history_rows(posts, samples, [plan])
    made, seen = inputs.posts_of(post_rows, plan), inputs.samples_of(sample_rows, plan)
    instants = [*_instants(made.values()), *_instants(seen.values())]
    if not instants:
        raise DrumbeatError(
            "The history holds no post and no value of this plan, so there is nothing to try rules on."
        )
    return _between(World(posts=made, samples=seen), plan, (start, min(instants)), (end, max(instants)))


def read_stored(plan: Plan, settings: Settings, start: str, end: str) -> Past:
    """Read the history that the engine has stored of the plan's own strategy. By default it is all of its life.

    Raises NotFoundError when this strategy never ran with this store.
    """
    with reading(settings) as store:
        if store is None or plan.id not in strategy_ids(store):
            raise NotFoundError(
                f"Nothing is stored of {plan.id}: it never ran with {settings.database_shown}. Give its history as files, "
                "with --posts and --samples."
            )
        now = clock.now()
        state, world = State.model_validate(store.strategy(plan.id).state), recalled(store, plan, now)
    past = _between(world, plan, (start, state.started_at), (end, now))
    return replace(past, pauses=state.pauses)


def _between(world: World, plan: Plan, start: tuple[str, datetime], end: tuple[str, datetime]) -> Past:
    """Return the past between two instants, each as it was typed or else as it follows from the history."""
    first = _given(start[0], plan, "--start") or start[1]
    last = _given(end[0], plan, "--end") or end[1]
    if last <= first:
        raise DrumbeatError(
            f"The history ends ({last:%Y-%m-%d}) before it begins ({first:%Y-%m-%d}), or at once; give --end a later day."
        )
    return Past(world, first, last)


def _instants(things: Iterable[Sequence[Activity] | Sequence[Sample]]) -> Iterable[datetime]:
    return (thing.at for each in things for thing in each)


def _given(text: str, plan: Plan, option: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_instant(text, plan.zone)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def judge(
    plan: Plan, names: Sequence[str], past: Past, *, covered: bool
) -> tuple[list[Tried], Coverage | None]:
    """Live through the history by the plan's rules; return what the wanted ones said, and the coverage if asked for."""
    wanted = [rule.name for rule in chosen(plan.rules, names)]
    without = untold(plan, past.world)
    named = {subject for rule, subject in plan.judged if rule.name in wanted and subject in without}
    if named:
        tell_sentences(f"The history holds nothing of {listed(named)}, so nothing is said about that.")
    replay = Replay(plan, wanted, past.world, past.start, past.end, covered=covered, pauses=past.pauses)
    entries = watched(replay.entries(), lambda _, entry: f"{plan.id} at {entry.at:%Y-%m-%d}")
    found = tried(plan, wanted, entries, past.end - past.start, without)
    return found, replay.coverage.of(wanted) if replay.coverage else None
