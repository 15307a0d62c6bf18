"""Publishing once, attempt by attempt: what each fault leaves in the ledger, and what the next attempt does."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.failures import LONGEST, NOTHING_HAPPENED
from activities.heartbeat import DEATHS_BEFORE, Deaths
from activities.publish import PublishActivities
from adapters.fake import FakePlatform
from engine.domain.errors import ConflictError, Effect, EngineError, NotFoundError, PublishError
from engine.domain.messages import Find, Publish
from engine.domain.ports import Capabilities, Published, Secrets
from engine.domain.publication import Post, PublishOutcome, PublishStatus
from engine.domain.storage import Publication
from engine.domain.workspace import Account
from engine.runtime.secrets import read_secrets
from engine.store import SqlStore
from tests.activities.conftest import Attempt, Standing, no_secrets
from tests.contracts.store_records import NAME, T0, at, post
from tests.support import eventually_async

SETTLE, CALL = timedelta(seconds=7), timedelta(seconds=20)
CAREFUL = Capabilities(exact_find=True, settle=SETTLE, timeout=CALL)
A_POST = post().model_copy(update={"account": Account(name="site", platform="fake")})


def publish(known_absent: bool = False, of: Post = A_POST) -> Publish:
    return Publish(slot="weekly@slot", post=of, known_absent=known_absent)


def find(of: Post = A_POST, link: str | None = None) -> Find:
    return Find(slot="weekly@slot", post=of.model_copy(update={"claimed_link": link}))


def fake(*script: str, can: Capabilities = CAREFUL, **options: Any) -> FakePlatform:
    return FakePlatform(script, capabilities=can, idempotent=False, **options)


def activities(store: SqlStore, platform: FakePlatform, clock: Standing) -> PublishActivities:
    return PublishActivities({"fake": platform}, store, no_secrets, clock)


def row(store: SqlStore) -> Publication:
    (only,) = store.publications(NAME)
    return only


def status(store: SqlStore) -> PublishStatus | None:
    outcome = row(store).outcome
    return outcome.status if outcome else None


async def refused_for_now(attempt: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await attempt
    assert caught.value.type == NOTHING_HAPPENED
    assert not caught.value.non_retryable
    assert caught.value.category is ApplicationErrorCategory.BENIGN, "no alarm in the worker's log"
    return caught.value


class Rude(FakePlatform):
    """A platform whose adapter raises whatever it is given."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(capabilities=CAREFUL)
        self._error = error

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        self.calls.append(("publish", post.key))
        raise self._error


class Slow(FakePlatform):
    """A platform whose call has begun and takes until it is let go."""

    def __init__(self, can: Capabilities) -> None:
        super().__init__(capabilities=can)
        self.begun, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        self.begun.set()
        await self.may_go_on.wait()
        return await super().publish(post, secrets)


# --- the first attempt ------------------------------------------------------------------------------------------


async def test_a_post_that_works_is_published_once_and_stands_in_the_ledger(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake()
    outcome = await run(activities(store, platform, clock).publish, publish())
    assert (outcome.status, outcome.url) == (PublishStatus.PUBLISHED, "https://fake.example/1")
    assert (row(store).attempts, row(store).outcome, row(store).intended_at) == (1, outcome, T0)
    assert platform.calls == [("publish", A_POST.key)]


async def test_a_trouble_before_anything_happened_is_tried_again_and_the_ledger_says_absent(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake("fail_before")
    doing = activities(store, platform, clock)
    error = await refused_for_now(run(doing.publish, publish()))
    assert "not there" in str(error)
    assert status(store) is PublishStatus.ABSENT
    outcome = await run(doing.publish, publish(), attempt=2)
    assert outcome.status is PublishStatus.PUBLISHED
    assert (row(store).attempts, len(platform.effects)) == (2, 1)


async def test_a_platform_that_names_no_time_is_left_in_peace_for_longer_each_time(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    busy = Rude(PublishError("Not now.", effect=Effect.NONE, transient=True))
    doing, rests = activities(store, busy, clock), []
    for attempt in range(1, 9):
        error = await refused_for_now(run(doing.publish, publish(), attempt=attempt))
        rests.append(error.next_retry_delay)
    assert rests == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 16, 30, 30, 30)]


async def test_a_look_that_fails_is_repeated_after_longer_and_longer_rests(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    doing = activities(store, fake(finds=["fail_before"] * 3), clock)
    rests = [
        (await refused_for_now(run(doing.find, find(), attempt=attempt))).next_retry_delay
        for attempt in (1, 2, 3)
    ]
    assert rests == [timedelta(seconds=seconds) for seconds in (1, 2, 4)]


async def test_a_platform_that_names_a_time_is_asked_again_then(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    wish = timedelta(seconds=90)
    busy = Rude(PublishError("Too many posts.", effect=Effect.NONE, transient=True, retry_after=wish))
    error = await refused_for_now(run(activities(store, busy, clock).publish, publish()))
    assert error.next_retry_delay == wish


async def test_a_post_that_is_wrong_is_refused_and_not_tried_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    outcome = await run(activities(store, fake("refuse"), clock).publish, publish())
    assert outcome.status is PublishStatus.REFUSED
    assert status(store) is PublishStatus.REFUSED


async def test_a_cut_connection_is_a_doubt_that_settles_first(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake("fail_after")
    outcome = await run(activities(store, platform, clock).publish, publish())
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, SETTLE)
    assert status(store) is PublishStatus.MAYBE
    assert len(platform.effects) == 1


@pytest.mark.parametrize(("ahead", "dated"), [(7, 7), (-7, 0)])
async def test_a_doubt_bears_the_instant_of_its_beginning_by_whichever_clock_is_later(
    store: SqlStore, run: Attempt, clock: Standing, ahead: int, dated: int
) -> None:
    started = T0 + timedelta(seconds=ahead)
    run.environment.info = dataclasses.replace(run.environment.info, started_time=started)
    outcome = await run(activities(store, fake("fail_after"), clock).publish, publish())
    assert outcome.since == T0 + timedelta(seconds=dated)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a bug"),
        RuntimeError("another"),
        TimeoutError(),
        PublishError("It worked, but.", effect=Effect.DONE),
    ],
)
async def test_whatever_else_an_adapter_does_is_a_doubt(
    store: SqlStore, run: Attempt, clock: Standing, error: Exception
) -> None:
    outcome = await run(activities(store, Rude(error), clock).publish, publish())
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, SETTLE)


