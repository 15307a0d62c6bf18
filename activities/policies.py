"""Every timeout and retry policy, in one place. Nothing else in Drumbeat retries.

What may be repeated without harm is repeated for ever (record) or for a while (observe, notify, find). A
publication is repeated only after the activity has made sure that nothing happened before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.common import RetryPolicy

# A publication that provably did nothing is tried again for so long before a person is asked.
PUBLISH: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=45),
    "schedule_to_close_timeout": timedelta(minutes=10),
    "heartbeat_timeout": timedelta(seconds=4),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
    ),
}
# Looking changes nothing; after this a person must look.
FIND: dict[str, Any] = {
    "start_to_close_timeout": timedelta(seconds=45),
    "schedule_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(seconds=4),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
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
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=10)
    ),
}
