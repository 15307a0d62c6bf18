"""A small engine for the tests to kill: `python -m tests.runtime.run_engine HOME`.

The real server under the real supervisor, and a worker that only waits, because these tests are about processes.
"""

from __future__ import annotations

import asyncio
import sys

from engine.domain.errors import EngineError
from engine.runtime.child import Child
from engine.runtime.datadir import DataDirectory
from engine.runtime.embedded import EmbeddedTemporal
from engine.runtime.settings import load_settings
from engine.runtime.supervisor import Supervisor

IDLE = (sys.executable, "-c", "import signal; signal.pause()")


def main() -> int:
    settings = load_settings({}, home=sys.argv[1])
    try:
        with DataDirectory.open(settings.home) as home:
            server = EmbeddedTemporal(home, settings)
            server.prepare()
            home.publish(address=server.address, ui_address=server.ui_address)
            children = [server.child(), Child("worker", IDLE)]
            return asyncio.run(Supervisor(children, on_pids=lambda pids: home.publish(pids=pids)).run())
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