async def test_a_call_that_takes_longer_than_the_platform_says_is_a_doubt(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    hasty = CAREFUL.model_copy(update={"timeout": timedelta(milliseconds=30)})
    outcome = await run(activities(store, fake("hang_after", can=hasty), clock).publish, publish())
    assert outcome.status is PublishStatus.MAYBE
    assert "did not answer in time" in outcome.message


async def test_a_platform_that_is_a_person_asks(store: SqlStore, run: Attempt, clock: Standing) -> None:
    human = fake(can=Capabilities(human=True))
    outcome = await run(activities(store, human, clock).publish, publish())
    assert outcome.status is PublishStatus.ASKED
    again = await run(activities(store, human, clock).publish, publish(), attempt=2)
    assert again == outcome
    assert len(human.calls) == 1


async def test_a_platform_that_is_not_installed_is_a_refusal(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    class Nothing(dict[str, FakePlatform]):
        def __missing__(self, name: str) -> FakePlatform:
            raise NotFoundError(f"There is no platform {name!r}.")

    outcome = await run(PublishActivities(Nothing(), store, no_secrets, clock).publish, publish())
    assert (outcome.status, outcome.message) == (PublishStatus.REFUSED, "There is no platform 'fake'.")


async def test_without_its_secret_a_post_is_refused_before_any_call_and_no_value_is_told(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN_TEST_PRESENT", "hunter2-value")
    monkeypatch.delenv("PLAN_TEST_ABSENT", raising=False)
    secrets = {"there": "env:PLAN_TEST_PRESENT", "missing": "env:PLAN_TEST_ABSENT"}
    account = Account(name="site", platform="fake", secrets=secrets)
    platform = fake()
    doing = PublishActivities({"fake": platform}, store, read_secrets, clock)
    outcome = await run(doing.publish, publish(of=A_POST.model_copy(update={"account": account})))
    assert outcome.status is PublishStatus.REFUSED
    assert "PLAN_TEST_ABSENT" in outcome.message
    assert "hunter2" not in outcome.model_dump_json()
    assert "hunter2" not in row(store).model_dump_json()
    assert platform.calls == []


async def test_an_error_page_is_cut(store: SqlStore, run: Attempt, clock: Standing) -> None:
    page = Rude(PublishError("It broke.", effect=Effect.MAYBE, raw="<html>" * 10_000))
    outcome = await run(activities(store, page, clock).publish, publish())
    assert len(outcome.message) == LONGEST


# --- a later attempt --------------------------------------------------------------------------------------------


async def test_after_a_crash_between_intent_and_outcome_nothing_is_sent_and_the_call_is_outwaited(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    clock.move(timedelta(seconds=5))
    platform = fake()
    outcome = await run(activities(store, platform, clock).publish, publish(), attempt=2)
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, CALL - timedelta(seconds=5) + SETTLE)
    assert platform.calls == []
    assert status(store) is None, "the intent stays open until somebody has looked"


async def test_a_crash_long_ago_is_only_given_the_time_to_settle(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    clock.move(timedelta(hours=2))
    outcome = await run(activities(store, fake(), clock).publish, publish(), attempt=2)
    assert outcome.settle == SETTLE


async def test_a_crash_of_the_second_attempt_is_outwaited_from_its_own_beginning(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    store.settle_publication(A_POST.key, PublishOutcome(status=PublishStatus.ABSENT), T0)
    store.reopen_publication(A_POST.key, 1, at(1))
    clock.at = at(1)
    outcome = await run(activities(store, fake(), clock).publish, publish(), attempt=3)
    assert outcome.settle == CALL + SETTLE


@pytest.mark.parametrize(
    ("attempt", "deaths", "waits"), [(2, 1, False), (3, 2, False), (3, 1, True), (2, 0, True)]
)
async def test_nobody_waits_for_calls_whose_processes_are_all_known_to_be_dead(
    store: SqlStore, run: Attempt, clock: Standing, attempt: int, deaths: int, waits: bool
) -> None:
    store.claim_publication(A_POST, T0)
    platform, token = fake(), DEATHS_BEFORE.set(Deaths(deaths))
    try:
        outcome = await run(activities(store, platform, clock).publish, publish(), attempt=attempt)
    finally:
        DEATHS_BEFORE.reset(token)
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, CALL + SETTLE if waits else SETTLE)
    assert platform.calls == []


@pytest.mark.parametrize(
    ("ahead", "dated"), [(0, -3), (7, 4), (-7, -3)], ids=["one clock", "the server's ahead", "ours ahead"]
)
async def test_after_a_death_the_doubt_bears_the_instant_at_which_the_death_was_seen(
    store: SqlStore, run: Attempt, clock: Standing, ahead: int, dated: int
) -> None:
    started = T0 + timedelta(seconds=ahead)
    run.environment.info = dataclasses.replace(run.environment.info, started_time=started)
    store.claim_publication(A_POST, T0 - timedelta(seconds=5))
    token = DEATHS_BEFORE.set(Deaths(1, T0 - timedelta(seconds=3)))
    try:
        outcome = await run(activities(store, fake(), clock).publish, publish(), attempt=2)
    finally:
        DEATHS_BEFORE.reset(token)
    assert outcome.since == T0 + timedelta(seconds=dated)


async def test_nobody_waits_for_a_platform_to_which_the_same_key_is_the_same_post(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    same = fake(can=CAREFUL.model_copy(update={"idempotent": True}))
    outcome = await run(activities(store, same, clock).publish, publish(), attempt=2)
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, SETTLE)
    assert outcome.under_way_until == T0 + CALL + SETTLE, "until then it may yet appear"


async def test_what_was_published_before_is_told_again_without_a_call(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake()
    doing = activities(store, platform, clock)
    first = await run(doing.publish, publish())
    clock.move(timedelta(minutes=1))
    assert await run(doing.publish, publish(), attempt=2) == first
    assert await run(doing.publish, publish(known_absent=True)) == first
    assert len(platform.calls) == 1


async def test_a_doubt_is_not_repeated_by_a_second_call_of_the_same_slot(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake("fail_after")
    doing = activities(store, platform, clock)
    await run(doing.publish, publish())
    again = await run(doing.publish, publish())
    assert again.status is PublishStatus.MAYBE
    assert len(platform.effects) == 1


async def test_a_person_who_looked_lets_it_be_sent_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    platform = fake()
    outcome = await run(activities(store, platform, clock).publish, publish(known_absent=True))
    assert outcome.status is PublishStatus.PUBLISHED
    assert row(store).attempts == 2


async def test_the_persons_look_does_not_cover_a_retry_of_that_very_call(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    platform = fake("hang_after")
    doing = activities(store, platform, clock)
    first = asyncio.create_task(run(doing.publish, publish(known_absent=True)))
    await eventually_async(lambda: platform.effects)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    again = await run(doing.publish, publish(known_absent=True), attempt=2)
    assert again.status is PublishStatus.MAYBE
    assert len(platform.effects) == 1


async def test_a_slot_claimed_with_other_content_and_never_settled_is_for_a_person(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    platform = fake()
    changed = A_POST.model_copy(update={"key": f"{A_POST.key}-changed"})
    outcome = await run(activities(store, platform, clock).publish, publish(of=changed))
    assert outcome.status is PublishStatus.UNSURE
    assert A_POST.key in outcome.message
    assert platform.calls == []


async def test_of_two_attempts_that_both_may_send_only_one_does(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.claim_publication(A_POST, T0)
    store.settle_publication(A_POST.key, PublishOutcome(status=PublishStatus.ABSENT), T0)

    def overtaken(*_: object) -> Publication:
        raise ConflictError("another attempt sends it just now")

    monkeypatch.setattr(store, "reopen_publication", overtaken)
    platform = fake()
    outcome = await run(activities(store, platform, clock).publish, publish())
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, CALL + SETTLE)
    assert platform.calls == []


async def test_a_ledger_that_breaks_after_the_post_is_not_called_nothing(
    store: SqlStore, run: Attempt, clock: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> Publication:
        raise EngineError("The database is away.")

    platform = fake()
    doing = activities(store, platform, clock)
    with monkeypatch.context() as patch:
        patch.setattr(store, "settle_publication", away)
        with pytest.raises(EngineError):
            await run(doing.publish, publish())
    again = await run(doing.publish, publish(), attempt=2)
    assert again.status is PublishStatus.MAYBE
    assert len(platform.effects) == 1


async def test_a_worker_that_ends_leaves_the_intent_open(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake("hang_after")
    task = asyncio.create_task(run(activities(store, platform, clock).publish, publish()))
    await eventually_async(lambda: platform.effects)
    run.environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (status(store), row(store).attempts) == (None, 1)


async def test_a_heartbeat_goes_out_while_the_platform_thinks(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    beats: list[object] = []
    run.environment.on_heartbeat = lambda *_: beats.append(1)
    info = run.environment.info
    run.environment.info = dataclasses.replace(info, heartbeat_timeout=timedelta(milliseconds=30))
    platform = fake("hang_after")
    task = asyncio.create_task(run(activities(store, platform, clock).publish, publish()))
    await eventually_async(lambda: len(beats) >= 3)
    platform.release()
    assert (await task).status is PublishStatus.PUBLISHED


# --- looking ----------------------------------------------------------------------------------------------------


async def test_a_look_that_finds_the_post_settles_the_doubt(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = fake("fail_after")
    doing = activities(store, platform, clock)
    await run(doing.publish, publish())
    outcome = await run(doing.find, find())
    assert (outcome.status, outcome.url) == (PublishStatus.PUBLISHED, "https://fake.example/1")
    assert status(store) is PublishStatus.PUBLISHED


async def test_only_an_exact_look_proves_that_nothing_is_there(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    exact = await run(activities(store, fake(), clock).find, find())
    vague = await run(activities(store, fake(can=Capabilities()), clock).find, find())
    assert (exact.status, vague.status) == (PublishStatus.ABSENT, PublishStatus.UNSURE)
    outcome = await run(activities(store, fake(), clock).publish, publish())
    assert outcome.status is PublishStatus.MAYBE, "the newer doubt counts"


async def test_after_a_look_that_proves_absence_the_same_key_is_sent_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    platform = fake()
    doing = activities(store, platform, clock)
    await run(doing.find, find())
    assert (await run(doing.publish, publish())).status is PublishStatus.PUBLISHED
    assert platform.effects == [A_POST.key]


async def test_a_look_that_fails_for_now_is_repeated_and_one_that_fails_for_good_is_unsure(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    store.claim_publication(A_POST, T0)
    doing = activities(store, fake(finds=["fail_before", "refuse"]), clock)
    await refused_for_now(run(doing.find, find()))
    assert (await run(doing.find, find())).status is PublishStatus.UNSURE


async def test_a_pasted_link_that_leads_nowhere_is_not_called_absent(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    outcome = await run(activities(store, fake(), clock).find, find(link="https://blog.example/nowhere"))
    assert outcome.status is PublishStatus.UNSURE
    assert "https://blog.example/nowhere" in outcome.message


def test_the_policies_leave_a_call_the_time_that_its_platform_may_take(store: SqlStore) -> None:
    from activities import policies  # noqa: PLC0415 - what is compared stands here

    assert policies.PUBLISH["start_to_close_timeout"] > Capabilities().timeout
    assert policies.FIND["start_to_close_timeout"] > Capabilities().timeout
    assert policies.RECORD["retry_policy"].maximum_attempts == 0, "the journal is never given up"


# --- two calls about one slot in one worker ------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["publish", "find"])
async def test_who_asks_again_while_the_first_call_is_under_way_gets_its_answer_and_no_absence(
    second: str, store: SqlStore, clock: Standing
) -> None:
    platform = Slow(Capabilities(exact_find=True, idempotent=True, settle=timedelta(0)))
    doing = activities(store, platform, clock)
    first = asyncio.create_task(Attempt()(doing.publish, publish()))
    await platform.begun.wait()
    again = Attempt()
    asked = again(doing.publish, publish(), attempt=2) if second == "publish" else again(doing.find, find())
    other = asyncio.create_task(asked)
    await asyncio.sleep(0)
    platform.may_go_on.set()
    assert {(await first).status, (await other).status} == {PublishStatus.PUBLISHED}
    assert len(platform.effects) == 1
    assert status(store) is PublishStatus.PUBLISHED
