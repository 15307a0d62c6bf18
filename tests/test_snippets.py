"""What the documents show of plans and commands is right: fields exist, adapters agree, options are known."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import typer
import yaml
from pydantic import BaseModel, TypeAdapter

from adapters.registry import Registry
from engine.cli import reference
from engine.cli.main import app
from engine.documents.paths import absolute
from engine.domain.strategy import Metric, Strategy
from engine.domain.workspace import Workspace
from rules.testing.model import RuleTests

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "reference"),
]
REGISTRY = Registry()


def blocks(page: Path, language: str) -> Iterator[tuple[str, str]]:
    """Yield every fenced block of this language with its place."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 1
        yield f"{page.relative_to(ROOT)}:{line}", found.group(1)


def cases(language: str, holding: str = "") -> list[Any]:
    return [
        pytest.param(text, id=place)
        for page in PAGES
        for place, text in blocks(page, language)
        if re.search(holding, text, re.MULTILINE)
    ]


def commands() -> list[Any]:
    return [
        pytest.param(line[2:], id=f"{place} {line[2:50]}")
        for page in PAGES
        for place, text in blocks(page, "console")
        for line in text.splitlines()
        if re.match(r"\$ (\w+=\S+ )*drumbeat ", line)
    ]


@pytest.mark.parametrize("text", cases("yaml"))
def test_a_piece_of_a_plan_has_only_fields_that_exist(text: str) -> None:
    piece = yaml.safe_load(text)
    assert isinstance(piece, dict)
    models = (RuleTests,) if piece.get("kind") == "RuleTest" else (Workspace, Strategy)
    for name, value in piece.items():
        homes = [model for model in models if name in {*model.model_fields, *_aliases(model)}]
        assert homes, f"no document has a field {name}"
        fields = {field.alias or key: field for key, field in homes[0].model_fields.items()}
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", fields[name].annotation))
        adapter.validate_python(value)


def _aliases(model: type[BaseModel]) -> set[str]:
    return {field.alias for field in model.model_fields.values() if field.alias}


@pytest.mark.parametrize("text", cases("yaml", r"^(accounts|sources|notifiers):"))
def test_a_piece_of_a_workspace_pleases_its_adapters(text: str) -> None:
    piece = yaml.safe_load(text)
    if any(account["platform"] == "noticeboard" for account in piece.get("accounts", ())):
        pytest.skip(
            "a platform that its page makes; tests/test_write_an_adapter.py checks this piece with it"
        )
    shared = {name: piece[name] for name in ("accounts", "sources", "notifiers") if name in piece}
    workspace = absolute(
        Workspace.model_validate({"apiVersion": "drumbeat/v1", "kind": "Workspace", "name": "w", **shared}),
        ROOT,
    )
    wrong = [
        *(REGISTRY.platforms[one.platform].validate(one, None) for one in workspace.accounts),
        *(REGISTRY.sources[one.kind].validate(one) for one in workspace.sources),
        *(REGISTRY.notifiers[one.kind].validate(one) for one in workspace.notifiers),
    ]
    sources = {source.name: source for source in workspace.sources}
    for metric in map(Metric.model_validate, piece.get("metrics", ())):
        source = sources[metric.source]
        wrong.append(REGISTRY.sources[source.kind].validate(source, metric))
    assert [list(sentences) for sentences in wrong if sentences] == []


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(" | ")[0], comments=True)
    while "=" in words[0]:
        words = words[1:]
    assert Path(words[0]).name == "drumbeat"
    parse(words[1:])


def parse(words: list[str]) -> None:
    """Let the command line read the words and do nothing. Raises a usage error."""
    root = typer.main.get_command(app)
    for _, command in reference.commands(root):
        command.callback = lambda **_words: None
    assert root.main(words, standalone_mode=False) in (None, 0)


@pytest.mark.parametrize(
    "line",
    ["stauts", "apply plan --expects 1", "tasks decide s T4 maybe", "tasks snooze s T4", "simulate --days x"],
)
def test_a_command_that_cannot_be_typed_would_be_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing|[Ii]nvalid|valid integer|not one of") as caught:
        parse(line.split())
    assert getattr(caught.value, "exit_code", None) == 2
