"""Ten conditions as people write them: in our language, as a Python function, and in CEL over flat variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

_3D, _7D, _14D = timedelta(days=3), timedelta(days=7), timedelta(days=14)


@dataclass(frozen=True)
class Condition:
    """One condition, three times. The function takes an object with one slot for each fact."""

    name: str
    ours: str
    python: Callable[[Any], bool]
    cel: str


CONDITIONS = (
    Condition(
        "silent channel",
        "age(channel.last_post_at) > channel.silent_after && !channel.paused",
        lambda f: f.now - f.channel_last_post_at > f.channel_silent_after and not f.channel_paused,
        "now - channel_last_post_at > channel_silent_after && !channel_paused",
    ),
    Condition(
        "falling rate",
        "channel.posts_previous_28d >= 4 && channel.posts_28d < 0.5 * channel.posts_previous_28d",
        lambda f: (
            f.channel_posts_previous_28d >= 4 and f.channel_posts_28d < 0.5 * f.channel_posts_previous_28d
        ),
        "channel_posts_previous_28d >= 4 && double(channel_posts_28d) < 0.5 * double(channel_posts_previous_28d)",
    ),
    Condition(
        "behind the planned curve",
        "goal.value < 90% * goal.planned && now > goal.starts_at + 14d",
        lambda f: f.goal_value < 0.9 * f.goal_planned and f.now > f.goal_starts_at + _14D,
        'goal_value < 0.9 * goal_planned && now > goal_starts_at + duration("336h")',
    ),
    Condition(
        "blanket posting",
        "post.same_on >= 3 && post.similarity > 90% && post.length > 40",
        lambda f: f.post_same_on >= 3 and f.post_similarity > 0.9 and f.post_length > 40,
        "post_same_on >= 3 && post_similarity > 0.9 && post_length > 40",
    ),
    Condition(
        "credential expiring",
        "channel.slots_ahead > 0 && channel.credential_expires_at - now < 7d",
        lambda f: f.channel_slots_ahead > 0 and f.channel_credential_expires_at - f.now < _7D,
        'channel_slots_ahead > 0 && channel_credential_expires_at - now < duration("168h")',
    ),
    Condition(
        "overloaded author",
        "person.hours_planned > 1.2 * person.hours_per_week || person.overdue_tasks >= 5",
        lambda f: f.person_hours_planned > 1.2 * f.person_hours_per_week or f.person_overdue_tasks >= 5,
        "person_hours_planned > 1.2 * person_hours_per_week || person_overdue_tasks >= 5",
    ),
    Condition(
        "pipeline runs dry",
        "channel.content_ready < channel.slots_ahead && channel.next_slot_at - now < 3d",
        lambda f: f.channel_content_ready < f.channel_slots_ahead and f.channel_next_slot_at - f.now < _3D,
        'channel_content_ready < channel_slots_ahead && channel_next_slot_at - now < duration("72h")',
    ),
    Condition(
        "lost momentum",
        'channel.momentum in ["silent", "dormant"] && channel.media == "owned" && !strategy.paused',
        lambda f: (
            f.channel_momentum in ("silent", "dormant")
            and f.channel_media == "owned"
            and not f.strategy_paused
        ),
        'channel_momentum in ["silent", "dormant"] && channel_media == "owned" && !strategy_paused',
    ),
    Condition(
        "forecast to miss",
        'goal.probability < 30% && goal.elapsed > 0.25 && goal.pace != "met"',
        lambda f: f.goal_probability < 0.3 and f.goal_elapsed > 0.25 and f.goal_pace != "met",
        'goal_probability < 0.3 && goal_elapsed > 0.25 && goal_pace != "met"',
    ),
    Condition(
        "visits are falling",
        "(signal.visits - signal.visits_before) / signal.visits_before < -20% && signal.visits_before > 100",
        lambda f: (
            (f.signal_visits - f.signal_visits_before) / f.signal_visits_before < -0.2
            and f.signal_visits_before > 100
        ),
        "(signal_visits - signal_visits_before) / signal_visits_before < -0.2 && signal_visits_before > 100.0",
    ),
)
