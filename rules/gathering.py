"""The facts of one subject, gathered from the heart, the plan and the past; what cannot be had spoils only itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.domain.signal import Signal
from rules.facts import COMPUTED, decoded, encoded
from rules.language import Explanation, Facts, Schema, Value, explain
from rules.past import Past
from rules.programs import Program
from rules.signals import name_of, signal_value

HOLDS = "assumption.holds"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts of a subject as a tuple of their schema, those that are known in JSON, and what is broken, with why."""

    facts: Facts
    known: Mapping[str, JsonValue]
    broken: Mapping[str, str]


class Gatherer:
    """Gathers the facts that programs name, for one plan."""

    def __init__(self, signals: tuple[Signal, ...], holds: Program, beliefs: Mapping[str, str]) -> None:
        """Take the plan's signals, and its assumptions by name as texts of the program `holds`."""
        self._signals = {signal.name: signal for signal in signals}
        self._holds, self._beliefs = holds, beliefs

    def gather(self, past: Past, program: Program, subject: str) -> Gathered:
        """Return the facts that the program names of the subject. A defect in one of them is caught here and told."""
        schema = program.schema
        values: list[Value | None] = [None] * len(schema.fields)
        known: dict[str, JsonValue] = {}
        broken: dict[str, str] = {}
        for path in program.paths:
            slot = schema.slots[path]
            try:
                value = schema.trusted(path, self._value(past, schema, path, subject))
            except Exception as error:  # noqa: BLE001 - a defect in one fact must not blind the rules that need others
                broken[path] = f"{path} cannot be computed ({type(error).__name__}: {error})"
                continue
            if value is not None:
                values[slot] = value
                known[path] = encoded(value)
        return Gathered(tuple(values), known, broken)

    def _value(self, past: Past, schema: Schema, path: str, subject: str) -> object:
        if path == "now":
            return past.at
        name = subject.partition("/")[2]
        signal = name_of(path)
        if signal is not None:
            return signal_value(self._signals[signal], name, past)
        if path == HOLDS:
            return self.holds(past, name)
        compute = COMPUTED.get(path)
        if compute is not None:
            return compute(past, name)
        owner = "strategy" if path.startswith("strategy.") else subject
        told = past.circumstances.facts.get(owner, {}).get(path)
        return None if told is None else decoded(told, schema[path].type, path)

    def holds(self, past: Past, name: str) -> Value | None:
        """Return whether an assumption holds. Raises ValueError when its text cannot be judged."""
        text = self._beliefs[name]
        gathered = self._of_strategy(past)
        reasons = [self._holds.faulty.get(text, ""), *self._spoilt(text, gathered)]
        if any(reasons):
            raise ValueError("; ".join(filter(None, reasons)))
        return self._holds.run_one(text, gathered.facts)

    def explain_belief(self, past: Past, name: str) -> Explanation:
        """Return why an assumption holds, or does not."""
        return explain(self._holds.expressions[self._beliefs[name]], self._of_strategy(past).facts)

    def _of_strategy(self, past: Past) -> Gathered:
        return past.once("facts of beliefs", lambda: self.gather(past, self._holds, "strategy"))

    def _spoilt(self, text: str, gathered: Gathered) -> list[str]:
        named = self._holds.expressions[text].facts if text in self._holds.expressions else ()
        return [gathered.broken[path] for path in named if path in gathered.broken]
