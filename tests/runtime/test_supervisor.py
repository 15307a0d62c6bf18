from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.runtime.child import Child, Deaths, Patience
from engine.runtime.processes import (
    command_line,
    describe_exit,
    find_processes,
    is_alive,
    log_tail,
    open_log,
    tethered,
    untethered,
)
from engine.runtime.supervisor import Supervisor
from tests.support import eventually, eventually_async

IDLE = (sys.executable, "-S", "-c", "import signal; signal.pause()")
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)
DIES = (sys.executable, "-S", "-c", "print('no database'); raise SystemExit(7)")
FORKS = (
    sys.executable,
    "-c",
    "import signal, sys; from engine.runtime.forking import become_workers; become_workers(int(sys.argv[-1])); signal.pause()",
)
# A worker that is told to end in the instant in which it is forked.
FORKS_THE_HURRIED = (
    *FORKS[:2],
    (
        "import os, signal, sys; from engine.runtime import forking; begin = forking._begin; "
        "forking._begin = lambda template: (os.kill(os.getpid(), signal.SIGTERM), begin(template)); "
        "forking.become_workers(int(sys.argv[-1])); signal.pause()"
    ),
)
FORKS_THE_DYING = (*FORKS[:2], FORKS[2].replace("signal.pause()", "raise SystemExit(7)"))
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a child die with its parent")
HASTE = Patience(first=0.01, longest=0.02, deaths=4)


class Watched:
    """A supervisor whose lines and pids are kept."""

    def __init__(self, *children: Child, patience: Patience | None = None) -> None:
        self.lines: list[str] = []
        self.pids: Mapping[str, int] = {}
        self.supervisor = Supervisor(
            children, report=self.lines.append, on_pids=self._tell, patience=patience
        )

    def _tell(self, pids: Mapping[str, int]) -> None:
        self.pids = pids

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)


async def test_children_start_in_order_each_after_the_one_before_is_ready() -> None:
    open_gate = False
    watched = Watched(Child("server", IDLE, ready=lambda: open_gate), Child("worker", IDLE))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: "server" in watched.pids)
    assert not watched.said("server runs")
    assert "worker" not in watched.pids
    open_gate = True
    await eventually_async(lambda: "worker" in watched.pids)
    watched.supervisor.stop()
    assert await run == 0


async def test_children_stop_in_reverse_order() -> None:
    watched = Watched(Child("server", IDLE), Child("worker", IDLE))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: watched.said("worker runs"))
    pids = dict(watched.pids)
    watched.supervisor.stop()
    assert await run == 0
    stops = [line.split()[1] for line in watched.lines if line.startswith("stopping")]
    assert stops == ["worker", "server"]
    assert not any(is_alive(pid) for pid in pids.values())


async def test_a_killed_child_is_there_again_in_under_a_second() -> None:
    watched = Watched(Child("worker", IDLE))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: watched.said("worker runs"))
    first = watched.pids["worker"]
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()
    second = await eventually_async(
        lambda: watched.pids["worker"] != first and watched.pids["worker"], within=5
    )
    assert time.monotonic() - began < 1
    assert is_alive(second)
    assert watched.said("killed by SIGKILL); starting it again in 0.2 s")
    watched.supervisor.stop()
    assert await run == 0


async def forked(watched: Watched) -> int:
    """Wait until a worker has been forked and return its pid."""
    return await eventually_async(lambda: watched.pids.get("worker", 0))


@linux
async def test_a_killed_worker_that_was_forked_is_followed_by_another_of_the_same_template() -> None:
    watched = Watched(Child("worker", FORKS, template="template"))
    run = asyncio.create_task(watched.supervisor.run())
    first, template = await forked(watched), watched.pids["template"]
    assert first != template
    os.kill(first, signal.SIGKILL)
    await eventually_async(lambda: watched.pids.get("worker") not in {None, first})
    assert watched.pids["template"] == template
    assert watched.said("(killed by SIGKILL); the next one takes over")
    pids = dict(watched.pids)
    watched.supervisor.stop()
    assert await run == 0
    await eventually_async(lambda: not any(is_alive(pid) for pid in pids.values()))


@linux
async def test_a_killed_template_takes_its_worker_along_and_both_are_started_again() -> None:
    watched = Watched(Child("worker", FORKS, template="template"))
    run = asyncio.create_task(watched.supervisor.run())
    first, template = await forked(watched), watched.pids["template"]
    os.kill(template, signal.SIGKILL)
    await eventually_async(lambda: watched.pids.get("worker") not in {None, first}, within=20)
    assert not is_alive(first)
    assert watched.pids["template"] != template
    watched.supervisor.stop()
    assert await run == 0


