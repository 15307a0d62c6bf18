"""Kill the engine's processes while alerts fire and end: each is told once, and no clock of a `for` begins anew."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from activities.policies import NOTIFY
from engine.domain.records import Alert
from engine.domain.storage import Store
from engine.store.tables import notices
from tests.faults.engines import Engine
from tests.faults.evidence import whole_journal
from tests.faults.killing import Kill, kill_again_and_again
from tests.faults.telling import FOR, KEY, STRATEGY_ID, Hook, Told, listening, news, write_plan
from tests.faults.test_kill import LONGEST_WAIT, SEED
from tests.support import eventually

pytestmark = [pytest.mark.fault, pytest.mark.server]
KILLS = 6
# From a kill to our note of it: no time at all, more on a machine that is kept busy by others.
NOTED_WITHIN = timedelta(seconds=1)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def engine(tmp_path: Path, hook: Hook) -> Iterator[Engine]:
    """An engine with an alert that comes and goes, and one that ripens."""
    engine = Engine(tmp_path, write_plan(tmp_path / "plan", hook.notifier), HOOK_KEY=KEY)
    try:
        engine.ready()
        yield engine
    finally:
        engine.clear_up()


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    store = engine.store()
    yield store
    store.close()


@pytest.mark.parametrize("victims", [("worker",), ("worker", "temporal")], ids=["worker", "both"])
def test_an_alert_that_fires_or_ends_is_told_once_however_often_processes_are_killed(
    engine: Engine, store: Store, hook: Hook, victims: tuple[str, ...]
) -> None:
    kills = kill_amid_the_news(engine, hook, victims)
    all_is_told(engine, store, hook, since=kills[-1].at)
    repeated = [notice for notice, times in hook.counts().items() if times > 1]
    sys.stderr.write(
        f"\nseed {SEED}  {' and '.join(victims):<19} kills {len(kills)}  notices {len(hook.counts())}  "
        f"lost 0  repeated {len(repeated)}\n"
    )
    for notice in repeated:
        deliveries = [told for told in hook.told if told.notice == notice]
        assert killed_before_it_was_marked(engine, deliveries, kills), (
            f"{notice} was told again for no reason"
        )
        assert len({words(told) for told in deliveries}) == 1


def test_only_a_kill_between_the_delivery_and_its_mark_repeats_a_notice_and_it_is_recognisable(
    engine: Engine, store: Store, hook: Hook
) -> None:
    """The one moment that no sender can close: the receiver has it, and nobody who survives knows."""
    killed: list[Told] = []

    def kill_in_the_very_moment(told: Told) -> None:
        if not killed and told.alert["state"] == "resolved":
            killed.append(told)
            engine.kill("worker")

    hook.before_answer = kill_in_the_very_moment
    eventually(lambda: killed, within=30, what="a notice was delivered")
    (victim,) = killed
    eventually(lambda: hook.counts()[victim.notice] == 2, within=45, what="it came again")
    all_is_told(engine, store, hook, since=datetime.now(UTC))
    assert {notice: times for notice, times in hook.counts().items() if times > 1} == {victim.notice: 2}
    first, second = (told for told in hook.told if told.notice == victim.notice)
    marked = marked_at(engine, victim.notice)
    assert marked is not None
    assert first.at < second.at <= marked
    assert words(first) == words(second)


def test_a_notice_that_was_marked_is_not_told_again_though_temporal_never_heard_of_it(
    engine: Engine, store: Store, hook: Hook
) -> None:
    killed: list[Told] = []

    def kill_the_server(told: Told) -> None:
        if not killed and told.alert["state"] == "resolved":
            killed.append(told)
            engine.kill("temporal")

    hook.before_answer = kill_the_server
    eventually(lambda: killed, within=30, what="a notice was delivered")
    (victim,) = killed
    eventually(partial(marked_at, engine, victim.notice), within=5, what="it is marked", every=0.005)
    engine.kill("worker")
    # By then the server, back again, has missed the worker's pulse and asked for the notice once more.
    tried_again = victim.at + NOTIFY["heartbeat_timeout"] + 2 * NOTIFY["retry_policy"].initial_interval
    all_is_told(engine, store, hook, since=tried_again + timedelta(seconds=LONGEST_WAIT))
    assert hook.counts()[victim.notice] == 1


def test_the_clock_of_a_pending_alert_goes_on_while_processes_are_killed(
    engine: Engine, store: Store, hook: Hook
) -> None:
    (pending_since,) = eventually(lambda: pending_of(store), within=30, what="the letter's alert is pending")
    kills = kill_again_and_again(engine, ("worker", "temporal"), 3, SEED)
    assert kills[0].at < pending_since + FOR, "it is killed while the alert is pending"
    (told,) = eventually(lambda: ripened(hook), within=FOR.total_seconds() + LONGEST_WAIT, what="it fired")
    alert = Alert.model_validate({**told.alert, "episode": 1})
    assert alert.fired_at == pending_since + FOR, "to the microsecond, as if nothing had happened"
    due_or_killed = max([pending_since + FOR, *(kill.at for kill in kills)])
    assert told.at - due_or_killed < timedelta(seconds=LONGEST_WAIT)
    all_is_told(engine, store, hook, since=told.at)
    states = [
        entry.type
        for entry in whole_journal(store, STRATEGY_ID)
        if entry.subject == "channel/letter"
        and entry.type in {"alert.pending", "alert.firing", "alert.resolved"}
    ]
    assert states == ["alert.pending", "alert.firing"], "it was pending once and fired once"
    assert len(ripened(hook)) == 1


def test_the_clock_of_a_pending_alert_goes_on_while_the_whole_engine_is_away(
    engine: Engine, store: Store, hook: Hook
) -> None:
    (pending_since,) = eventually(lambda: pending_of(store), within=30, what="the letter's alert is pending")
    engine.kill_supervisor()
    eventually(
        lambda: datetime.now(UTC) > pending_since + FOR, within=30, what="it should have fired", every=0.2
    )
    assert ripened(hook) == []
    engine.start_again()
    engine.ready()
    (told,) = eventually(lambda: ripened(hook), within=30, what="it fired")
    alert = Alert.model_validate({**told.alert, "episode": 1})
    assert alert.fired_at == pending_since + FOR, "it is dated when it became true"


def pending_of(store: Store) -> list[datetime]:
    """Return since when the letter's alert is pending, by the journal."""
    return [
        entry.at
        for entry in whole_journal(store, STRATEGY_ID)
        if entry.type == "alert.pending" and entry.subject == "channel/letter"
    ]


