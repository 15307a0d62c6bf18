"""`drumbeat explain`: why a rule says what it says, or said at an instant; and why nobody was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import clock
from engine.cli.options import Json, settings_of
from engine.cli.stored import reading, strategy_ids, zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.domain.rule import Rule
    from engine.domain.storage import Store
    from engine.runtime.explaining import Explainer

SCHEMA = "drumbeat/explanation/v1"


def explain(
    ctx: typer.Context,
    strategy: Annotated[
        str,
        typer.Argument(
            metavar="[STRATEGY]",
            help="The strategy: its name, or `workspace/name`. Not needed where there is one.",
        ),
    ],
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="SUBJECT",
            help="What is judged, such as channel/blog; its name alone, or an alert as `status` shows it, will do.",
        ),
    ] = None,
    rule: Annotated[
        str, typer.Option(metavar="NAME", help="Only this rule. Default: every rule that judges the subject.")
    ] = "",
    at: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="As of a date, a time, or a distance back from now such as 3d. Default: now."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Say why rules are true, false or unknown of a subject, and who was told.

    Each part of a condition is shown with its values, how far it is from turning, and the value that would turn it;
    also of a rule that did not fire. A past decision is explained from what was stored when it was made.
    """
    from engine.cli import explanation
    from engine.cli.output import print_document
    from engine.domain.errors import NotFoundError

    with reading(settings_of(ctx)) as store:
        if store is None:
            from engine.cli.names import NOTHING_YET

            raise NotFoundError(NOTHING_YET)
        name, wanted, named = _meant(store, strategy, subject)
        instant = _instant(store, name, at)
        explainer = _explainer(store, name, instant)
        rules = _rules(explainer, wanted, rule or named)
        found = [explainer.explain(one, wanted) for one in rules]
    if json:
        body = {"strategy": name, "subject": wanted, "at": clock.as_json(instant) if instant else None}
        print_document(SCHEMA, {**body, "rules": [explanation.record(one) for one in found]})
        return
    explanation.print_all(found, explainer.plan.zone, instant, everything=not (rule or named))


def _instant(store: Store, name: str, at: str) -> datetime | None:
    from engine.cli.times import parse_moment

    if not at:
        return None
    return parse_moment(at, zone_of(store, name), clock.now(), past=True, option="--at")


def _explainer(store: Store, name: str, at: datetime | None) -> Explainer:
    from engine.runtime.explaining import Explainer

    return Explainer(store, name, at)


def _meant(store: Store, first: str, second: str | None) -> tuple[str, str, str]:
    """Return the strategy, the subject and maybe the rule that were meant. Raises NotFoundError with what there is."""
    from engine.cli.names import resolve

    known = strategy_ids(store)
    if second is None and ":" in first:
        first, _, second = first.partition(":")
    if second is not None:
        name = resolve(first, known)
        subject, rule = _subject(_explainer(store, name, None).subjects(), second)
        return name, subject, rule
    return _anywhere(store, known, first)


def _anywhere(store: Store, known: Sequence[str], given: str) -> tuple[str, str, str]:
    """Find the one strategy that has the subject."""
    from engine.cli.names import short_names
    from engine.domain.errors import NotFoundError

    found, error = [], None
    for name in known:
        try:
            found.append((name, *_subject(_explainer(store, name, None).subjects(), given)))
        except NotFoundError as nothing:
            error = nothing
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(short_names(known)[name] for name, _, _ in found)
        raise NotFoundError(
            f"{given} is in several strategies ({names}). Write for example {names.split(',', 1)[0]}:{given}."
        )
    if len(known) == 1 and error is not None:
        raise error
    raise NotFoundError(
        f"No rule of any strategy judges {given}. Write the strategy first, as in `drumbeat explain STRATEGY {given}`."
    )


def _subject(known: Sequence[str], given: str) -> tuple[str, str]:
    """Return the subject that was meant, and the rule where an alert was named."""
    from engine.documents.words import choose
    from engine.domain.errors import NotFoundError

    rule, at, subject = given.rpartition("@")
    subject = subject if at else given
    found = [each for each in known if subject in (each, each.partition("/")[2])]
    if len(found) == 1:
        return found[0], rule
    if found:
        raise NotFoundError(f"{subject} may be {' or '.join(found)}. Write one of them.")
    names = known if "/" in subject else [each.partition("/")[2] or each for each in known]
    raise NotFoundError(f"No rule judges {subject}. {choose(subject, names, 'The strategy has no rules.')}")


def _rules(explainer: Explainer, subject: str, name: str) -> list[Rule]:
    from engine.documents.words import choose
    from engine.domain.errors import NotFoundError

    rules = explainer.rules(subject)
    found = [rule for rule in rules if name in ("", rule.name)]
    if not found:
        names = [rule.name for rule in rules]
        raise NotFoundError(
            f"{name or 'No rule'} does not judge {subject}. {choose(name, names, 'No rule does.')}"
        )
    return found


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)
