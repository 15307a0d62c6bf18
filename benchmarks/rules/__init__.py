"""The language of rules against plain Python and against CEL, on ten realistic conditions."""

from benchmarks.rules.race import run

__all__ = ["run"]
