"""Expressions over many channels: the quick way and the engine's own evaluation find the very same episodes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.channel import Cadence, Channel
from engine.domain.rule import Rule
from engine.domain.signal import Signal, SignalFunction
from rules.backtest.daily import carefully
from rules.backtest.histories import History, Seen, history, seen
from rules.backtest.many import Many, bare_channel
from rules.backtest.midnights import midnights
from rules.backtest.quickly import Quickly

EXPRESSIONS = (
    "channel.silent_for > 9d",
    "age(channel.last_post_at) > 20d || channel.posts_28d < 2",
    "channel.posts_28d * 2 < channel.posts_previous_28d",
    "channel.posts_7d > 4",
    "channel.posts_7d >= 1 && channel.posts_28d < 6",
    "channel.silent_for > channel.silent_after",
    "channel.posts_28d < channel.cadence.at_least",
    "age(channel.watched_since) > 30d && channel.posts_7d == 0",
    "is_unknown(channel.posts_previous_28d)",
    "channel.name == 'one'",
    "true",
)
PLANNED = Channel(name="one", account="pen", cadence=Cadence(at_least=3, per="month"))
ATOMS = (
    *EXPRESSIONS[:-1],
    "channel.last_post_at + 400h < now",
    "channel.silent_for - age(channel.watched_since) > -30d",
    "channel.posts_28d / channel.posts_previous_28d < 60%",
    'hour(channel.last_post_at, "Europe/Berlin") < 5',
)
# Clocks that change by an hour, by half an hour, and that left out 30 December 2011.
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia")
durations = st.sampled_from([timedelta(0), timedelta(hours=5), timedelta(days=1), timedelta(days=3, hours=1)])


expressions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds("({} && {})".format, inner, inner)
        | st.builds("({} || {})".format, inner, inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=5,
)


@st.composite
def rules(draw: st.DrawFn, name: str) -> Rule:
    return Rule(
        name=name,
        reason="It is so.",
        of="channel",
        expr=draw(st.just("true") | expressions),
        recover=draw(st.none() | expressions),
        for_=draw(durations),
        keep_firing_for=draw(durations),
    )


@st.composite
def past(draw: st.DrawFn, zone: str) -> History:
    """Make posts over some months around a change of clocks, dated to the day or not, some known days later."""
    gaps = draw(st.lists(st.integers(0, 40), min_size=1, max_size=25))
    day, posts = draw(st.sampled_from([date(2025, 2, 1), date(2011, 11, 20)])), []
    for gap in gaps:
        day += timedelta(days=gap)
        text = day.isoformat()
        if draw(st.booleans()):
            text += f"T{draw(st.integers(0, 23)):02}:{draw(st.sampled_from(['00', '30']))}"
        made = seen({"channel_id": "one", "date": text}, "date", zone)
        posts.append(Seen(made.at, made.known_at + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 6])))))
    end = max(post.known_at for post in posts) + timedelta(
        days=draw(st.integers(0, 60)), hours=draw(st.integers(0, 30))
    )
    return history("one", posts, end)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_quick_way_finds_the_same_episodes_as_the_engines_evaluation(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    tried = [data.draw(rules(name)) for name in ("A", "B", "C")]
    one, channel = data.draw(past(zone)), data.draw(st.sampled_from([PLANNED, bare_channel()]))
    assert list(Quickly(tried).episodes(channel, one, zone)) == list(carefully(tried, (), channel, one, zone))


def weekly(weeks: list[int]) -> History:
    posts = [
        seen({"channel_id": "one", "date": f"{date(2025, 1, 6) + timedelta(days=7 * week)}"}, "date", "UTC")
        for week in weeks
    ]
    return history("one", posts, datetime(2025, 12, 1, tzinfo=UTC))


def test_an_expression_is_judged_at_midnight_and_its_alert_ripens_in_between() -> None:
    rule = Rule(
        name="Still",
        reason="It is so.",
        of="channel",
        expr="channel.silent_for > 10d",
        for_=timedelta(hours=30),
    )
    first, last = Quickly([rule]).episodes(bare_channel(), weekly([0, 1, 2, 6, 7]), "UTC")
    # The post of 20 January stood for 10 days on the 30th; a day later it is more, and 30 hours after that it fires.
    assert (first.fired_at, first.resolved_at) == (
        datetime(2025, 2, 1, 6, tzinfo=UTC),
        datetime(2025, 2, 18, tzinfo=UTC),
    )
    assert last.resolved_at is None


def test_days_are_those_of_the_zone_and_end_with_the_watching() -> None:
    one = history("one", [seen({"channel_id": "one", "date": "2025-03-28"}, "date", "Europe/Berlin")], None)
    later = History(one.channel, one.posts, datetime(2025, 4, 1, tzinfo=UTC))
    assert [f"{day:%m-%d %H}" for day in midnights(later, "Europe/Berlin")] == [
        "03-28 23",
        "03-29 23",
        "03-30 22",
        "03-31 22",
    ]


def test_a_signal_of_each_channel_is_judged_and_one_of_all_posts_is_not() -> None:
    count = Signal(name="posts", each="channel", function=SignalFunction.COUNT, window=timedelta(days=14))
    share = Signal(name="part", each="channel", function=SignalFunction.SHARE, window=timedelta(days=14))
    by_count = Rule(name="Count", reason="x", of="channel", expr="signal.posts == 0")
    by_share = Rule(name="Share", reason="x", of="channel", expr="signal.part < 10%")
    by_task = Rule(name="Ahead", reason="x", of="channel", expr="channel.slots_ahead == 0")
    many = Many([by_count, by_share, by_task], (count, share), "UTC")
    assert many.unfit(by_count, [bare_channel()]) == ""
    assert "signal.part" in many.unfit(by_share, [bare_channel()])
    assert "channel.slots_ahead" in many.unfit(by_task, [bare_channel()])
    assert [episode.rule for episode in many.episodes(bare_channel(), weekly([0, 1, 2, 6, 7]))] == [
        "Count"
    ] * 2


@pytest.mark.parametrize("channel", [PLANNED, bare_channel()])
def test_rules_of_both_ways_are_judged_together(channel: Channel) -> None:
    quick = Rule(name="Quick", reason="x", of="channel", expr="channel.silent_for > 10d")
    slow = Rule(name="Slow", reason="x", of="channel", expr="channel.posts_in_period == 0")
    many = Many([slow, quick], (), "UTC")
    found = {episode.rule for episode in many.episodes(channel, weekly([0, 1, 2, 9]))}
    assert found == ({"Quick", "Slow"} if channel is PLANNED else {"Quick"})
