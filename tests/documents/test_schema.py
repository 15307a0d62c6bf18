"""The JSON Schema: the examples keep it, the broken plans do not, and it says what editors show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.documents import yaml_source
from engine.documents.schema import json_schema
from tests.documents.plans import BROKEN, PLAN_FOLDERS

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
PLANS = sorted(path for folder in PLAN_FOLDERS for path in folder.glob("*.yaml"))


def data(path: Path) -> list[Any]:
    return [document.data for document in yaml_source.read(path)]


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == VALIDATOR.META_SCHEMA["$id"]
    assert SCHEMA["$id"]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_keeps_the_schema(path: Path) -> None:
    for document in data(path):
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    "name",
    [
        "wrong-type-number",
        "wrong-type-list",
        "wrong-type-text",
        "unknown-field",
        "missing-field",
        "no-channels",
        "bad-duration",
        "negative-number",
        "wrong-choice",
        "unknown-kind",
        "no-kind",
        "other-version",
        "name-with-space",
        "list",
        "secret-in-plain-sight",
    ],
)
def test_a_broken_plan_breaks_the_schema(name: str) -> None:
    assert not VALIDATOR.is_valid(data(BROKEN / f"{name}.yaml")[0])


def test_every_kind_of_entry_has_a_description() -> None:
    missing = [
        name
        for name, definition in SCHEMA["$defs"].items()
        if name != "JsonValue" and "description" not in definition
    ]
    assert missing == []


def test_every_field_has_a_description() -> None:
    missing = [
        f"{name}.{field}"
        for name, definition in SCHEMA["$defs"].items()
        for field, said in definition.get("properties", {}).items()
        if not said.get("description", "").endswith(".")
    ]
    assert missing == []


def test_defaults_of_durations_are_written_as_in_a_plan() -> None:
    assert SCHEMA["$defs"]["Action"]["properties"]["due_within"]["default"] == "1d"
    assert SCHEMA["$defs"]["SourceConfig"]["properties"]["every"]["default"] == "1h"


def test_a_property_called_title_is_still_there() -> None:
    assert SCHEMA["$defs"]["Channel"]["properties"]["title"]["type"] == "string"
    assert "title" not in SCHEMA["$defs"]["Channel"]["properties"]["account"]