@linux
async def test_a_worker_that_is_told_to_end_before_it_has_begun_ends() -> None:
    watched = Watched(Child("worker", FORKS_THE_HURRIED, template="template"))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: watched.said("killed by SIGTERM"))
    watched.supervisor.stop()
    assert await run == 0


@linux
async def test_a_forked_worker_that_is_hopeless_is_given_up_with_its_exit_code() -> None:
    watched = Watched(Child("worker", FORKS_THE_DYING, template="template"), patience=HASTE)
    assert await watched.supervisor.run() == 1
    assert watched.said("worker died 4 times within 60 s, at last with exit code 7")


@linux
async def test_a_template_that_cannot_even_load_is_given_up(tmp_path: Path) -> None:
    watched = Watched(Child("worker", DIES, template="template", log=tmp_path / "w.log"), patience=HASTE)
    assert await watched.supervisor.run() == 1
    assert watched.said("at last with exit code 7")


@linux
async def test_a_stop_while_the_template_still_loads_ends_cleanly() -> None:
    watched = Watched(Child("worker", IDLE, template="template"))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: "template" in watched.pids)
    watched.supervisor.stop()
    assert await asyncio.wait_for(run, 10) == 0
    assert not is_alive(watched.pids.get("template", -1))


@linux
async def test_a_forked_worker_ends_by_itself_when_its_template_is_signalled_too() -> None:
    watched = Watched(Child("worker", FORKS, template="template"))
    run = asyncio.create_task(watched.supervisor.run())
    worker, template = await forked(watched), watched.pids["template"]
    os.kill(template, signal.SIGTERM)
    os.kill(worker, 0)
    watched.supervisor.stop()
    assert await run == 0
    assert not watched.said("killing")


async def test_a_child_that_dies_again_and_again_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    watched = Watched(Child("server", IDLE), Child("worker", DIES, log=tmp_path / "w.log"), patience=HASTE)
    assert await watched.supervisor.run() == 1
    assert sum(line.startswith("worker died") for line in watched.lines) == 3
    last = next(line for line in watched.lines if line.startswith("giving up"))
    assert "worker died 4 times within 60 s, at last with exit code 7" in last
    assert "no database" in last
    assert watched.lines[-1].startswith("stopping server")


async def test_a_child_that_is_never_ready_is_given_up() -> None:
    watched = Watched(Child("server", IDLE, ready=lambda: False, ready_within=0.1))
    assert await watched.supervisor.run() == 1
    assert watched.said("giving up: server was not ready within 0.1 s")


async def test_a_program_that_is_missing_is_given_up_and_named(tmp_path: Path) -> None:
    child = Child("server", ("/nowhere/temporal",), log=tmp_path / "s.log")
    watched = Watched(child, patience=HASTE)
    assert await watched.supervisor.run() == 1
    assert watched.said("/nowhere/temporal cannot be run: No such file or directory")


async def test_a_deaf_child_is_killed_after_its_grace(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    child = Child("worker", (sys.executable, "-S", "-c", STUBBORN), grace=0.1, log=log)
    watched = Watched(child)
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: "deaf" in log_tail(log))
    watched.supervisor.stop()
    assert await run == 1
    assert watched.said("did not end within 0.1 s")


async def test_a_second_stop_kills_at_once(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    child = Child("worker", (sys.executable, "-S", "-c", STUBBORN), grace=300, log=log)
    watched = Watched(child)
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: "deaf" in log_tail(log))
    watched.supervisor.stop()
    await eventually_async(lambda: watched.said("stopping worker"))
    watched.supervisor.stop()
    assert await asyncio.wait_for(run, 10) == 1
    assert watched.said("killing worker")


async def test_a_stop_between_two_lives_of_a_child_ends_cleanly() -> None:
    watched = Watched(Child("worker", DIES), patience=Patience(first=300, longest=300))
    run = asyncio.create_task(watched.supervisor.run())
    await eventually_async(lambda: watched.said("starting it again in 300"))
    watched.supervisor.stop()
    assert await asyncio.wait_for(run, 10) == 0


async def test_when_the_body_ends_all_is_stopped_and_its_code_is_the_answer() -> None:
    watched = Watched(Child("worker", IDLE))

    async def body() -> int:
        assert is_alive(watched.pids["worker"])
        return 5

    assert await watched.supervisor.run(body) == 5
    assert not is_alive(watched.pids["worker"])


