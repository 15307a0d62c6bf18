"""Observing: every source for itself, everything stored, and only what the heart needs handed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from activities import policies
from activities.observe import ObserveActivities
from adapters.fake import FakeSource
from engine.domain.errors import EngineError, SecretError
from engine.domain.lifecycle.knowing import ANSWERED_WITHIN
from engine.domain.messages import Observe, Observed
from engine.domain.records import Activity, Sample
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig
from engine.store import SqlStore
from tests.activities.conftest import Attempt, Standing, no_secrets
from tests.contracts.store_records import NAME, T0, at


def ask(*names: str, channels: Mapping[str, Sequence[str]] | None = None) -> Observe:
    return Observe(
        strategy=NAME,
        sources=tuple(SourceConfig(name=name, kind=name) for name in names),
        channels={name: tuple(each) for name, each in (channels or {}).items()},
        metrics=tuple(Metric(name=f"{name}-visits", source=name) for name in names),
    )


def sample(metric: str, value: float, *, hours: float = -1) -> Sample:
    return Sample(metric=metric, at=at(hours), value=value, seen=T0, origin="fake")


def observing(store: SqlStore, clock: Standing, **sources: FakeSource) -> ObserveActivities:
    return ObserveActivities(sources, store, no_secrets, clock)


def by_name(observed: Observed) -> dict[str, tuple[bool, str]]:
    return {reading.source: (reading.ok, reading.error) for reading in observed.readings}


def test_no_look_lasts_longer_than_the_heart_waits_before_it_blames_the_source() -> None:
    assert policies.OBSERVE["schedule_to_close_timeout"] < ANSWERED_WITHIN


async def test_a_source_that_fails_says_so_and_the_others_deliver(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    class Buggy(FakeSource):
        async def read(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError

    doing = observing(
        store,
        clock,
        good=FakeSource(samples={"good-visits": [sample("good-visits", 7)]}),
        gone=FakeSource(script=["fail_before"]),
        buggy=Buggy(),
    )
    observed = await run(doing.observe, ask("gone", "buggy", "good"))
    assert by_name(observed) == {
        "gone": (False, "The fake source 'gone' is not there."),
        "buggy": (False, "its adapter broke: ZeroDivisionError"),
        "good": (True, ""),
    }
    assert [each.value for each in store.samples(NAME, "good-visits")] == [7]


async def test_a_number_that_cannot_be_stored_fails_its_own_source_alone(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    doing = observing(
        store,
        clock,
        good=FakeSource(samples={"good-visits": [sample("good-visits", 7)]}),
        odd=FakeSource(
            samples={"odd-visits": [sample("odd-visits", 1).model_copy(update={"value": float("nan")})]}
        ),
    )
    observed = await run(doing.observe, ask("odd", "good"))
    assert {name: ok for name, (ok, _) in by_name(observed).items()} == {"odd": False, "good": True}
    assert "no number" in by_name(observed)["odd"][1]
    assert [each.value for each in store.samples(NAME, "good-visits")] == [7]


async def test_a_store_that_is_away_is_not_the_sources_fault(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> int:
        raise EngineError("The database is away.")

    monkeypatch.setattr(store, "add_samples", away)
    doing = observing(store, clock, good=FakeSource(samples={"good-visits": [sample("good-visits", 7)]}))
    with pytest.raises(EngineError):
        await run(doing.observe, ask("good"))


async def test_a_source_that_hangs_holds_nobody_up(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.observe._SOURCE_SECONDS", 0.05)
    doing = observing(store, clock, slow=FakeSource(script=["hang_before"]), good=FakeSource())
    observed = await run(doing.observe, ask("slow", "good"))
    assert by_name(observed) == {"slow": (False, "it did not answer in time"), "good": (True, "")}


async def test_without_its_secret_a_source_is_not_called(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    def refuse(references: Mapping[str, str]) -> dict[str, str]:
        raise SecretError(f"The secret env:NOWHERE is not set. {references or ''}".strip())

    source = FakeSource()
    observed = await run(ObserveActivities({"good": source}, store, refuse, clock).observe, ask("good"))
    assert by_name(observed) == {"good": (False, "The secret env:NOWHERE is not set.")}
    assert source.calls == []


async def test_late_samples_are_stored_beside_what_was_known(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    source = FakeSource(samples={"late-visits": [sample("late-visits", 3, hours=-2)]})
    doing = observing(store, clock, late=source)
    await run(doing.observe, ask("late"))
    late = [sample("late-visits", 1, hours=-9), sample("late-visits", 3, hours=-2)]
    corrected = sample("late-visits", 4, hours=-2).model_copy(update={"seen": at(1)})
    source.samples["late-visits"] = [*late, corrected]
    observed = await run(doing.observe, ask("late"))
    assert [each.value for each in store.samples(NAME, "late-visits")] == [1, 4]
    assert [each.value for each in store.samples(NAME, "late-visits", known_at=T0)] == [1, 3]
    assert [each.value for each in observed.readings[0].samples] == [4], "the heart is told the newest"


async def test_what_goes_into_the_history_is_bounded_and_the_store_keeps_all(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    posts = [
        Activity(at=at(-number), ref=f"https://blog.example/{number}", title="word " * 1000)
        for number in range(3000)
    ]
    numbers = [sample("big-visits", number, hours=-number / 60 - 1) for number in range(5000)]
    source = FakeSource({"blog": posts}, {"big-visits": numbers})
    doing = observing(store, clock, big=source)
    observed = await run(doing.observe, ask("big", channels={"big": ["blog"]}))
    (payload,) = await pydantic_data_converter.encode([observed])
    assert len(payload.data) < 20_000
    seen = observed.readings[0].activities["blog"]
    assert seen[-1].at == T0
    assert list(seen) == sorted(seen, key=lambda each: each.at)
    assert len(store.samples(NAME, "big-visits")) == 5000


async def test_a_cadence_that_counts_hundreds_hears_of_hundreds_in_few_bytes(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    posts = [
        Activity(at=at(-number / 60), ref=f"https://blog.example/{number}", title="word " * 1000)
        for number in range(3000)
    ]
    doing = observing(store, clock, big=FakeSource({"blog": posts, "news": posts}))
    asked = ask("big", channels={"big": ["blog", "news"]}).model_copy(update={"newest": {"blog": 1001}})
    observed = await run(doing.observe, asked)
    seen = observed.readings[0].activities
    assert (len(seen["blog"]), len(seen["news"])) == (1001, 40)
    assert seen["blog"][-40:] == seen["news"], "titles of the newest"
    assert {each.title for each in seen["blog"][:-40]} == {""}
    (payload,) = await pydantic_data_converter.encode([observed])
    assert len(payload.data) < 150_000


async def test_a_long_complaint_is_cut(store: SqlStore, run: Attempt, clock: Standing) -> None:
    class Wordy(FakeSource):
        async def read(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise EngineError("no " * 10_000)

    observed = await run(observing(store, clock, wordy=Wordy()).observe, ask("wordy"))
    assert len(observed.readings[0].error) == 1000
    assert timedelta(0) == observed.readings[0].at - T0
