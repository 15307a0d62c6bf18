"""What a platform does beside posting, attempt by attempt: preparing, checking, credentials that expire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from temporalio.exceptions import ApplicationError

from activities.credentials import LEASE
from activities.failures import NOTHING_HAPPENED
from activities.publish import PublishActivities
from adapters.fake import FakePlatform
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.messages import Find, Publish
from engine.domain.ports import Accepted, Capabilities, Published, Role, Secrets
from engine.domain.publication import Post, PublishStatus
from engine.domain.storage import Credential
from engine.domain.workspace import Account
from engine.store import SqlStore, open_store
from engine.store.seal import Seal
from tests.activities.conftest import Attempt, Standing, no_secrets
from tests.contracts.store_records import NAME, post

A_POST = post().model_copy(update={"account": Account(name="site", platform="fake")})
REQUEST, LOOK = Publish(slot="weekly@slot", post=A_POST), Find(slot="weekly@slot", post=A_POST)


def nothing(*, transient: bool, trouble: Trouble | None = None) -> PublishError:
    return PublishError("It did nothing.", effect=Effect.NONE, transient=transient, trouble=trouble)


class Killed(BaseException):
    """The worker's end."""


class Versatile(FakePlatform):
    """A platform with every role; what it raises is put into `troubles`, by what it is asked for."""

    def __init__(self, *roles: Role, ends: timedelta | None = None) -> None:
        can = Capabilities(exact_find=True, settle=timedelta(seconds=7), roles=frozenset(roles))
        super().__init__(capabilities=can)
        self.troubles: dict[str, list[PublishError | None]] = {}
        self.secrets: list[Secrets] = []
        self.answers: list[Published | Accepted | None] = []
        self.refreshed = 0
        self.during_refresh: Callable[[], None] = lambda: None
        self._ends = ends
        self.clock = Standing()

    def _next(self, name: str, secrets: Secrets) -> None:
        self.calls.append((name, A_POST.key))
        self.secrets.append(secrets)
        trouble = self.troubles.get(name, [])
        if trouble and (error := trouble.pop(0)) is not None:
            raise error

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        self._next("prepare", secrets)
        return post.model_copy(update={"prepared": {"image": 1}})

    async def publish(self, post: Post, secrets: Secrets) -> Any:
        self._next("publish", secrets)
        assert (post.prepared == {"image": 1}) is (Role.PREPARE in self.capabilities.roles)
        if Role.CHECK in self.capabilities.roles:
            return Accepted(native_id="n1", look_after=timedelta(seconds=3))
        return Published(at=post.slot, url="https://fake.example/1")

    async def check(self, post: Post, native_id: str, secrets: Secrets) -> Published | Accepted | None:
        self._next("check", secrets)
        assert native_id == "n1"
        return self.answers.pop(0)

    async def refresh(self, account: Account, secrets: Secrets, kept: Credential | None) -> Credential:
        self._next("refresh", {**secrets, **(kept.values if kept else {})})
        await asyncio.to_thread(self.during_refresh)
        self.refreshed += 1
        ends = None if self._ends is None else self.clock.now() + self._ends
        return Credential(
            values={"access": f"a{self.refreshed}", "refresh": "r1" if kept is None else ""}, expires_at=ends
        )


def activities(store: SqlStore, platform: Versatile, clock: Standing) -> PublishActivities:
    platform.clock = clock
    return PublishActivities({"fake": platform}, store, no_secrets, clock)


