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
from engine.domain.ports import MetricSource
from engine.domain.strategy import Action


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


def check(look: Look, adapters: Adapters) -> Iterator[Finding]:
    """Yield the adapters that do not exist, and everything that those that do refuse."""
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
        yield from _items(look, action, ("actions", index), adapters.platforms)


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


def _items(look: Look, action: Action, steps: Steps, shelf: Mapping[str, Any]) -> Iterator[Finding]:
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
    mend = f"Change the item, or post it somewhere else than on {quoted(account.name)}."
    for index, item in enumerate(look.plan.content.get(action.name, ())):
        for sentence in adapter.validate(account, item):
            if sentence in known:
                continue
            if index < len(places):
                at = places[index]
                problem = Problem(at.file, at.place.line, at.place.column, sentence, mend)
                yield Finding("DB214", FINDINGS["DB214"].severity, problem)
            else:
                where = (*steps, "content", "items", index)
                yield look.finding("DB214", where, sentence, mend)
