"""Sessions as the engine keeps them, on the real server: renewed once, before the post, and never in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from temporalio.exceptions import ApplicationError

from activities.credentials import _owner
from activities.publish import PublishActivities
from adapters.platforms.bluesky.adapter import BlueskyAdapter
from adapters.testing.contract import SLOT, make_post
from adapters.tools import SystemClock, Tools
from engine.domain.messages import Find, Publish
from engine.domain.ports import Secrets
from engine.domain.publication import Post, PublishStatus
from engine.domain.storage import Credential
from engine.domain.workspace import Account
from engine.store import SqlStore, open_store
from engine.store.seal import Seal
from tests.activities.conftest import Attempt
from tests.real.servers.bluesky import PASSWORD, Network, Person
from tests.real.test_bluesky import account_of, expired

_numbers = count(1)


class Counting(BlueskyAdapter):
    """The adapter, counting how often it is asked for a session."""

    asked = 0

    async def refresh(self, account: Account, secrets: Secrets, kept: Credential | None) -> Credential:
        self.asked += 1
        return await super().refresh(account, secrets, kept)


@pytest.fixture
async def platform() -> AsyncIterator[Counting]:
    tools = Tools()
    yield Counting(tools)
    await tools.http.aclose()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}", seal=Seal([Fernet.generate_key().decode()]))
    yield opened
    opened.close()


@pytest.fixture
def activities(platform: Counting, store: SqlStore) -> PublishActivities:
    def secrets(references: Mapping[str, str]) -> dict[str, str]:
        return dict.fromkeys(references, PASSWORD)

    return PublishActivities({"bluesky": platform}, store, secrets, SystemClock())


@pytest.fixture
def person(bluesky_accounts: Network) -> Person:
    return bluesky_accounts.person(f"session{next(_numbers)}")


def posts_of(person: Person, many: int) -> list[Post]:
    account = account_of(person)
    return [make_post(account, slot=SLOT + timedelta(minutes=number)) for number in range(many)]


async def publish(
    activities: PublishActivities, post: Post, attempt: int = 1
) -> PublishStatus | timedelta | None:
    """Run one attempt; return its outcome, or after what time Temporal would make the next one."""
    request = Publish(slot="tuesdays@slot", post=post)
    try:
        return (await Attempt()(activities.publish, request, attempt=attempt)).status
    except ApplicationError as error:
        return error.next_retry_delay


async def test_eight_slots_that_are_due_together_sign_in_once(
    activities: PublishActivities, platform: Counting, person: Person
) -> None:
    posts = posts_of(person, 8)
    first = await asyncio.gather(*(publish(activities, post) for post in posts))
    waiting = [post for post, outcome in zip(posts, first, strict=True) if outcome != PublishStatus.PUBLISHED]
    second = await asyncio.gather(*(publish(activities, post, 2) for post in waiting))
    assert set(second) <= {PublishStatus.PUBLISHED}
    assert len(person.records()) == 8
    assert platform.asked == 1


async def test_a_session_that_expired_is_renewed_and_the_slot_published(
    activities: PublishActivities, platform: Counting, store: SqlStore, person: Person
) -> None:
    first, second = posts_of(person, 2)
    assert await publish(activities, first) is PublishStatus.PUBLISHED
    owner, now = _owner("team", first.account), SystemClock().now()
    good = store.credential(owner)
    assert good is not None
    late = good.model_copy(
        update={"values": {**good.values, "access_token": expired(good.values["access_token"])}}
    )
    store.keep_credential(owner, good.version, late, now)

    assert await publish(activities, second) == timedelta(seconds=0.5), "refused without effect, soon again"
    assert await publish(activities, second, 2) is PublishStatus.PUBLISHED
    renewed = store.credential(owner)
    assert renewed is not None
    assert renewed.values["refresh_token"] not in {"", good.values["refresh_token"]}
    assert platform.asked == 2
    assert len(person.records()) == 2


async def test_a_post_is_looked_up_with_a_session_that_expired_meanwhile(
    activities: PublishActivities, store: SqlStore, person: Person
) -> None:
    (post,) = posts_of(person, 1)
    assert await publish(activities, post) is PublishStatus.PUBLISHED
    owner = _owner("team", post.account)
    kept = store.credential(owner)
    assert kept is not None
    store.expire_credential(owner, kept.version, SystemClock().now())
    outcome = await Attempt()(activities.find, Find(slot="tuesdays@slot", post=post))
    assert outcome.status is PublishStatus.PUBLISHED
