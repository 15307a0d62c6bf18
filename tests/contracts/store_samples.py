"""What every store does with the values of metrics."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.errors import SourceError
from engine.domain.records import Sample
from engine.domain.storage import Store
from tests.contracts.store_records import NAME, T0, at, sample

_names = count(1)


def values(found: list[Sample]) -> list[float]:
    return [each.value for each in found]


class SamplesContract:
    def test_samples_come_back_whole_and_oldest_first(self, store: Store) -> None:
        given = [sample(3.25, hours=2), sample(-0.1, hours=1, origin="ü"), sample(1e300, hours=3)]
        assert store.add_samples(NAME, given) == 3
        assert store.samples(NAME, "visits") == sorted(given, key=lambda each: each.at)

    def test_the_same_value_again_is_no_news(self, store: Store) -> None:
        store.add_samples(NAME, [sample(3, seen=0)])
        assert store.add_samples(NAME, [sample(3, seen=0), sample(3, seen=1)]) == 0
        assert store.samples(NAME, "visits") == [sample(3, seen=0)]

    def test_a_correction_counts_from_when_it_was_seen(self, store: Store) -> None:
        store.add_samples(NAME, [sample(3, seen=1)])
        assert store.add_samples(NAME, [sample(4, seen=5)]) == 1
        assert values(store.samples(NAME, "visits")) == [4]
        assert values(store.samples(NAME, "visits", known_at=at(4.9))) == [3]
        assert values(store.samples(NAME, "visits", known_at=at(5))) == [4]
        assert store.samples(NAME, "visits", known_at=at(0.5)) == []

    def test_a_value_corrected_back_is_a_correction_too(self, store: Store) -> None:
        for seen, value in enumerate((3, 4, 3)):
            store.add_samples(NAME, [sample(value, seen=seen)])
        known = [values(store.samples(NAME, "visits", known_at=at(seen))) for seen in range(3)]
        assert known == [[3], [4], [3]]

    def test_corrections_in_one_batch_are_taken_in_the_order_in_which_they_were_seen(
        self, store: Store
    ) -> None:
        assert store.add_samples(NAME, [sample(5, seen=2), sample(3, seen=0), sample(4, seen=1)]) == 3
        assert values(store.samples(NAME, "visits")) == [5]

    def test_two_values_learned_at_the_same_instant_are_both_kept_and_the_second_counts(
        self, store: Store
    ) -> None:
        given = [sample(3), sample(4)]
        assert [store.add_samples(NAME, given) for _ in range(2)] == [2, 0]
        (found,) = store.samples(NAME, "visits")
        assert (found.value, found.seen) == (4, T0 + timedelta(microseconds=1))

    def test_both_ends_of_a_span_are_included(self, store: Store) -> None:
        store.add_samples(NAME, [sample(n, hours=n) for n in range(5)])
        assert values(store.samples(NAME, "visits", start=at(1), end=at(3))) == [1, 2, 3]
        assert values(store.samples(NAME, "visits", start=at(3))) == [3, 4]
        assert values(store.samples(NAME, "visits", end=at(1))) == [0, 1]

    def test_metrics_and_strategies_do_not_meet(self, store: Store) -> None:
        store.add_samples(NAME, [sample(1), sample(2, metric="likes")])
        store.add_samples("acme/news", [sample(3)])
        assert values(store.samples(NAME, "visits")) == [1]
        assert values(store.samples(NAME, "likes")) == [2]
        assert values(store.samples("acme/news", "visits")) == [3]
        assert store.samples(NAME, "nothing") == []

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_a_value_that_is_no_number_is_refused_with_its_whole_batch(
        self, store: Store, value: float
    ) -> None:
        broken = sample(0, hours=1).model_copy(update={"value": value})
        with pytest.raises(
            SourceError, match=r"visits of acme/blog has the value (nan|-?inf) at 2026-01-05T09:00"
        ):
            store.add_samples(NAME, [sample(1), broken])
        assert store.samples(NAME, "visits") == []

    def test_nothing_is_written_for_nothing(self, store: Store) -> None:
        assert store.add_samples(NAME, []) == 0

    def test_a_long_history_is_stored_at_once_and_a_second_time_not_at_all(self, store: Store) -> None:
        history = [
            sample(n % 97, hours=n, metric=metric) for metric in ("visits", "likes") for n in range(2500)
        ]
        assert [store.add_samples(NAME, history) for _ in range(2)] == [5000, 0]
        assert len(store.samples(NAME, "likes")) == 2500

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        batches=st.lists(
            st.lists(
                st.builds(
                    sample,
                    st.sampled_from([0.0, 1.0, 2.5]),
                    hours=st.integers(0, 3),
                    seen=st.integers(0, 4),
                    metric=st.sampled_from(["visits", "likes"]),
                ),
                max_size=8,
            ),
            max_size=5,
        )
    )
    def test_any_samples_in_any_order_are_told_as_a_dictionary_would(
        self, store: Store, batches: list[list[Sample]]
    ) -> None:
        name = f"acme/s{next(_names)}"
        model = Model()
        for batch in batches:
            assert store.add_samples(name, batch) == model.add(batch)
            assert store.add_samples(name, batch) == model.add(batch)
        for metric in ("visits", "likes"):
            for known_at in (None, *(at(hour) for hour in range(6))):
                told = store.samples(name, metric, known_at=known_at)
                assert [(each.at, each.seen, each.value) for each in told] == model.told(metric, known_at)


class Model:
    """The same, in a dictionary: (metric, at) → {seen: value}."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, datetime], dict[datetime, float]] = {}

    def add(self, batch: list[Sample]) -> int:
        return sum(self._add(each) for each in sorted(batch, key=lambda each: each.seen))

    def _add(self, one: Sample) -> bool:
        kept = self.kept.setdefault((one.metric, one.at), {})
        if kept and kept[max(kept)] == one.value:
            return False
        seen = one.seen
        while seen in kept and kept[seen] != one.value:
            seen += timedelta(microseconds=1)
        if seen in kept:
            return False
        kept[seen] = one.value
        return True

    def told(self, metric: str, known_at: datetime | None) -> list[tuple[datetime, datetime, float]]:
        lines = []
        for (name, instant), kept in self.kept.items():
            known = [seen for seen in kept if known_at is None or seen <= known_at]
            if name == metric and known:
                lines.append((instant, max(known), kept[max(known)]))
        return sorted(lines)
