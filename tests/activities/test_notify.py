"""Notifying: once through each notifier, again only where it failed, and in the end the truth about what did not work."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ApplicationError

from activities.notify import NotifyActivities
from activities.policies import NOTIFY_ATTEMPTS
from adapters.fake import FakeNotifier
from engine.domain.journal import EntryType
from engine.domain.lifecycle.state import new_state
from engine.domain.lifecycle.step import step
from engine.domain.messages import Notify, PlanApplied
from engine.domain.records import Alert, AlertState
from engine.domain.rule import Severity
from engine.domain.workspace import NotifierConfig
from engine.store import SqlStore
from tests.activities.conftest import Attempt, Standing, no_secrets
from tests.contracts.store_records import NAME, T0, alert, alert_entry, at, plan, row


def notice(*names: str) -> Notify:
    return Notify(
        notice=f"{NAME}/T1/opened",
        strategy=NAME,
        severity=Severity.INFO,
        title="T1",
        body="Look.",
        notifiers=tuple(NotifierConfig(name=name, kind=name) for name in names),
    )


def notifying(store: SqlStore, clock: Standing, **notifiers: FakeNotifier) -> NotifyActivities:
    return NotifyActivities(notifiers, store, no_secrets, clock)


async def test_each_notifier_is_told_once_however_often_it_is_asked(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    mail, chat = FakeNotifier(), FakeNotifier()
    doing = notifying(store, clock, mail=mail, chat=chat)
    for attempt in (1, 2, 3):
        finished = await run(doing.notify, notice("mail", "chat"), attempt=attempt)
        assert finished.failures == {}
    assert (len(mail.sent), len(chat.sent)) == (1, 1)


async def test_only_the_notifier_that_failed_is_asked_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    mail, chat = FakeNotifier(), FakeNotifier(["fail_before"])
    doing = notifying(store, clock, mail=mail, chat=chat)
    with pytest.raises(ApplicationError, match="chat: The fake service is not there"):
        await run(doing.notify, notice("mail", "chat"))
    finished = await run(doing.notify, notice("mail", "chat"), attempt=2)
    assert finished.failures == {}
    assert (len(mail.sent), len(chat.sent)) == (1, 1)


async def test_what_fails_for_good_is_reported_at_once(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    mail, chat = FakeNotifier(), FakeNotifier(["refuse"])
    finished = await run(notifying(store, clock, mail=mail, chat=chat).notify, notice("mail", "chat"))
    assert finished.failures == {"chat": "The fake service is not there."}


async def test_what_fails_until_the_last_attempt_is_reported_then(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    doing = notifying(store, clock, chat=FakeNotifier(["fail_before"] * NOTIFY_ATTEMPTS))
    for attempt in range(1, NOTIFY_ATTEMPTS):
        with pytest.raises(ApplicationError):
            await run(doing.notify, notice("chat"), attempt=attempt)
    finished = await run(doing.notify, notice("chat"), attempt=NOTIFY_ATTEMPTS)
    assert finished.failures == {"chat": "The fake service is not there."}


async def test_a_notifier_that_hangs_keeps_nobody_else_waiting(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.notify._SECONDS", 0.05)
    mail = FakeNotifier()
    doing = notifying(store, clock, slow=FakeNotifier(["hang_before"]), mail=mail)
    with pytest.raises(ApplicationError, match="slow: it did not take the message within"):
        await run(doing.notify, notice("slow", "mail"))
    assert len(mail.sent) == 1


async def test_a_bug_in_one_notifier_is_its_failure_alone(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    class Buggy(FakeNotifier):
        async def send(self, *_: object, **__: object) -> None:
            raise KeyError("secret-of-a-service")

    mail = FakeNotifier()
    finished = await run(notifying(store, clock, buggy=Buggy(), mail=mail).notify, notice("buggy", "mail"))
    assert finished.failures == {"buggy": "its adapter broke: KeyError"}
    assert len(mail.sent) == 1


def firing(*names: str) -> Notify:
    return notice(*names).model_copy(update={"alerts": (alert(),)})


def known(store: SqlStore, told: Alert) -> None:
    """Let the store know this of the alert."""
    store.record(row(1), [alert_entry(1, told)], T0)


async def test_a_late_notice_says_that_its_alert_has_ended_meanwhile(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    chat = FakeNotifier(["fail_before"])
    doing = notifying(store, clock, chat=chat)
    with pytest.raises(ApplicationError):
        await run(doing.notify, firing("chat"))
    over = alert(AlertState.RESOLVED).model_copy(update={"resolved_at": at(1)})
    known(store, over)
    await run(doing.notify, firing("chat"), attempt=2)
    assert [told.alerts for _, told in chat.sent] == [(over,)]


@pytest.mark.parametrize(
    "stands",
    [alert(), alert(AlertState.RESOLVED).model_copy(update={"fired_at": at(-9), "resolved_at": at(-8)})],
    ids=["it fires", "an earlier firing has ended"],
)
async def test_a_late_notice_of_an_alert_that_still_fires_is_as_it_was(
    store: SqlStore, run: Attempt, clock: Standing, stands: Alert
) -> None:
    known(store, stands)
    chat = FakeNotifier()
    await run(notifying(store, clock, chat=chat).notify, firing("chat"), attempt=2)
    assert [told for _, told in chat.sent] == [firing("chat")]


async def test_a_final_failure_stands_in_the_journal(store: SqlStore, run: Attempt, clock: Standing) -> None:
    finished = await run(notifying(store, clock, chat=FakeNotifier(["refuse"])).notify, notice("chat"))
    a_plan = plan()
    begun = step(a_plan, new_state(a_plan.id, T0), PlanApplied(revision=1), T0)
    (entry,) = step(a_plan, begun.state, finished, T0).entries
    assert (entry.type, entry.subject) == (EntryType.NOTICE_FAILED, "notifier/chat")
    assert "The fake service is not there." in entry.summary
