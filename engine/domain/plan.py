"""The checked plan that the heart runs: a strategy with its workspace, its content and its rules resolved."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from functools import cached_property

from engine.domain.base import Model, Name
from engine.domain.channel import Channel
from engine.domain.clocks import Standstill
from engine.domain.items import ContentItem
from engine.domain.occurrences import blackout_spans
from engine.domain.rule import Rule
from engine.domain.signal import Signal
from engine.domain.strategy import Action, Metric, Review, Strategy
from engine.domain.subjects import subjects
from engine.domain.workspace import Account, Person, SourceConfig, Workspace

# How often rules are evaluated, where the strategy does not say.
_OFTEN, _SELDOM = timedelta(hours=1), timedelta(hours=6)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What reports show beside every judgement of a goal.
_ALWAYS = frozenset({"value", "planned"})
# Facts that compare a post with those that are near it in time.
_COMPARED = frozenset({"similarity", "same_on"})


class Plan(Model):
    """Everything that one strategy needs to run, by value: the same plan always behaves the same.

    `content` holds for each action its items, read from their folder when the plan was loaded. `rules` and `signals`
    are the packs' with the strategy's own laid over them.
    """

    workspace: Workspace
    strategy: Strategy
    content: dict[Name, tuple[ContentItem, ...]]
    rules: tuple[Rule, ...] = ()
    signals: tuple[Signal, ...] = ()

    @property
    def id(self) -> str:
        """Return `<workspace>/<strategy>`, unique in one engine."""
        return f"{self.workspace.name}/{self.strategy.name}"

    @cached_property
    def digest(self) -> str:
        """Return the content address of the plan: sha256 of its canonical JSON, in hex."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def zone(self) -> str:
        """Return the zone in which schedules and dates of the strategy are meant."""
        return self.strategy.timezone or self.workspace.timezone

    @cached_property
    def actions(self) -> dict[str, Action]:
        """Return the actions by name."""
        return {action.name: action for action in self.strategy.actions}

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Return the channels by name."""
        return {channel.name: channel for channel in self.strategy.channels}

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Return the metrics by name."""
        return {metric.name: metric for metric in self.strategy.metrics}

    @cached_property
    def reviews(self) -> dict[str, Review]:
        """Return the reviews by name."""
        return {review.name: review for review in self.strategy.reviews}

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """Return the workspace's accounts by name."""
        return {account.name: account for account in self.workspace.accounts}

    @cached_property
    def people(self) -> dict[str, Person]:
        """Return the workspace's people by name."""
        return {person.name: person for person in self.workspace.people}

    @cached_property
    def sources(self) -> dict[str, SourceConfig]:
        """Return the sources that this strategy reads, by name; others of the workspace are left out."""
        used = {channel.activity for channel in self.strategy.channels if channel.activity}
        used |= {metric.source for metric in self.strategy.metrics}
        return {source.name: source for source in self.workspace.sources if source.name in used}

    @cached_property
    def blackouts(self) -> dict[str, tuple[Standstill, ...]]:
        """Return when each action is blacked out, as merged intervals in UTC."""
        return {action.name: blackout_spans(action.schedule, self.zone) for action in self.strategy.actions}

    @cached_property
    def actions_of(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the actions that feed each channel."""
        actions = self.strategy.actions
        return {
            channel: tuple(action.name for action in actions if action.channel == channel)
            for channel in self.channels
        }

    @cached_property
    def shown_by(self) -> dict[str, tuple[Channel, ...]]:
        """Return the channels whose activity each source shows."""
        channels = self.strategy.channels
        return {
            source: tuple(channel for channel in channels if channel.activity == source)
            for source in self.sources
        }

    @cached_property
    def missed_in(self) -> dict[str, tuple[tuple[Rule, str], ...]]:
        """Return for each source the rules that miss a metric of it, each with the metric's name."""
        found: dict[str, tuple[tuple[Rule, str], ...]] = dict.fromkeys(self.sources, ())
        for rule, subject in self.judged:
            kind, _, name = subject.partition("/")
            if kind == "metric" and rule.deadline is not None and rule.deadline.since == "sample":
                source = self.metrics[name].source
                found[source] = (*found[source], (rule, name))
        return found

    @cached_property
    def rule_of(self) -> dict[str, Rule]:
        """Return the rule of each alert that can be, by the alert's id."""
        return {f"{rule.name}@{subject}": rule for rule, subject in self.judged}

    def rule_for(self, rule: str, subject: str) -> Rule | None:
        """Return the rule of an alert as long as rule and subject are part of the plan; a task always may be."""
        if subject.startswith("task/"):
            found = self.by_facts.get(rule)
            return found if found is not None and found.of == "task" else None
        return self.rule_of.get(f"{rule}@{subject}")

    @cached_property
    def rules_of(self) -> dict[str, tuple[Rule, ...]]:
        """Return the enabled rules that judge each subject."""
        found: dict[str, tuple[Rule, ...]] = {}
        for rule, subject in self.judged:
            found[subject] = (*found.get(subject, ()), rule)
        return found

    @cached_property
    def judged(self) -> tuple[tuple[Rule, str], ...]:
        """Return every enabled rule with each of its subjects, as far as the plan knows them."""
        rules = {rule.name: rule for rule in self.rules}
        return tuple(
            (rule, subject) for rule in self.rules if rule.enabled for subject in subjects(self, rule, rules)
        )

    @cached_property
    def by_clock(self) -> tuple[tuple[Rule, str], ...]:
        """Return the rules that the heart judges by its own clocks, with their subjects."""
        return tuple((rule, subject) for rule, subject in self.judged if not rule.is_evaluated)

    @cached_property
    def by_facts(self) -> dict[str, Rule]:
        """Return the enabled rules that are evaluated from facts, by name."""
        return {rule.name: rule for rule in self.rules if rule.enabled and rule.is_evaluated}

    @cached_property
    def judges_posts(self) -> bool:
        """Tell whether a rule judges each post, so that what becomes of posts is remembered."""
        return any(rule.of == "post" for rule in self.by_facts.values())

    def rests_on(self, subject: str) -> tuple[str, ...]:
        """Return the subject and those that it rests on: a channel on its source, a goal on its metric and so on."""
        kind, _, name = subject.partition("/")
        below: list[str] = []
        if kind == "channel" and name in self.channels and self.channels[name].activity:
            below = [f"source/{self.channels[name].activity}"]
        elif kind == "metric" and name in self.metrics:
            metric = self.metrics[name]
            below = [f"source/{metric.source}", *([f"channel/{metric.channel}"] if metric.channel else ())]
        elif kind == "goal":
            below = [f"metric/{goal.metric}" for goal in self.strategy.goals if goal.name == name]
        elif kind in ("action", "post"):
            action = self.actions.get(name.split(".", 1)[0])
            below = [f"channel/{action.channel}"] if action else []
        return (
            subject,
            *(each for one in below for each in self.rests_on(one)),
            *(() if kind == "strategy" else ("strategy",)),
        )

    @cached_property
    def words_of_rules(self) -> frozenset[str]:
        """Return every word that an expression of the plan holds: what none names need not be known."""
        texts = [assumption.holds for assumption in self.strategy.assumptions]
        for rule in self.by_facts.values():
            texts += [text for text in (rule.expr, rule.recover) if text]
            texts += [one.when for one in rule.severities]
        words = frozenset(_WORD.findall("\n".join(texts))) | _ALWAYS
        return words | {"at"} if words & _COMPARED else words

    @cached_property
    def judge_every(self) -> timedelta:
        """Return how often rules are evaluated that rest on facts: facts change no faster than their sources are read."""
        busiest = min((source.every for source in self.sources.values()), default=_SELDOM)
        return self.strategy.judge_every or min(_SELDOM, max(_OFTEN, busiest))

    @cached_property
    def by_rhythm(self) -> frozenset[str]:
        """Return the names of the channels that a rule judges by their own rhythm."""
        return frozenset(subject.split("/", 1)[1] for rule, subject in self.judged if rule.quiet is not None)
