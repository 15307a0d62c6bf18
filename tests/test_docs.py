"""The documents as failing tests: nothing that people can use is undocumented, and no link leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, Field

from docs.build import described, pages
from engine.cli.reference import commands
from engine.documents.findings import FINDINGS
from engine.domain.journal import MEANINGS, EntryType
from engine.runtime.settings import describe_settings

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_setting_is_documented_with_a_description() -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    assert [row.variable for row in describe_settings() if f"`{row.variable}`" not in page] == []
    assert all(row.description for row in describe_settings())


def test_every_command_is_documented() -> None:
    import typer  # noqa: PLC0415

    from engine.cli.main import app  # noqa: PLC0415

    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    assert [name for name, _ in commands(typer.main.get_command(app)) if name not in page] == []


def test_every_finding_is_documented() -> None:
    page = (REFERENCE / "findings.md").read_text(encoding="utf-8")
    assert [code for code in FINDINGS if f"## {code} " not in page] == []


def test_every_journal_entry_has_a_meaning() -> None:
    assert set(MEANINGS) == set(EntryType)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_inside_the_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in local if not (path.parent / link).exists()] == []


def undescribed(model: type[BaseModel]) -> list[str]:
    """Return the settings of a model, and of models within it, that no word explains."""
    found = []
    for name, field in model.model_fields.items():
        found += [] if field.description else [f"{model.__name__}.{name}"]
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found += undescribed(inner)
    return found


def test_every_built_in_adapter_is_documented_with_all_its_settings() -> None:
    page = pages()["adapters.md"]
    for noun, name, adapter in described():
        assert f"## {noun} `{name}`" in page
        assert undescribed(adapter.settings) == []
        if noun == "Source":
            of_metric = adapter.metric_settings  # type: ignore[attr-defined]
            assert undescribed(of_metric) == []
            assert all(f"`{each}`" in page for each in of_metric.model_fields)
        assert all(f"`{each}`" in page for each in adapter.settings.model_fields)


def test_a_setting_that_no_word_explains_is_found() -> None:
    class Inner(BaseModel):
        silent: int = 1

    class Outer(BaseModel):
        said: int = Field(default=1, description="what it is.")
        inner: Inner = Field(default=Inner(), description="more.")

    assert undescribed(Outer) == ["Inner.silent"]
