"""How a goal stands in its first days, when its newest number cannot yet show the planned way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.domain.aims import Goal
from engine.domain.goals import Pace, pace

START = datetime(2026, 1, 1, tzinfo=UTC)
GOAL = Goal(
    name="readers", metric="weekly", baseline=50, target=150, start=date(2026, 1, 1), due=date(2026, 4, 10)
)


@pytest.mark.parametrize(
    ("days", "value", "stands"),
    [
        (0.5, 50, Pace.ON_PACE),  # half a percent is planned, and the number is of yesterday
        (5, 50, Pace.ON_PACE),
        (6, 50, Pace.LAGGING),
        (10, 50, Pace.LAGGING),
        (11, 50, Pace.BEHIND),
        (11, 57, Pace.ON_PACE),
        (60, 104, Pace.ON_PACE),  # from the middle on a tenth and three tenths of the planned way count
        (60, 103, Pace.LAGGING),
        (60, 91, Pace.BEHIND),
    ],
)
def test_a_goal_is_late_only_by_what_its_numbers_can_show(days: float, value: float, stands: Pace) -> None:
    assert pace(GOAL, value, START + timedelta(days=days), "UTC") is stands
