"""Clause coverage for people and for machines: which single conditions were not seen both true and false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cli.output import heading, say
from engine.cli.text import terminal_width, wrapped
from rules.testing.coverage import Coverage


def print_coverage(covered: Mapping[str, Coverage], least: float) -> None:
    """Print the coverage of each file or plan, and what is missing in it."""
    room = terminal_width()
    for name, whole in covered.items():
        short = f", and {least:g} % are asked for" if whole.percent < least else ""
        line = f"{name}: {whole.covered} of {len(whole.seen)} conditions were seen both true and false"
        say("", *wrapped(heading(f"{line} ({whole.percent:.0f} %){short}."), room))
        for clause, values in whole.gaps():
            seen = "only true" if values == {True} else "only false" if values else "never judged"
            text = f"{clause.field}: {clause.text}" if clause.text else "its condition"
            say(*wrapped(f"{clause.rule}, {text} — {seen}", room, first="  ", rest="    "))


def coverage_record(whole: Coverage) -> dict[str, Any]:
    """Return the coverage for JSON."""
    return {
        "percent": round(whole.percent, 1),
        "conditions": len(whole.seen),
        "gaps": [
            {
                "rule": clause.rule,
                "field": clause.field or None,
                "condition": clause.text or None,
                "seen": sorted(values),
            }
            for clause, values in whole.gaps()
        ],
    }
