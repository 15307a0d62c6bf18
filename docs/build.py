"""Write the reference pages that are made from code: `make docs`. A test fails when they are out of date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.registry import BUILT_IN, Registry
from adapters.settings import Described
from engine.cli.reference import markdown as command_line_page
from engine.documents.findings import FINDINGS
from engine.documents.schema import json_schema
from engine.domain.base import Model, format_duration
from engine.domain.journal import MEANINGS
from engine.domain.rule import CONDITIONS, Rule
from engine.domain.strategy import Strategy
from engine.runtime.settings import describe_settings
from rules.packs import describe_pack, pack_names

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made from code by `make docs`. -->"


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    made = {
        "cli.md": command_line_page(),
        "settings.md": settings_page(),
        "findings.md": findings_page(),
        "journal.md": journal_page(),
        "plan.md": plan_page(),
        "packs.md": packs_page(),
        "adapters.md": adapters_page(),
    }
    return {name: text.rstrip() + "\n" for name, text in made.items()}


def settings_page() -> str:
    """List every setting with its default."""
    lines = ["# Settings", MADE, "", "Set as environment variables where the engine or the worker runs.", ""]
    lines += ["| variable | default | meaning |", "| --- | --- | --- |"]
    lines += [
        f"| `{row.variable}` | {_cell(row.default)} | {_cell(row.description)} |"
        for row in describe_settings()
    ]
    return "\n".join(lines)


def findings_page() -> str:
    """List every finding of `drumbeat check`."""
    lines = ["# Findings of `drumbeat check`", MADE, ""]
    lines += ["Exit code 3 when one is worse than info. Only an error stops `apply`.", ""]
    for code, kind in sorted(FINDINGS.items()):
        lines += [f"## {code} {kind.title}", "", f"*{kind.severity}* — {kind.explanation}", ""]
    return "\n".join(lines)


def journal_page() -> str:
    """List every type of journal entry, as `journal` and `simulate` print them."""
    lines = ["# The journal", MADE, ""]
    lines += [
        "Every line has `at` (UTC, when it became true), `strategy`, `type`, `subject` and `summary`; further fields",
        "hold the record as it stood then: `alert`, `task`, `review`, `slot`, `pause`. `drumbeat journal --json` and",
        "`drumbeat simulate --json` print one JSON object a line with a `schema` field.",
        "",
        "| type | when |",
        "| --- | --- |",
    ]
    lines += [f"| `{kind}` | {_cell(meaning)} |" for kind, meaning in MEANINGS.items()]
    return "\n".join(lines)


def packs_page() -> str:
    """List the rule packs that ship: each rule's condition in words, what follows, and its reason."""
    default = Strategy.model_fields["packs"].default
    lines = ["# Rule packs", MADE, ""]
    lines += [
        f"Every strategy has {', '.join(f'`{name}`' for name in default)}, unless its `packs` say otherwise.",
        "[Write rules](../how-to/write-rules.md) shows how to change a rule, or to switch one off.",
        "",
    ]
    for name in pack_names():
        pack = describe_pack(name)
        lines += [f"## {name}", "", pack.description, ""]
        for rule in pack.rules:
            lines += [f"### {rule.name}", "", rule.reason, "", *_facts_of(rule), ""]
    return "\n".join(lines)


def _facts_of(rule: Rule) -> Iterator[str]:
    """Say what a rule judges, when it fires and what follows, in a list."""
    yield f"- Fires: {_condition(rule)}"
    if rule.recover is not None:
        yield f"- Ends: `{_line(rule.recover)}`."
    if rule.for_:
        yield f"- Must hold for {format_duration(rule.for_)}."
    otherwise = "".join(f"; *{one.severity}* when `{_line(one.when)}`" for one in rule.severities)
    yield f"- Severity: *{rule.severity}*{otherwise}."
    if rule.task is not None:
        yield f"- Opens a task: {rule.task.title} (within {format_duration(rule.task.due_within)})."
    if rule.inhibited_by:
        yield f"- Explained by: {', '.join(rule.inhibited_by)}."
    if rule.budget is not None:
        yield f"- Budget: {rule.budget:g} alerts a week."


