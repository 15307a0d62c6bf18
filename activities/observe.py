"""Observing: every due source of a strategy is read in one activity, and its samples go straight to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from temporalio import activity

from activities.failures import shorten
from activities.heartbeat import heartbeating
from engine.domain.errors import DrumbeatError, SourceError
from engine.domain.messages import Observe, Observed
from engine.domain.ports import Clock, MetricSource, SecretReader, Store
from engine.domain.records import Activity, Reading, Sample
from engine.domain.workspace import SourceConfig

# What one source may cost, so that one slow source never hides what the others show.
_SOURCE_SECONDS = 40
# What goes back into the strategy's history; the store keeps all samples, the heart needs the newest. A cadence that
# counts many activities asks for more of them; people read only the titles of the newest.
_NEWEST = 40
_TITLE, _ERROR = 200, 1000


class ObserveActivities:
    """Reads sources."""

    def __init__(
        self, sources: Mapping[str, MetricSource], store: Store, secrets: SecretReader, clock: Clock
    ) -> None:
        self._sources, self._store, self._secrets, self._clock = sources, store, secrets, clock

    @activity.defn
    async def observe(self, request: Observe) -> Observed:
        """Read all sources at once. One that fails gives a reading that says so; it never stops the others."""
        async with heartbeating():
            readings = await asyncio.gather(*(self._read(source, request) for source in request.sources))
            kept = [await self._keep(request.strategy, reading) for reading in readings]
        return Observed(readings=tuple(_brief(reading, request.newest) for reading in kept))

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
        """Store one source's samples. What no store would take is its fault; a store that is away is not."""
        if reading.samples:
            try:
                await asyncio.to_thread(self._store.add_samples, strategy, reading.samples)
            except SourceError as error:
                return Reading(source=reading.source, at=reading.at, ok=False, error=str(error))
        return reading


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
    untitled = (each.model_copy(update={"title": ""}) for each in older)
    return (*untitled, *(_titled(each) for each in newer))


def _titled(seen: Activity) -> Activity:
    """Return the activity with a title of a sensible length; whole texts are sometimes found there."""
    return seen.model_copy(update={"title": shorten(seen.title, _TITLE)})
