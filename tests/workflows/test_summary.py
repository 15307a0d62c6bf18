"""What the Temporal web UI shows stays short, however long the texts of a plan are."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import step
from engine.domain.messages import PlanApplied
from tests.workflows.lives import make_plan
from workflows.summary import details, short


def test_a_summary_is_one_line_of_at_most_two_hundred_bytes() -> None:
    assert short("two\nlines   of text") == "two lines of text"
    cut = short("ü" * 500)
    assert len(cut.encode()) <= 200
    assert set(cut) == {"ü", "…"}, "no character was cut in half"


def test_the_details_of_a_plan_with_a_thousand_channels_are_cut() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    channels = [{"name": f"channel-{number}", "account": "site"} for number in range(1000)]
    plan = make_plan("wide", channels=channels)
    result = step(plan, new_state(plan.id, start), PlanApplied(revision=1), start)
    text = details(plan, result.state, result.wake_at)
    assert text.startswith("### wide\nRevision 1")
    assert len(text) <= 10_000
