"""Which fields a place of a document may have, read from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from engine.documents.source import Steps
from engine.domain.base import Model


def field_names(model: type[Model]) -> list[str]:
    """Return the names that a document may use in this model, in the order of the model."""
    return [info.alias or name for name, info in model.model_fields.items()]


def model_at(model: type[Model], steps: Steps) -> type[Model] | None:
    """Return the model that a document has at `steps`, or None where it is no model (free settings)."""
    current: type[Model] | None = model
    for step in steps:
        if isinstance(step, int):
            continue
        if current is None:
            return None
        annotation = {info.alias or name: info.annotation for name, info in current.model_fields.items()}.get(
            step
        )
        current = next(_models(annotation), None)
    return current


def _models(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
