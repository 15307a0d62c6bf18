"""Signals against naive counting, and the borders of their windows."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.records import Activity, Sample
from engine.domain.series import MemorySeries
from engine.domain.signal import OF_POSTS, Signal, SignalFunction
from rules.signals import of_posts, of_samples, schema_with, signal_value
from tests.rules.evaluation.build import NOW, known, past, planned, post, values

WINDOW = timedelta(days=14)
EXTRAS: dict[str, dict[str, float]] = {"share": {"above": 2.5}, "percentile": {"percentile": 90}}


def signal(function: str, **more: object) -> Signal:
    origin = {} if {"channel", "each", "metric"} & more.keys() else {"metric": "visits"}
    extra = {} if origin.get("metric") is None and "metric" not in more else EXTRAS.get(function, {})
    return Signal.model_validate({"name": "s", "function": function, "window": "14d"} | origin | extra | more)


# --- naive oracles: written without looking at how it is done -----------------------------------------------------------


def oracle(function: str, pairs: list[tuple[datetime, float]]) -> float | None:
    exact = [Fraction(value) for _, value in pairs]
    if not pairs:
        return None
    if function in ("change", "rate"):
        if len(pairs) == 1:
            return None
        change = exact[-1] - exact[0]
        days = Fraction((pairs[-1][0] - pairs[0][0]) // timedelta(microseconds=1), 86_400_000_000)
        return float(change if function == "change" else change / days)
    if function == "percentile":
        if len(exact) == 1:
            return float(exact[0])
        return float(statistics.quantiles(exact, n=100, method="inclusive")[89])
    answers = {
        "sum": sum(exact),
        "mean": sum(exact) / len(exact),
        "min": min(exact),
        "max": max(exact),
        "count": len(exact),
        "count_distinct": len(set(exact)),
        "share": Fraction(sum(value > Fraction(5, 2) for value in exact), len(exact)),
    }
    return float(answers[function])


days_and_values = st.lists(
    st.tuples(st.integers(-40 * 24, 2), st.floats(-1e6, 1e6, allow_nan=False)),
    max_size=12,
    unique_by=lambda pair: pair[0],
)


@pytest.mark.parametrize("function", [each.value for each in SignalFunction])
@given(pairs=days_and_values, least=st.integers(1, 4), back=st.integers(0, 15))
def test_every_function_of_samples_gives_what_a_naive_one_gives(
    function: str, pairs: list[tuple[int, float]], least: int, back: int
) -> None:
    samples = [
        Sample(metric="visits", at=NOW + timedelta(hours=at), value=value, seen=NOW) for at, value in pairs
    ]
    one = signal(function, min_samples=least, ago=f"{back}d")
    end = NOW - timedelta(days=back)
    inside = sorted((each.at, each.value) for each in samples if end - WINDOW < each.at <= end)
    expected = None if len(inside) < least else oracle(function, inside)
    got = signal_value(one, "", past(planned(), MemorySeries({"visits": samples})))
    assert got == (None if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-9))


@pytest.mark.parametrize("function", [each.value for each in OF_POSTS])
@given(
    blog=st.sets(st.integers(-30 * 24, 0), max_size=8),
    news=st.sets(st.integers(-30 * 24, 0), max_size=8),
    least=st.integers(1, 3),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
)
def test_every_function_of_posts_gives_what_a_naive_one_gives(
    function: str, blog: set[int], news: set[int], least: int, zone: str
) -> None:
    series = MemorySeries(
        posts={
            name: [Activity(at=NOW + timedelta(hours=hour), ref=str(hour)) for hour in hours]
            for name, hours in (("blog", blog), ("news", news))
        }
    )
    one = signal(function, channel="blog", min_samples=least)
    own = [NOW + timedelta(hours=hour) for hour in blog if hour > -14 * 24]
    others = [hour for hour in news if hour > -14 * 24]
    days = {moment.astimezone(ZoneInfo(zone)).strftime("%F") for moment in own}
    total = len(own) + (len(others) if function == "share" else 0)
    answers = {"count": len(own), "count_distinct": len(days), "rate": len(own) / 14}
    expected = (len(own) / total if total else None) if function == "share" else answers[function]
    if least > 1 and total < least:
        expected = None
    assert signal_value(one, "", past(planned(zone=zone), series)) == expected


# --- what is said in words ----------------------------------------------------------------------------------------------


def test_a_window_holds_its_end_and_not_its_beginning() -> None:
    assert signal_value(signal("count"), "", past(planned(), values((14, 1), (13.999, 1), (0, 1)))) == 2


def test_a_window_of_the_past_ends_when_it_says() -> None:
    series = values((20, 1), (10, 2), (6, 3))
    assert signal_value(signal("mean", ago="7d"), "", past(planned(), series)) == 1.5


def test_a_correction_replaces_the_value_and_is_counted_once() -> None:
    series = values((3, 10))
    series.add_sample(Sample(metric="visits", at=NOW - timedelta(days=3), value=30, seen=NOW))
    assert signal_value(signal("sum"), "", past(planned(), series)) == 30


@pytest.mark.parametrize(
    "function", ["sum", "mean", "min", "max", "count", "share", "percentile", "change", "rate"]
)
def test_no_samples_are_unknown_and_never_zero(function: str) -> None:
    assert signal_value(signal(function), "", past(planned(), MemorySeries())) is None


def test_one_value_is_no_change() -> None:
    assert signal_value(signal("change"), "", past(planned(), values((1, 5)))) is None


def test_no_post_on_a_channel_that_is_read_is_zero_posts() -> None:
    one = signal("count", channel="blog")
    assert signal_value(one, "", past(planned(), MemorySeries())) == 0
    assert signal_value(one, "", past(planned(), MemorySeries(), known(watched=()))) is None


def test_posts_before_a_channel_was_watched_are_known_as_far_as_they_were_seen() -> None:
    one, since = signal("count", channel="blog"), NOW - timedelta(days=2)
    young = known(since=since)
    assert (
        signal_value(one, "", past(planned(), MemorySeries(posts={"blog": [post(1), post(5)]}), young))
        is None
    )
    whole = MemorySeries(posts={"blog": [post(1), post(5), post(15)]})
    assert signal_value(one, "", past(planned(), whole, young)) == 2


def test_a_source_that_has_not_answered_lately_leaves_the_window_unknown() -> None:
    stale = known().model_copy(
        update={"watched": {"blog": (NOW - timedelta(days=90), NOW - timedelta(days=3))}}
    )
    one = signal("count", channel="blog")
    assert signal_value(one, "", past(planned(), MemorySeries(), stale)) is None
    assert (
        signal_value(signal("count", channel="blog", ago="3d"), "", past(planned(), MemorySeries(), stale))
        == 0
    )


def test_a_sum_beyond_all_numbers_is_unknown() -> None:
    assert signal_value(signal("sum"), "", past(planned(), values((1, 1e308), (2, 1e308)))) is None


def test_a_signal_of_each_subject_is_that_of_the_one_that_is_judged() -> None:
    series = MemorySeries(posts={"blog": [post(1)], "news": [post(1), post(2)]})
    each = signal("count", each="channel")
    assert [signal_value(each, name, past(planned(), series)) for name in ("blog", "news")] == [1, 2]


def test_only_signals_that_fit_the_subject_can_be_named() -> None:
    signals = (
        signal("count", each="channel", name="fed"),
        signal("mean", each="metric", name="level"),
        signal("percentile", metric="visits", name="high"),
    )
    channel, metric, strategy = (schema_with(kind, signals) for kind in ("channel", "metric", "strategy"))
    assert ("signal.fed" in channel, "signal.level" in channel, "signal.high" in channel) == (
        True,
        False,
        True,
    )
    assert ("signal.fed" in metric, "signal.level" in metric, "signal.high" in strategy) == (
        False,
        True,
        True,
    )
    assert (str(channel["signal.fed"].type), str(channel["signal.high"].type)) == ("int", "number")


def test_posts_and_samples_are_counted_without_a_strategy_too() -> None:
    assert of_samples(signal("max"), [Sample(metric="m", at=NOW, value=2, seen=NOW)]) == 2
    assert of_posts(signal("rate", channel="blog"), "blog", {"blog": [post(1)] * 7}, "UTC") == 0.5
    assert datetime(2026, 6, 1, 8, tzinfo=UTC) == NOW