async def tried_again(attempt: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await attempt
    assert caught.value.type == NOTHING_HAPPENED
    return caught.value


def names(platform: Versatile) -> list[str]:
    return [name for name, _ in platform.calls]


# --- preparing --------------------------------------------------------------------------------------------------


async def test_what_a_post_needs_is_in_place_before_its_intent_is_written(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.PREPARE)
    ledger: list[int] = []
    prepare = platform.prepare

    async def looking(post: Post, secrets: Secrets) -> Post:
        ledger.append(len(store.publications(NAME)))
        return await prepare(post, secrets)

    platform.prepare = looking  # type: ignore[method-assign]
    outcome = await run(activities(store, platform, clock).publish, REQUEST)
    assert (outcome.status, ledger, names(platform)) == (PublishStatus.PUBLISHED, [0], ["prepare", "publish"])


@pytest.mark.parametrize("trouble", [nothing(transient=True), TimeoutError()])
async def test_preparing_that_fails_for_now_is_repeated_and_nothing_was_sent(
    store: SqlStore, run: Attempt, clock: Standing, trouble: Any
) -> None:
    platform = Versatile(Role.PREPARE)
    platform.troubles["prepare"] = [trouble]
    doing = activities(store, platform, clock)
    await tried_again(run(doing.publish, REQUEST))
    assert names(platform) == ["prepare"]
    outcome = await run(doing.publish, REQUEST, attempt=2)
    assert (outcome.status, names(platform)) == (PublishStatus.PUBLISHED, ["prepare", "prepare", "publish"])


@pytest.mark.parametrize("trouble", [nothing(transient=False), ZeroDivisionError()])
async def test_preparing_that_fails_for_good_is_refused_and_never_a_doubt(
    store: SqlStore, run: Attempt, clock: Standing, trouble: Any
) -> None:
    platform = Versatile(Role.PREPARE)
    platform.troubles["prepare"] = [trouble]
    outcome = await run(activities(store, platform, clock).publish, REQUEST)
    assert (outcome.status, names(platform)) == (PublishStatus.REFUSED, ["prepare"])


async def test_what_was_prepared_never_gets_into_the_ledger_or_the_history() -> None:
    ready = A_POST.model_copy(update={"prepared": {"image": 1}})
    assert "prepared" not in ready.model_dump()
    assert "prepared" not in ready.model_dump_json()


# --- accepted first, shown later --------------------------------------------------------------------------------


async def test_an_accepted_post_is_looked_at_by_the_platforms_own_id_until_it_is_shown(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.CHECK)
    doing = activities(store, platform, clock)
    outcome = await run(doing.publish, REQUEST)
    assert (outcome.status, outcome.settle) == (PublishStatus.MAYBE, timedelta(seconds=3))
    platform.answers = [
        Accepted(native_id="n1", look_after=timedelta(seconds=9)),
        Published(at=A_POST.slot, url="https://fake.example/1"),
    ]
    error = await tried_again(run(doing.find, LOOK))
    assert error.next_retry_delay == timedelta(seconds=9)
    found = await run(doing.find, LOOK, attempt=2)
    assert (found.status, found.url) == (PublishStatus.PUBLISHED, "https://fake.example/1")
    assert names(platform) == ["publish", "check", "check"]


async def test_an_accepted_post_that_the_platform_threw_away_is_absent(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.CHECK)
    doing = activities(store, platform, clock)
    await run(doing.publish, REQUEST)
    platform.answers = [None]
    assert (await run(doing.find, LOOK)).status is PublishStatus.ABSENT


# --- credentials that expire ------------------------------------------------------------------------------------


async def test_a_credential_is_kept_before_it_is_used_and_used_until_it_ends(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH, ends=timedelta(hours=1))
    doing = activities(store, platform, clock)
    await run(doing.find, LOOK)
    await run(doing.publish, REQUEST)
    assert platform.secrets[-1] == {"access": "a1", "refresh": "r1"}
    assert platform.refreshed == 1
    clock.move(timedelta(minutes=59))
    await run(doing.find, LOOK)
    assert platform.refreshed == 2, "a credential that ends during the call is renewed before it"


async def test_an_empty_value_never_takes_the_place_of_a_kept_one(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH, ends=timedelta(hours=1))
    doing = activities(store, platform, clock)
    await run(doing.find, LOOK)
    clock.move(timedelta(hours=1))
    await run(doing.publish, REQUEST)
    assert platform.secrets[-1] == {"access": "a2", "refresh": "r1"}


async def test_a_session_whose_key_is_lost_costs_a_new_login_and_what_is_posted_is_posted(
    store: SqlStore, run: Attempt, clock: Standing, tmp_path: Path
) -> None:
    platform = Versatile(Role.REFRESH, ends=timedelta(hours=1))
    await run(activities(store, platform, clock).find, LOOK)
    again = open_store(f"sqlite:///{tmp_path / 'store.db'}", seal=Seal([Fernet.generate_key().decode()]))
    outcome = await run(activities(again, platform, clock).publish, REQUEST)
    assert (outcome.status, platform.refreshed) == (PublishStatus.PUBLISHED, 2)
    assert platform.secrets[-1] == {"access": "a2", "refresh": "r1"}, "signed in as if for the first time"
    await run(activities(again, platform, clock).find, LOOK)
    assert platform.refreshed == 2
    again.close()


async def test_a_refused_credential_is_renewed_once_and_the_post_sent_again(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    doing = activities(store, platform, clock)
    await run(doing.find, LOOK)
    platform.troubles["publish"] = [nothing(transient=False, trouble=Trouble.CREDENTIAL)]
    await tried_again(run(doing.publish, REQUEST))
    outcome = await run(doing.publish, REQUEST, attempt=2)
    assert (outcome.status, platform.refreshed) == (PublishStatus.PUBLISHED, 2)


async def test_a_credential_that_is_refused_although_it_is_new_is_not_renewed_for_ever(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    refused = nothing(transient=False, trouble=Trouble.CREDENTIAL)
    platform.troubles["publish"] = [refused, refused]
    outcome = await run(activities(store, platform, clock).publish, REQUEST)
    assert (outcome.status, platform.refreshed) == (PublishStatus.REFUSED, 1)


async def test_a_sign_in_that_is_refused_posts_nothing_and_says_so(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    platform.troubles["refresh"] = [nothing(transient=False, trouble=Trouble.CREDENTIAL)]
    outcome = await run(activities(store, platform, clock).publish, REQUEST)
    assert (outcome.status, names(platform)) == (PublishStatus.REFUSED, ["refresh"])


async def test_while_one_call_renews_the_others_wait_their_turn(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    doing = activities(store, platform, clock)
    other = Find(slot="weekly@slot", post=post(1).model_copy(update={"account": A_POST.account}))
    refusals: list[ApplicationError] = []

    def meanwhile() -> None:
        async def look() -> None:
            refusals.append(await tried_again(Attempt()(doing.find, other)))

        asyncio.run(look())

    platform.during_refresh = meanwhile
    await run(doing.find, LOOK)
    assert len(refusals) == 1
    assert refusals[0].next_retry_delay is not None
    assert platform.refreshed == 1
    await run(doing.find, other)
    assert platform.refreshed == 1, "who waited uses what the first one got"


async def test_a_worker_that_died_while_renewing_holds_nobody_up_for_long(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    platform.troubles["refresh"] = [Killed()]  # type: ignore[list-item]
    doing = activities(store, platform, clock)
    released = store.release_credential
    store.release_credential = lambda *_words: None  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await run(doing.find, LOOK)
    store.release_credential = released  # type: ignore[method-assign]
    await tried_again(run(doing.find, LOOK))
    clock.move(LEASE)
    await run(doing.find, LOOK)
    assert platform.refreshed == 1


async def test_other_settings_of_an_account_are_another_login(
    store: SqlStore, run: Attempt, clock: Standing
) -> None:
    platform = Versatile(Role.REFRESH)
    doing = activities(store, platform, clock)
    await run(doing.find, LOOK)
    moved = A_POST.model_copy(
        update={"account": Account(name="site", platform="fake", settings={"server": "b"})}
    )
    await run(doing.find, Find(slot="weekly@slot", post=moved))
    assert platform.refreshed == 2