async def test_an_error_of_the_body_stops_all_and_is_raised() -> None:
    watched = Watched(Child("worker", IDLE))

    async def body() -> int:
        raise LookupError("the body's own")

    with pytest.raises(LookupError, match="the body's own"):
        await watched.supervisor.run(body)
    assert not is_alive(watched.pids["worker"])


async def test_a_stop_cancels_the_body() -> None:
    watched = Watched(Child("worker", IDLE))
    entered = asyncio.Event()

    async def body() -> int:
        entered.set()
        await asyncio.Event().wait()
        return 5

    run = asyncio.create_task(watched.supervisor.run(body))
    await entered.wait()
    watched.supervisor.stop()
    assert await run == 0


async def test_neither_a_closed_terminal_nor_a_full_disk_hinders_an_orderly_stop() -> None:
    pids: dict[str, int] = {}

    def fail(line: object) -> None:
        raise OSError(f"nobody listens to {line}")

    def record_and_fail(now: Mapping[str, int]) -> None:
        pids.update(now)
        fail(now)

    supervisor = Supervisor([Child("worker", IDLE)], report=fail, on_pids=record_and_fail)
    run = asyncio.create_task(supervisor.run())
    await eventually_async(lambda: "worker" in pids)
    assert is_alive(pids["worker"])
    os.kill(os.getpid(), signal.SIGTERM)
    assert await run == 0
    assert not is_alive(pids["worker"])


def test_delays_double_up_to_a_bound_and_start_anew_after_a_long_life() -> None:
    deaths = Deaths(Patience())
    assert [deaths.record(100.0 * n, lived=1) for n in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert deaths.record(1000, lived=30) == 0.2


def test_the_tenth_death_within_a_minute_is_the_last() -> None:
    deaths = Deaths(Patience())
    delays = [deaths.record(6.0 * n, lived=1) for n in range(10)]
    assert delays[-1] is None
    assert None not in delays[:-1]


def test_ten_deaths_over_more_than_a_minute_are_borne() -> None:
    deaths = Deaths(Patience())
    assert None not in [deaths.record(7.0 * n, lived=1) for n in range(50)]


SUPERVISE = """
import asyncio, sys
from engine.runtime.child import Child
from engine.runtime.supervisor import Supervisor
idle = (sys.executable, "-S", "-c", "import signal; signal.pause()", sys.argv[1])
sys.exit(asyncio.run(Supervisor([Child("one", idle), Child("two", idle)]).run()))
"""


def supervise(mark: str) -> tuple[subprocess.Popen[str], tuple[int, ...]]:
    argv = [sys.executable, "-c", SUPERVISE, mark]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr
    while "two runs" not in process.stderr.readline():
        assert process.poll() is None
    # A child is there a moment before it has become the program that it is found by.
    eventually(lambda: len(children_of(mark)) == 2, within=5)
    return process, children_of(mark)


def children_of(mark: str) -> tuple[int, ...]:
    return find_processes(lambda line: line.endswith(f"signal.pause() {mark}"))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_still_stops_in_reverse_order(
    sign: signal.Signals, tmp_path: Path
) -> None:
    process, _ = supervise(str(tmp_path))
    os.killpg(process.pid, sign)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert errors.index("stopping two") < errors.index("stopping one")
    assert "died" not in errors
    assert not children_of(str(tmp_path))


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a child die with its parent")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    process, children = supervise(str(tmp_path))
    process.kill()
    process.communicate(timeout=10)
    eventually(lambda: not any(is_alive(pid) for pid in children), within=5)


def test_the_supervisor_needs_no_heavy_library() -> None:
    heavy = ("temporalio", "sqlalchemy", "pydantic", "httpx", "structlog", "typer")
    code = f"import sys, engine.runtime.supervisor; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_log_that_has_grown_large_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"x" * 5_000_001)
    with open_log(log) as file:
        file.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "server.log.1").stat().st_size == 5_000_001
    with open_log(log) as file:
        file.write(b"more\n")
    assert log_tail(log) == "\n    new\n    more"


def test_a_child_that_is_still_its_tether_is_known_by_its_own_words() -> None:
    assert untethered(" ".join(tethered(["temporal", "server", "start-dev"]))) == "temporal server start-dev"
    assert untethered("temporal server") == "temporal server"


def test_exit_codes_are_written_for_people() -> None:
    assert [describe_exit(code) for code in (0, 7, -9, -250)] == [
        "exit code 0",
        "exit code 7",
        "killed by SIGKILL",
        "killed by signal 250",
    ]


def test_a_process_that_was_not_yet_collected_counts_as_dead() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    eventually(lambda: not is_alive(process.pid))
    assert process.returncode is None
    process.wait()
    assert command_line(process.pid) == ""
    assert not is_alive(-1)
