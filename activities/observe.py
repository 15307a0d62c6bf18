"""Observing: every due source of a strategy is read in one activity, then its rules are judged, if that was asked.

Samples and posts go straight to the store; the strategy hears only what it needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import lru_cache

from temporalio import activity

from activities.failures import shorten
from activities.heartbeat import heartbeating
from engine.domain.errors import DrumbeatError, NotFoundError, SourceError
from engine.domain.judgement import Circumstances, Judgement
from engine.domain.messages import Observe, Observed
from engine.domain.ports import Clock, MetricSource, SecretReader
from engine.domain.records import Activity, DataState, Reading, Sample
from engine.domain.storage import Store
from engine.domain.workspace import SourceConfig
from rules.evaluation import Evaluator

# What one source may cost, so that one slow source never hides what the others show.
_SOURCE_SECONDS = 40
# What goes back into the strategy's history; the store keeps all samples, the heart needs the newest. A cadence that
# counts many activities asks for more of them; people read only the titles of the newest.
_NEWEST = 40
_TITLE, _ERROR = 200, 1000
# Plans whose rules are kept ready; one costs as much memory as its text, expressions are shared between plans.
_EVALUATORS = 2048


class ObserveActivities:
    """Reads sources and judges rules."""

    def __init__(
        self, sources: Mapping[str, MetricSource], store: Store, secrets: SecretReader, clock: Clock
    ) -> None:
        self._sources, self._store, self._secrets, self._clock = sources, store, secrets, clock
        self._evaluator = lru_cache(maxsize=_EVALUATORS)(self._make_evaluator)

    @activity.defn
    async def observe(self, request: Observe) -> Observed:
        """Read all sources at once. One that fails gives a reading that says so; it never stops the others."""
        async with heartbeating():
            readings = await asyncio.gather(*(self._read(source, request) for source in request.sources))
            kept = [await self._keep(request.strategy, reading) for reading in readings]
            circumstances = request.judge.once_read(kept) if request.judge else None
            judgements = await self._judge(request.strategy, circumstances)
        return Observed(
            readings=tuple(_brief(reading, request.newest) for reading in kept),
            judgements=judgements or (),
            judged_at=circumstances.at if circumstances and judgements is not None else None,
        )

    async def _read(self, source: SourceConfig, request: Observe) -> Reading:
        now = self._clock.now()
        try:
            adapter = self._sources[source.kind]
            async with asyncio.timeout(_SOURCE_SECONDS):
                return await adapter.read(source, request, now, self._secrets(source.secrets))
        except TimeoutError:
            return Reading(source=source.name, at=now, ok=False, error="it did not answer in time")
        except DrumbeatError as error:
            return Reading(source=source.name, at=now, ok=False, error=str(error))
        except Exception as error:  # noqa: BLE001 - a bug in an adapter must not blind the other sources
            activity.logger.exception("source adapter broke", extra={"source": source.name})
            return Reading(
                source=source.name, at=now, ok=False, error=f"its adapter broke: {type(error).__name__}"
            )

    async def _keep(self, strategy: str, reading: Reading) -> Reading:
        """Store one source's samples and posts. What no store would take is its fault; a store that is away is not."""
        try:
            await asyncio.to_thread(self._write, strategy, reading)
        except SourceError as error:
            return Reading(source=reading.source, at=reading.at, ok=False, error=str(error))
        return reading

    def _write(self, strategy: str, reading: Reading) -> None:
        if reading.samples:
            self._store.add_samples(strategy, reading.samples)
        if any(reading.activities.values()):
            self._store.add_activities(strategy, reading.activities, reading.at)

    async def _judge(
        self, strategy: str, circumstances: Circumstances | None
    ) -> tuple[Judgement, ...] | None:
        """Judge the rules if that was asked; None when nobody can, and the strategy goes by what it knew."""
        if circumstances is None:
            return None
        try:
            return await asyncio.to_thread(self._evaluate, strategy, circumstances)
        except NotFoundError:
            # The store has lost the plan; it gets it back from the strategy with the next record.
            activity.logger.warning("the store has no such plan; rules were not judged")
        except Exception:  # noqa: BLE001 - a defect here must not take the readings along
            # The readings are worth more than the judgements, which come again in an hour.
            activity.logger.exception("rules could not be judged", extra={"strategy": strategy})
        return None

    def _evaluate(self, strategy: str, circumstances: Circumstances) -> tuple[Judgement, ...]:
        evaluator = self._evaluator(strategy, circumstances.revision)
        series = self._store.series(strategy, evaluator.windows(circumstances))
        evaluation = evaluator.evaluate(circumstances, series)
        self._store.save_judged(strategy, circumstances.revision, evaluation.judged)
        for judgement in evaluation.judgements:
            if judgement.data is DataState.ERROR:
                activity.logger.error(judgement.because, extra={"strategy": strategy, "rule": judgement.rule})
        return evaluation.worth_telling(circumstances)

    def _make_evaluator(self, strategy: str, revision: int) -> Evaluator:
        return Evaluator(self._store.revision(strategy, revision).plan)


def _brief(reading: Reading, wanted: Mapping[str, int]) -> Reading:
    """Return the reading with only what the heart needs: the newest activities, and one sample per metric."""
    newest: dict[str, Sample] = {}
    for sample in reading.samples:
        if sample.metric not in newest or sample.at >= newest[sample.metric].at:
            newest[sample.metric] = sample
    activities = {
        channel: _newest(seen, max(_NEWEST, wanted.get(channel, 0)))
        for channel, seen in reading.activities.items()
    }
    return reading.model_copy(
        update={
            "samples": tuple(newest.values()),
            "activities": activities,
            "error": shorten(reading.error, _ERROR),
        }
    )


def _newest(seen: Iterable[Activity], many: int) -> tuple[Activity, ...]:
    kept = sorted(seen, key=lambda activity: activity.at)[-many:]
    older, newer = kept[:-_NEWEST], kept[-_NEWEST:]
    untitled = (each.model_copy(update={"title": "", "sketch": ""}) for each in older)
    return (*untitled, *(_titled(each) for each in newer))


def _titled(seen: Activity) -> Activity:
    """Return the activity with a title of a sensible length; whole texts are sometimes found there.

    The sketch of its text is the store's business alone.
    """
    return seen.model_copy(update={"title": shorten(seen.title, _TITLE), "sketch": ""})