def ripened(hook: Hook) -> list[Told]:
    return [told for told in hook.told if "/Ripens@" in told.notice]


def all_is_told(engine: Engine, store: Store, hook: Hook, since: datetime) -> None:
    """Wait for news after that instant, end the engine, and compare what the journal tells with what was told."""

    def is_fresh() -> bool:
        return any(told.at > since for told in hook.told) and set(news(store)) <= set(hook.counts())

    eventually(is_fresh, within=60, what="news after the last kill, and none missing", every=0.2)
    assert engine.program.end() == 0, engine.program.said()
    expected = news(store)
    # An alert, its end, and what came after the kill, which a forked worker tells before the fourth is due.
    assert len(expected) == len(set(expected)) >= 3
    # What came true in the very end may be on its way still when the engine is ended; nothing else may be missing.
    missing = set(expected) - set(hook.counts())
    assert missing <= set(expected[-2:]), missing
    # What was told in the very end may not stand in the journal before the next start; nothing else may be unknown to it.
    early = set(hook.counts()) - set(expected)
    assert early <= {hook.told[-1].notice}, early
    assert hook.strange == []


def kill_amid_the_news(engine: Engine, hook: Hook, victims: Sequence[str]) -> list[Kill]:
    """Kill these children together, each time a moment after something new was told."""
    chance, pace, kills = random.Random(SEED), threading.Event(), []
    for _ in range(KILLS):
        engine.pids_of(*victims)
        before = len(hook.told)
        eventually(partial(hook.has_more_than, before), within=45, what="news", every=0.005)
        pace.wait(chance.uniform(0, 2))
        engine.kill(*victims)
        kills.append(Kill(" and ".join(victims), datetime.now(UTC)))
    return kills


def marked_at(engine: Engine, notice: str) -> datetime | None:
    """Return when the store first learned that the notice was delivered, if it knows."""
    asked = sa.select(notices.c.delivered_at).where(notices.c.notice == notice)
    database = sa.create_engine(engine.settings.database_url.get_secret_value())
    try:
        with database.connect() as connection:
            found: datetime | None = connection.execute(asked).scalar()
            return found
    finally:
        database.dispose()


def words(told: Told) -> tuple[str, ...]:
    """Return what a person reads. Beside it the alert is shown as it stands when it is told, so that may change."""
    title, body = told.document["title"], told.document["body"]
    return title, body, told.alert["rule"], told.alert["subject"], told.alert["fired_at"]


def killed_before_it_was_marked(engine: Engine, deliveries: Sequence[Told], kills: Sequence[Kill]) -> bool:
    """Return whether something was killed between the deliveries, and the store knew nothing of the first."""
    first, second, *_ = deliveries
    marked = marked_at(engine, first.notice)
    killed = any(first.at <= kill.at <= second.at + NOTED_WITHIN for kill in kills)
    return killed and marked is not None and marked >= second.at
