"""A post that its platform takes first and shows later, over the wire: it is asked for until it is done, and sent once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.failures import NOTHING_HAPPENED
from activities.publish import PublishActivities
from adapters.http import Http
from adapters.platforms.webhook.adapter import WebhookAdapter
from adapters.tools import Tools
from engine.domain.messages import Find, Publish
from engine.domain.publication import Post, PublishStatus
from engine.store import SqlStore
from tests.activities.conftest import Attempt, Standing
from tests.adapters.local_server import Server, running
from tests.adapters.webhook_receiver import SECRETS, Receiver, hook
from tests.contracts.store_records import post


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def receiver(server: Server) -> Receiver:
    return Receiver(server)


@pytest.fixture
async def doing(store: SqlStore, clock: Standing) -> AsyncIterator[PublishActivities]:
    tools = Tools(http=Http(trust_env=False), clock=clock)
    yield PublishActivities({"webhook": WebhookAdapter(tools)}, store, lambda _references: SECRETS, clock)
    await tools.http.aclose()


@pytest.fixture
def a_post(receiver: Receiver) -> Post:
    return post().model_copy(update={"account": hook(url=receiver.url, find_url=receiver.find_url)})


def sent(server: Server) -> int:
    return sum(path.startswith("POST") for path in server.paths())


async def test_it_is_asked_for_until_it_is_done(
    doing: PublishActivities, run: Attempt, a_post: Post, receiver: Receiver, server: Server
) -> None:
    receiver.working = 2
    taken = await run(doing.publish, Publish(slot="weekly@slot", post=a_post))
    assert (taken.status, taken.settle.total_seconds()) == (PublishStatus.MAYBE, 7)
    look = Find(slot="weekly@slot", post=a_post)
    with pytest.raises(ApplicationError, match="still works") as caught:
        await run(doing.find, look)
    assert caught.value.type == NOTHING_HAPPENED
    assert caught.value.next_retry_delay is not None
    done = await run(doing.find, look, attempt=2)
    assert (done.status, done.url, sent(server)) == (PublishStatus.PUBLISHED, "https://shop.example/1", 1)


async def test_what_was_thrown_away_is_sent_again_under_the_same_id(
    doing: PublishActivities, run: Attempt, a_post: Post, receiver: Receiver, server: Server
) -> None:
    receiver.working = 1
    await run(doing.publish, Publish(slot="weekly@slot", post=a_post))
    receiver.kept.clear()
    gone = await run(doing.find, Find(slot="weekly@slot", post=a_post))
    assert gone.status is PublishStatus.ABSENT
    again = await run(doing.publish, Publish(slot="weekly@slot", post=a_post))
    assert (again.status, sent(server)) == (PublishStatus.PUBLISHED, 2)
    assert len({seen[2]["webhook-id"] for seen in server.seen if seen[0] == "POST"}) == 1
