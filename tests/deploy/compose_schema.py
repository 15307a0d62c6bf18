"""The part of the compose specification that our files use, closed: an unknown key is an error."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
WORDS: dict[str, Any] = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
COMMAND: dict[str, Any] = {"type": "array", "items": TEXT, "minItems": 1}
DURATION: dict[str, Any] = {"type": "string", "pattern": r"^(\d+m)?(\d+s)?$", "minLength": 2}
# Compose takes numbers too, but YAML reads some words as something else (yes, 1e3): strings only.
VARIABLES: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """Return the schema of an object without other keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


BIND = closed(
    {
        "type": {"const": "bind"},
        "source": TEXT,
        "target": {"type": "string", "pattern": "^/"},
        "read_only": {"type": "boolean"},
        "bind": closed({"create_host_path": {"type": "boolean"}}),
    },
    "type",
    "source",
    "target",
)
SERVICE = closed(
    {
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:(?!latest$)[A-Za-z0-9._-]+$"},
        "build": closed({"context": TEXT, "dockerfile": TEXT}, "context"),
        "command": COMMAND,
        "entrypoint": COMMAND,
        "init": {"type": "boolean"},
        "restart": {"type": "string", "pattern": r"^(no|always|unless-stopped|on-failure(:\d+)?)$"},
        "stop_grace_period": DURATION,
        "environment": VARIABLES,
        "volumes": {
            "type": "array",
            "items": {"anyOf": [{"type": "string", "pattern": r"^[^:]+:/[^:]+(:ro)?$"}, BIND]},
        },
        "secrets": WORDS,
        "working_dir": {"type": "string", "pattern": "^/"},
        "read_only": {"type": "boolean"},
        "tmpfs": WORDS,
        "shm_size": TEXT,
        "cap_drop": WORDS,
        "security_opt": WORDS,
        # Published on loopback or not at all.
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"}},
        "networks": WORDS,
        "network_mode": {"const": "host"},
        "depends_on": {
            "type": "object",
            "additionalProperties": closed(
                {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}}, "condition"
            ),
        },
        "healthcheck": closed(
            {
                "test": {**COMMAND, "prefixItems": [{"const": "CMD"}], "minItems": 2},
                "interval": DURATION,
                "timeout": DURATION,
                "start_period": DURATION,
                "retries": {"type": "integer", "minimum": 1},
            },
            "test",
            "interval",
            "timeout",
        ),
        "logging": closed({"driver": TEXT, "options": VARIABLES}, "driver"),
    }
)
FILE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **closed(
        {
            "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
            "services": {"type": "object", "minProperties": 1, "additionalProperties": SERVICE},
            "volumes": {"type": "object", "additionalProperties": closed({})},
            "networks": {"type": "object", "additionalProperties": closed({"internal": {"type": "boolean"}})},
            "secrets": {"type": "object", "additionalProperties": closed({"file": TEXT}, "file")},
        },
        "services",
    ),
    "patternProperties": {"^x-": {}},
}
