"""Notifying: each notice goes out once through each of its notifiers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.failures import LONGEST, shorten, try_again
from activities.heartbeat import heartbeating
from activities.policies import NOTIFY_ATTEMPTS
from engine.domain.errors import DrumbeatError, NotifyError
from engine.domain.messages import Notify, NotifyFinished
from engine.domain.ports import Clock, Notifier, SecretReader
from engine.domain.storage import Store
from engine.domain.workspace import NotifierConfig

# What one notifier may take, so that one that hangs keeps nobody else waiting.
_SECONDS = 30


class NotifyActivities:
    """Tells people."""

    def __init__(
        self, notifiers: Mapping[str, Notifier], store: Store, secrets: SecretReader, clock: Clock
    ) -> None:
        self._notifiers, self._store, self._secrets, self._clock = notifiers, store, secrets, clock

    @activity.defn
    async def notify(self, request: Notify) -> NotifyFinished:
        """Deliver through every notifier that has not delivered yet; report those that finally failed."""
        async with heartbeating():
            if activity.info().attempt > 1:
                request = await asyncio.to_thread(self._brought_up_to_date, request)
            errors = await asyncio.gather(*(self._deliver(each, request) for each in request.notifiers))
        failed = {
            each.name: error
            for each, error in zip(request.notifiers, errors, strict=True)
            if error is not None
        }
        failures = {name: shorten(str(error), LONGEST) for name, error in failed.items()}
        passing = any(isinstance(error, NotifyError) and error.transient for error in failed.values())
        if passing and activity.info().attempt < NOTIFY_ATTEMPTS:
            raise try_again("; ".join(f"{name}: {error}" for name, error in failures.items()))
        return NotifyFinished(notice=request.notice, failures=failures)

    def _brought_up_to_date(self, request: Notify) -> Notify:
        """Return the notice with the ends of its alerts that have come while it waited to be delivered.

        The notice of an end may have been faster, and a service that keeps alerts must not raise this one again.
        """
        if all(told.resolved_at is not None for told in request.alerts):
            return request
        known = {
            (alert.id, alert.fired_at): alert
            for _, alert in self._store.alerts(request.strategy, active=False)
            if alert.resolved_at is not None
        }
        told = tuple(known.get((alert.id, alert.fired_at), alert) for alert in request.alerts)
        return request.model_copy(update={"alerts": told})

    async def _deliver(self, notifier: NotifierConfig, request: Notify) -> DrumbeatError | None:
        fresh = await asyncio.to_thread(
            self._store.claim_notice, request.strategy, request.notice, notifier.name, self._clock.now()
        )
        if not fresh:
            return None
        try:
            adapter = self._notifiers[notifier.kind]
            async with asyncio.timeout(_SECONDS):
                await adapter.send(notifier, request, self._secrets(notifier.secrets))
        except TimeoutError:
            return NotifyError(f"it did not take the message within {_SECONDS} s")
        except DrumbeatError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a bug in one notifier must not silence the others
            return NotifyError(f"its adapter broke: {type(error).__name__}", transient=False)
        await asyncio.to_thread(
            self._store.settle_notice, request.strategy, request.notice, notifier.name, self._clock.now()
        )
        return None
