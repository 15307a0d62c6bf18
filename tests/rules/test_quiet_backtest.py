"""The detector over histories: rows in, episodes out, and what the judge of real channels says of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.conditions import Quiet
from engine.domain.rule import Rule
from rules.backtest.episodes import Episode
from rules.backtest.histories import Row, histories
from rules.backtest.many import Many, bare_channel

SHARED = Path(__file__).parents[2].parent / "shared"
DATA, JUDGE = SHARED / "data" / "channels", SHARED / "tools" / "score_alerts.py"


QUIET = Rule(name="ChannelQuiet", reason="It has gone quiet.", quiet=Quiet())


def quiet_episodes(posts: Sequence[Row], channels: Sequence[Row], zone: str = "UTC") -> list[Episode]:
    many = Many([QUIET], (), zone)
    return [
        episode
        for history in histories(posts, channels, zone)
        for episode in many.episodes(bare_channel(), history)
    ]


def history(channel: str, days: Sequence[int]) -> list[dict[str, str]]:
    first = date(2024, 1, 1)
    return [{"channel_id": channel, "date": (first + timedelta(days=day)).isoformat()} for day in days]


WEEKLY = [7 * week for week in range(20)]


def watched(channel: str, day: int) -> list[dict[str, str]]:
    return [{"channel_id": channel, "observed_until": (date(2024, 1, 1) + timedelta(days=day)).isoformat()}]


def test_a_weekly_channel_that_stays_weekly_raises_nothing() -> None:
    assert quiet_episodes(history("a", WEEKLY), watched("a", 140)) == []


def test_a_long_silence_is_one_episode_ended_by_the_next_post() -> None:
    episodes = quiet_episodes(history("a", [*WEEKLY, 200, 207]), watched("a", 210))
    assert len(episodes) == 1
    assert (episodes[0].rule, episodes[0].subject) == ("ChannelQuiet", "channel/a")
    assert datetime(2024, 5, 20, tzinfo=UTC) < episodes[0].fired_at < datetime(2024, 6, 28, tzinfo=UTC)
    # Day 200 is 19 July: a date alone is known at its end.
    assert episodes[0].resolved_at == datetime(2024, 7, 20, tzinfo=UTC)


def test_a_silence_that_still_lasts_is_an_episode_without_an_end() -> None:
    (episode,) = quiet_episodes(history("a", WEEKLY), watched("a", 300))
    assert episode.resolved_at is None


def test_nothing_is_raised_after_the_channel_was_last_watched() -> None:
    assert (quiet_episodes(history("a", WEEKLY), watched("a", 136))) == []
    assert (quiet_episodes(history("a", WEEKLY), [])) == []


def test_channels_do_not_disturb_each_other_and_rows_may_come_in_any_order() -> None:
    mixed = history("a", [*WEEKLY, 200]) + history("b", [*WEEKLY, 300])
    ends = watched("a", 200) + watched("b", 300)
    alone = [
        *quiet_episodes(history("a", [*WEEKLY, 200]), ends),
        *quiet_episodes(history("b", [*WEEKLY, 300]), ends),
    ]
    together = quiet_episodes(mixed[::-1], ends)
    assert sorted(together, key=lambda episode: episode.subject) == alone


def test_the_future_never_changes_an_alert_of_the_past() -> None:
    days = [*WEEKLY, 170, 177, 240, 250, 251, 330, 331, 338]
    whole = [episode.fired_at for episode in quiet_episodes(history("a", days), [])]
    assert len(whole) >= 3
    for count in range(20, len(days)):
        end = days[count - 1] + 1
        part = [episode.fired_at for episode in quiet_episodes(history("a", days[:count]), watched("a", end))]
        end_of_watch = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(days=end)
        assert part == [fired for fired in whole if fired <= end_of_watch]


def test_an_instant_is_taken_at_its_word() -> None:
    rows = [*history("a", WEEKLY), {"channel_id": "a", "date": "2024-07-19T15:30:00+02:00"}]
    (episode,) = quiet_episodes(rows, [])
    assert episode.resolved_at == datetime(2024, 7, 19, 13, 30, tzinfo=UTC)


def test_days_are_those_of_the_zone_asked_for() -> None:
    (utc,) = quiet_episodes(history("a", [*WEEKLY, 200]), [])
    (tokyo,) = quiet_episodes(history("a", [*WEEKLY, 200]), [], zone="Asia/Tokyo")
    assert utc.fired_at - tokyo.fired_at == timedelta(hours=9)


def test_a_date_that_is_none_is_refused_with_channel_and_column() -> None:
    with pytest.raises(ValueError, match=r"channel 'a': 'soon' in column date is no date; write 2026-03-01"):
        (quiet_episodes([{"channel_id": "a", "date": "soon"}], []))
