"""Celery with Redis: a task with an ETA for each action, acknowledged late and retried by itself.

Its default visibility timeout of an hour would bring nothing back within a storm; here it is 10 s.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence

import redis
from celery import Celery

from benchmarks.faults.peers.kept import Kept, Peer, post
from benchmarks.faults.storm import Slot
from tests.support import eventually

_BROKER = "STORM_BROKER"
app = Celery("storm", broker=os.environ.get(_BROKER, "redis://127.0.0.1:1/0"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    broker_transport_options={"visibility_timeout": 10},
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
)


@app.task(autoretry_for=(Exception,), max_retries=None, retry_backoff=1)
def make_post(url: str, mark: str) -> None:
    """Post."""
    post(url, mark)


class System(Peer):
    """A Redis on a folder of its own, which is never killed, and a worker with two processes."""

    name = "Celery with Redis"

    def start(self) -> None:
        """Run Redis and the worker. Raises ImportError when there is no Redis."""
        program = shutil.which("redis-server")
        if program is None:
            raise ImportError("there is no redis-server")
        socket = self.place / "redis.sock"
        argv = [program, "--port", "0", "--unixsocket", str(socket), "--dir", str(self.place)]
        self._redis = subprocess.Popen([*argv, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
        eventually(lambda: socket.exists() and redis.Redis(unix_socket_path=str(socket)).ping(), within=20)
        self._broker = f"redis+socket://{socket}"
        words = ("-m", "celery", "-A", "benchmarks.faults.peers.celery_", "worker", "--concurrency=2")
        self.kept = Kept(self.place, *words, environ={_BROKER: self._broker, "C_FORCE_ROOT": "1"})
        time.sleep(3)

    def schedule(self, slots: Sequence[Slot]) -> None:
        """Send every task."""
        with Celery("storm", broker=self._broker) as sender:
            for slot in slots:
                sender.send_task(make_post.name, args=[self.url, slot.mark], eta=slot.at)

    def close(self) -> list[str]:
        """End both."""
        said = super().close()
        self._redis.terminate()
        self._redis.wait()
        return said
