"""What every metric source must keep. Subclass it and give the fixtures, as in `platform_contract`.

Fixtures that must be given: `source`; `config`, which works; `metrics`, numbers that it can show; `failures`, calls
that must raise SourceError. The document behind `config` should hold rows of the future.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest

from adapters.testing.secrecy import SECRET, assert_no_secret, assert_tells_no_secret
from engine.domain.errors import SourceError
from engine.domain.messages import Observe
from engine.domain.ports import MetricSource
from engine.domain.strategy import Metric
from engine.domain.workspace import SourceConfig

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
Call = Callable[[], Awaitable[object]]


def ask(source: SourceConfig, *metrics: Metric, channels: tuple[str, ...] = ()) -> Observe:
    """Return the question for one source, its channels and its metrics."""
    return Observe(
        strategy="team/taco-truck", sources=(source,), channels={source.name: channels}, metrics=metrics
    )


class SourceContract:
    """The suite."""

    @pytest.fixture
    def secrets(self) -> dict[str, str]:
        return {}

    @pytest.fixture
    def wrong_config(self, config: SourceConfig) -> SourceConfig:
        return config.model_copy(update={"settings": {**config.settings, "wrong": 1}})

    def test_it_keeps_the_protocol(self, source: MetricSource) -> None:
        assert isinstance(source, MetricSource)
        assert source.kind

    def test_good_settings_have_nothing_wrong(self, source: MetricSource, config: SourceConfig) -> None:
        assert list(source.validate(config)) == []

    def test_what_is_wrong_is_said_in_sentences(
        self, source: MetricSource, wrong_config: SourceConfig
    ) -> None:
        found = list(source.validate(wrong_config))
        assert found
        assert all(sentence[0].isupper() and sentence.endswith((".", "?")) for sentence in found)
        assert found == list(source.validate(wrong_config))

    def test_a_mistake_in_the_settings_is_said_without_its_value(
        self, source: MetricSource, config: SourceConfig, metrics: tuple[Metric, ...]
    ) -> None:
        for name in (*config.settings, "wrong"):
            mistaken = config.model_copy(update={"settings": {**config.settings, name: {SECRET: SECRET}}})
            found = list(source.validate(mistaken))
            assert found, name
            assert_tells_no_secret(" ".join(found))
        for metric in metrics:
            for name in (*metric.settings, "wrong"):
                wrong = metric.model_copy(update={"settings": {**metric.settings, name: {SECRET: SECRET}}})
                assert_tells_no_secret(" ".join(source.validate(config, wrong)))

    def test_good_metrics_have_nothing_wrong(
        self, source: MetricSource, config: SourceConfig, metrics: tuple[Metric, ...]
    ) -> None:
        assert [list(source.validate(config, metric)) for metric in metrics] == [[] for _ in metrics]

    def test_an_unknown_setting_of_a_metric_is_named(
        self, source: MetricSource, config: SourceConfig, metrics: tuple[Metric, ...]
    ) -> None:
        for metric in metrics:
            wrong = metric.model_copy(update={"settings": {**metric.settings, "wrong": 1}})
            found = list(source.validate(config, wrong))
            assert len(found) == 1
            assert "`wrong`" in found[0]
            assert found[0].endswith((".", "?"))

    def test_what_is_wrong_with_the_source_is_not_repeated_for_its_metrics(
        self, source: MetricSource, wrong_config: SourceConfig, metrics: tuple[Metric, ...]
    ) -> None:
        assert [list(source.validate(wrong_config, metric)) for metric in metrics] == [[] for _ in metrics]

    async def test_a_reading_holds_what_was_asked_and_nothing_of_the_future(
        self, source: MetricSource, config: SourceConfig, metrics: tuple[Metric, ...], secrets: dict[str, str]
    ) -> None:
        reading = await source.read(config, ask(config, *metrics, channels=("blog",)), NOW, secrets)
        assert reading.ok
        assert (reading.source, reading.at, reading.error) == (config.name, NOW, "")
        assert reading.samples, "a test of a source needs numbers"
        assert_tells_no_secret(reading.model_dump_json())
        assert {sample.metric for sample in reading.samples} <= {metric.name for metric in metrics}
        assert all(sample.at <= NOW and sample.seen == NOW for sample in reading.samples)
        assert set(reading.activities) <= {"blog"}
        assert all(each.at <= NOW and each.ref for each in reading.activities.get("blog", ()))

    async def test_each_activity_is_one_thing(
        self, source: MetricSource, config: SourceConfig, secrets: dict[str, str]
    ) -> None:
        reading = await source.read(config, ask(config, channels=("blog", "shop")), NOW, secrets)
        for activities in reading.activities.values():
            refs = [activity.ref for activity in activities]
            assert len(refs) == len(set(refs)) <= 100

    async def test_reading_twice_shows_the_same(
        self, source: MetricSource, config: SourceConfig, metrics: tuple[Metric, ...], secrets: dict[str, str]
    ) -> None:
        question = ask(config, *metrics, channels=("blog",))
        first = await source.read(config, question, NOW, secrets)
        assert await source.read(config, question, NOW, secrets) == first

    async def test_metrics_of_other_sources_are_left_alone(
        self, source: MetricSource, config: SourceConfig, secrets: dict[str, str]
    ) -> None:
        stranger = Metric(name="sales", source="another")
        reading = await source.read(config, ask(config, stranger), NOW, secrets)
        assert reading.samples == ()

    async def test_errors_say_what_to_do_and_no_secret(
        self, failures: Sequence[Call], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert failures
        for call in failures:
            with pytest.raises(SourceError) as caught:
                await call()
            assert len(str(caught.value)) > 20
            assert_no_secret(caught.value, caplog.text, *capfd.readouterr())
