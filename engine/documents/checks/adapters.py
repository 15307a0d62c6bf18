"""Adapters: do they exist, and do they accept the settings and the content meant for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.documents.kinds import FINDINGS, Adapters, Finding, Look
from engine.documents.source import Steps
from engine.documents.words import choose, quoted
from engine.domain.errors import NotFoundError, Problem
from engine.domain.items import ContentItem
from engine.domain.lifecycle.content import render
from engine.domain.ports import MetricSource, Platform
from engine.domain.roles import Limits, limited
from engine.domain.strategy import Action
from engine.domain.workspace import Account

# Stands for `{number}` when an item is judged: posts are counted beyond it only after years.
_ANY_NUMBER = 1000


@dataclass(frozen=True)
class _Seam:
    """One kind of adapter: its list in the workspace, the field that names it, its codes."""

    listing: str
    field: str
    noun: str
    unknown: str
    refused: str


_ACCOUNTS = _Seam("accounts", "platform", "platform", "DB201", "DB211")
_SOURCES = _Seam("sources", "kind", "kind of source", "DB202", "DB212")
_NOTIFIERS = _Seam("notifiers", "kind", "kind of notifier", "DB203", "DB213")


def check(look: Look, adapters: Adapters, probed: Mapping[str, Limits]) -> Iterator[Finding]:
    """Yield the adapters that do not exist, and everything that those that do refuse.

    `probed` holds by account what its server said about its limits.
    """
    workspace = look.plan.workspace
    yield from _settings(
        look, _ACCOUNTS, workspace.accounts, adapters.platforms, lambda it, one: it.validate(one, None)
    )
    yield from _settings(
        look, _SOURCES, workspace.sources, adapters.sources, lambda it, one: it.validate(one)
    )
    yield from _settings(
        look, _NOTIFIERS, workspace.notifiers, adapters.notifiers, lambda it, one: it.validate(one)
    )
    yield from _metrics(look, adapters.sources)
    for index, action in enumerate(look.plan.strategy.actions):
        yield from _items(look, action, ("actions", index), adapters.platforms, probed)


def _settings(
    look: Look,
    seam: _Seam,
    entries: Sequence[Any],
    shelf: Mapping[str, Any],
    ask: Callable[[Any, Any], Sequence[str]],
) -> Iterator[Finding]:
    document = look.source.workspace
    for index, entry in enumerate(entries):
        steps: Steps = (seam.listing, index)
        kind = getattr(entry, seam.field)
        try:
            adapter = shelf[kind]
        except (KeyError, NotFoundError) as error:
            yield look.at(
                document, seam.unknown, (*steps, seam.field), *_no_adapter(seam.noun, kind, shelf, error)
            )
            continue
        for sentence in ask(adapter, entry):
            yield look.at(
                document,
                seam.refused,
                _within(steps, entry, sentence),
                f"{quoted(entry.name)}: {sentence}",
                _MEND,
            )


_MEND = "Change the settings so that the adapter accepts them; docs/reference/adapters.md lists them."


def _metrics(look: Look, shelf: Mapping[str, MetricSource]) -> Iterator[Finding]:
    sources = look.plan.sources
    for index, metric in enumerate(look.plan.strategy.metrics):
        source = sources.get(metric.source)
        if source is None or source.kind not in shelf:
            continue
        try:
            adapter = shelf[source.kind]
        except NotFoundError:
            continue
        for sentence in adapter.validate(source, metric):
            where = _within(("metrics", index), metric, sentence)
            yield look.finding("DB215", where, f"{quoted(metric.name)}: {sentence}", _MEND)


def _no_adapter(noun: str, kind: str, shelf: Mapping[str, Any], error: Exception) -> tuple[str, str]:
    if kind in shelf and isinstance(error, NotFoundError):
        return str(error), "Repair or remove the package that brings it."
    return f"there is no {noun} {quoted(kind)}", choose(kind, shelf, "Install the package that brings it.")


def _within(steps: Steps, entry: Any, sentence: str) -> Steps:
    """Return the steps to the setting that the sentence names in backticks, if it is there; else to the settings."""
    named = re.search(r"`([^`]+)`", sentence)
    if named and named.group(1) in entry.settings:
        return (*steps, "settings", named.group(1))
    return (*steps, "settings") if entry.settings else steps


def _refusals(adapter: Platform, account: Account, item: ContentItem, probed: Limits | None) -> Iterator[str]:
    """Yield what the platform would not take of the item as it is sent; by its server's own limits, if they are known."""
    yield from adapter.validate(account, item)
    if probed is not None and (limits := limited(adapter)) is not None:
        yield from limits.exceeds(account, item, probed)


def _items(
    look: Look, action: Action, steps: Steps, shelf: Mapping[str, Platform], probed: Mapping[str, Limits]
) -> Iterator[Finding]:
    channel = look.plan.channels.get(action.channel)
    account = look.plan.accounts.get(channel.account) if channel else None
    if account is None or account.platform not in shelf:
        return
    try:
        adapter = shelf[account.platform]
    except NotFoundError:
        return
    known = set(adapter.validate(account, None))
    places = look.source.content.get(action.name, ())
    mend = f"Change the item, or give it a variant for the channel {quoted(action.channel)}."
    zone = action.schedule.timezone or look.plan.zone
    for index, item in enumerate(look.plan.content.get(action.name, ())):
        sent = render(item.on(action.channel), look.now, zone, _ANY_NUMBER)
        for sentence in _refusals(adapter, account, sent, probed.get(account.name)):
            if sentence in known:
                continue
            if index < len(places):
                at = places[index]
                problem = Problem(at.file, at.place.line, at.place.column, sentence, mend)
                yield Finding("DB214", FINDINGS["DB214"].severity, problem)
            else:
                where = (*steps, "content", "items", index)
                yield look.finding("DB214", where, sentence, mend)
