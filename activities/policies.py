"""Every timeout and retry policy, in one place. Nothing else in Drumbeat retries.

What may be repeated without harm is repeated for ever (record) or for a while (observe, notify, find). A
publication is repeated only after the activity has made sure that nothing happened before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.common import RetryPolicy

# When a worker is killed, the next one on its machine gives back what it held (`engine.runtime.heir`). What nobody can
# give back, because a whole machine or a network is gone, comes back by timeouts alone. Each of these bounds how late a
# slot gets.
# A workflow task that it was carrying out. Not less than the server's default: a starved worker that goes through a long
# history takes seconds for it, and one that is always too late begins again for ever (seen at 2 s and a load of 8 a core).
WORKFLOW_TASK_TIMEOUT = timedelta(seconds=10)
# The last of those that a worker takes on together must be done in that time even when each is replayed first, at half a
# second for the longest history that a run may have, and several where the machine is starved.
WORKFLOW_TASKS_AT_ONCE = 5
# A workflow task that waits in the dead worker's own queue (the SDK's default: 10 s). Not less: a burst of
# strategies that are due together is served within 3 s, and moving them to the common queue would replay them all.
STICKY_TIMEOUT = timedelta(seconds=3)
# An activity that it was carrying out. When a starved but living worker is taken for dead, the second attempt finds
# the first one's intent and only looks.
_PULSE = timedelta(seconds=3)
# The SDK holds heartbeats back for 80 % of their timeout, which leaves a starved worker 0.6 s; so not that long.
HEARTBEAT_AT_MOST_EVERY = timedelta(seconds=1)

# A death of the worker counts as an attempt like any other, so this too bounds how late a slot gets when it is hit
# several times. Platforms that fail get more patience: what they ask for, else that of `pause_before_next`.
_LONGEST_PAUSE = timedelta(seconds=8)
_LONGEST_REST = timedelta(seconds=30)


def pause_before_next(attempt: int) -> timedelta:
    """Return how long a platform rests that failed this attempt (counted from 1) and named no time: 1, 2, 4 … 30 s."""
    return min(_LONGEST_REST, timedelta(seconds=2 ** min(attempt - 1, 10)))


# Signing in and uploading images may take so long, before the one call that posts.
PREPARE_WITHIN = timedelta(seconds=30)
# A publication that provably did nothing is tried again for so long before a person is asked.
PUBLISH: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=90),
    "schedule_to_close_timeout": timedelta(minutes=10),
    "heartbeat_timeout": _PULSE,
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=0.5), backoff_coefficient=2, maximum_interval=_LONGEST_PAUSE
    ),
}
# Looking changes nothing; after this a person must look.
FIND: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=45),
    "schedule_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": _PULSE,
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=0.5), backoff_coefficient=2, maximum_interval=_LONGEST_PAUSE
    ),
}
# A source that fails is a reading too, so the activity itself only fails with its worker.
OBSERVE: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=2),
    "schedule_to_close_timeout": timedelta(minutes=6),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
    ),
}
NOTIFY_ATTEMPTS = 5
NOTIFY: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=1),
    "schedule_to_close_timeout": timedelta(minutes=10),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=2),
        backoff_coefficient=3,
        maximum_interval=timedelta(minutes=2),
        maximum_attempts=NOTIFY_ATTEMPTS,
    ),
}
# The journal must be written: the database will come back.
RECORD: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=30),
    "heartbeat_timeout": _PULSE,
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
}
