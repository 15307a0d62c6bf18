"""The back-test over many channels that are in no plan: each by itself, known by its posts alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from engine.cli import inputs
from engine.cli.progress import counted
from engine.cli.rulesets import RuleSet
from engine.documents.words import listed
from engine.domain.channel import Channel
from engine.domain.errors import DocumentError, DrumbeatError, Problem
from engine.domain.rule import Rule
from rules.backtest.episodes import Episode
from rules.backtest.histories import History, Seen, history, seen
from rules.backtest.many import Many, bare_channel
from rules.backtest.tally import Tried

_BARE = bare_channel()


def read(posts: Path, channels: Path, zone: str) -> list[History]:
    """Read the histories. Raises DocumentError with every row that has no readable date."""
    problems: list[Problem] = []

    def dates(path: Path, column: str) -> list[tuple[str, Seen]]:
        found = []
        for row in inputs.read_rows(path, None, ("channel_id", column)):
            try:
                found.append((row.cells["channel_id"], seen(row.cells, column, zone)))
            except ValueError as error:
                problems.append(row.problem(str(error), "Mend this line."))
        return found

    made: dict[str, list[Seen]] = {}
    for channel, post in dates(posts, "date"):
        made.setdefault(channel, []).append(post)
    ends = {channel: end.known_at for channel, end in dates(channels, "observed_until")}
    if problems:
        raise DocumentError(problems)
    return [history(channel, seen_posts, ends.get(channel)) for channel, seen_posts in made.items()]


def judge(rules: RuleSet, wanted: Sequence[Rule], found: Sequence[History]) -> list[Tried]:
    """Judge every history by the rules, each rule that can be judged so.

    Raises DrumbeatError when none of them can. A channel that the plan has is judged by what the plan says of it, any
    other by its rhythm alone.
    """
    many = Many(wanted, rules.signals, rules.zone)
    places = [_place(rules, one.channel) for one in found]
    kinds = list({id(place): place for place in places}.values())
    unfit = {rule.name: many.unfit(rule, kinds) for rule in wanted}
    if wanted and all(unfit.values()):
        raise DrumbeatError(
            f"Of {listed(unfit)} nothing can be said: {next(iter(unfit.values()))}. With --channels a channel has no "
            "cadence unless the plan names it; leave --channels out to try rules on the plan's own history."
        )
    episodes: dict[str, list[Episode]] = {rule.name: [] for rule in wanted}
    for place, one in zip(places, counted(found, "channels"), strict=False):
        for episode in many.episodes(place, one):
            episodes[episode.rule].append(episode)
    span, names = _span(found), tuple(f"channel/{one.channel}" for one in found)
    return [
        Tried(
            rule,
            () if unfit[rule.name] else names,
            tuple(episodes[rule.name]),
            span,
            apart=True,
            unfit=unfit[rule.name],
        )
        for rule in wanted
    ]


def _place(rules: RuleSet, name: str) -> Channel:
    return (rules.plan.channels.get(name) if rules.plan else None) or _BARE


def _span(found: Sequence[History]) -> timedelta:
    return sum((one.end - one.posts[0].at for one in found), timedelta(0))
