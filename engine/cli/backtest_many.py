"""The back-test over many channels that are in no plan: each by itself, known by its posts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from engine.cli import inputs
from engine.cli.output import tell_sentences
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
    """Read the histories, and tell what is missing in them and how it is taken.

    Raises DocumentError with every row that cannot be read, DrumbeatError when there is no post at all.
    """
    problems: list[Problem] = []
    made: dict[str, list[Seen]] = {}
    for _, channel, post in _dates(posts, "date", zone, problems):
        made.setdefault(channel, []).append(post)
    ends: dict[str, datetime] = {}
    for row, channel, end in _dates(channels, "observed_until", zone, problems):
        if ends.setdefault(channel, end.known_at) != end.known_at:
            problems.append(
                row.problem(f"channel {channel!r} stands there twice, with another end", "Leave one.")
            )
    if problems:
        raise DocumentError(problems)
    if not made:
        raise DrumbeatError(f"{posts} holds no post, so there is nothing to try rules on.")
    _tell_what_is_missing(channels, made, ends)
    return [history(channel, seen_posts, ends.get(channel)) for channel, seen_posts in made.items()]


def _dates(
    path: Path, column: str, zone: str, problems: list[Problem]
) -> Iterator[tuple[inputs.Row, str, Seen]]:
    for row in inputs.read_rows(path, None, ("channel_id", column)):
        channel = row.cells["channel_id"]
        if not channel:
            problems.append(row.problem("the channel_id is empty", "Write which channel it is of."))
            continue
        try:
            yield row, channel, seen(row.cells, column, zone)
        except ValueError as error:
            problems.append(row.problem(str(error), "Mend this line."))


def _tell_what_is_missing(
    channels: Path, made: Mapping[str, Sequence[Seen]], ends: Mapping[str, datetime]
) -> None:
    """Say of which channels nothing is known, and of which the end was found otherwise."""
    silent = ends.keys() - made.keys()
    if silent:
        tell_sentences(f"Of {listed(silent)} there is no post, so nothing is said of them.")
    endless = made.keys() - ends.keys()
    if endless:
        tell_sentences(
            f"{channels} does not say until when {listed(endless)} was watched: taken as until the last post, so a silence "
            "after that is not seen."
        )
    early = [name for name, end in ends.items() if name in made and end < max(made[name]).known_at]
    if early:
        tell_sentences(
            f"{listed(early)} has posts after observed_until: taken as watched until the last of them."
        )


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
