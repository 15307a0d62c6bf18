"""The JSON Schema of plan files, for editors that complete and check while one writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from engine.domain.base import format_duration
from engine.domain.strategy import Strategy
from engine.domain.workspace import Workspace

_ID = "urn:drumbeat:plan:v1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for both kinds of document, told apart by `kind`.

    It says what an editor can judge: fields, types, patterns, choices. References between names, dates and
    schedules are left to `drumbeat check`, so a file that passes here may still have problems there.
    """
    _, schema = models_json_schema([(Workspace, "validation"), (Strategy, "validation")], by_alias=True)
    definitions = {name: _tidy(definition) for name, definition in schema["$defs"].items()}
    return {
        "$schema": _DIALECT,
        "$id": _ID,
        "title": "A Drumbeat plan",
        "description": "A document of Drumbeat: a Workspace or a Strategy.",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "oneOf": [{"$ref": "#/$defs/Workspace"}, {"$ref": "#/$defs/Strategy"}],
        "$defs": definitions,
    }


def _tidy(schema: Any, *, inside_properties: bool = False) -> Any:
    """Drop titles made up from field names, and write durations as a plan writes them."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {
        key: _tidy(value, inside_properties=key in {"properties", "$defs"})
        for key, value in schema.items()
        if inside_properties or not (key == "title" and isinstance(value, str))
    }
    default = tidied.get("default")
    if not inside_properties and "pattern" in tidied and isinstance(default, str) and default.startswith("P"):
        tidied["default"] = format_duration(TypeAdapter(timedelta).validate_python(default))
    return tidied