def _condition(rule: Rule) -> str:
    if rule.expr is not None:
        return (
            f"`{_line(rule.expr)}`, for each {rule.of}."
            if rule.of != "strategy"
            else f"`{_line(rule.expr)}`."
        )
    shape = next(name for name in CONDITIONS if getattr(rule, name) is not None)
    given = getattr(rule, shape)
    fields = {
        key: value for key, value in given.model_dump(mode="json").items() if key in given.model_fields_set
    }
    # The first paragraph of the shape's own description says when it is true.
    summary = " ".join((type(given).__doc__ or "").split("\n\n")[0].split())
    return f"`{shape}: {{{', '.join(f'{key}: {value}' for key, value in fields.items())}}}`. {summary}"


def adapters_page() -> str:
    """List the settings of every built-in adapter, and those of a metric that reads from it."""
    lines = ["# Adapters", MADE, ""]
    lines += [
        "What stands under `settings` of an account, a source or a notifier, and of a metric that reads from a source.",
        "",
    ]
    for noun, name, adapter in described():
        lines += [f"## {noun} `{name}`", "", *_settings(adapter.settings)]
        lines += [f"Secrets: {adapter.secrets}.", ""] if adapter.secrets else []
        of_metric = getattr(adapter, "metric_settings", None)
        lines += ["### A metric of it", "", *_settings(of_metric)] if of_metric else []
    return "\n".join(lines)


def described() -> Iterator[tuple[str, str, Described]]:
    """Yield every built-in adapter: what it is, its name, and itself, which says what its settings are."""
    registry = Registry()
    for noun, shelf in (
        ("Platform", registry.platforms),
        ("Source", registry.sources),
        ("Notifier", registry.notifiers),
    ):
        for name in BUILT_IN[f"drumbeat.{noun.lower()}s"]:
            adapter = shelf[name]
            if not isinstance(adapter, Described):
                raise TypeError(f"the {noun.lower()} {name} does not say what its settings are")
            yield noun, name, adapter


def _settings(model: type[Model]) -> list[str]:
    schema = model.model_json_schema()
    if not schema.get("properties"):
        return ["No settings.", ""]
    return [*_paragraph(schema.get("description", "")), *_fields(schema), ""]


def plan_page() -> str:
    """List every field of a plan file."""
    schema = json_schema()
    lines = ["# The plan", MADE, ""]
    lines += [
        "`drumbeat schema` prints this as JSON Schema, so that editors complete and check while you type.",
        "",
    ]
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if "properties" in definition:
            lines += [
                f"## {name}",
                "",
                *_paragraph(definition.get("description", "")),
                *_fields(definition),
                "",
            ]
        elif "enum" in definition:
            values = ", ".join(f"`{value}`" for value in definition["enum"])
            lines += [f"## {name}", "", f"One of {values}.", ""]
    return "\n".join(lines)


def _paragraph(text: str) -> list[str]:
    return [*(line.strip() for line in text.splitlines()), ""] if text else []


def _fields(definition: dict[str, Any]) -> Iterator[str]:
    yield "| field | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = set(definition.get("required", ()))
    for name, field in definition["properties"].items():
        default = "required" if name in required else _cell(_default(field.get("default", "")))
        yield f"| `{name}` | {_kind(field)} | {default} | {_cell(field.get('description', ''))} |"


def _kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", maxsplit=1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(
            dict.fromkeys(_kind(part) for part in field["anyOf"] if part.get("type") != "null")
        )
    if "examples" in field and "90s" in field["examples"]:
        return "duration"
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("type", "anything"))


def _default(value: Any) -> str:
    """Write a default as a plan writes it; what is empty or follows from other fields is left out."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        said = [f"{name}: {_default(part)}" for name, part in value.items() if part is not None]
        return f"{{{', '.join(said)}}}" if said else ""
    if isinstance(value, list):
        return f"[{', '.join(_default(part) for part in value)}]" if value else ""
    return "" if value is None else str(value)


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(value: object) -> str:
    text = "" if value in ("", None, [], {}, ()) else str(value)
    return _line(text).replace("|", "\\|")


def main() -> int:
    """Write the pages; with `--check` only say which are out of date."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                FOLDER.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    print("\n".join(stale) or "all pages are up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
