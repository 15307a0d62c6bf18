"""Small truths about processes, without a library: alive or not, whose, how it ended, and its bounded log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_TETHER = Path(__file__).with_name("tether.py")
_LARGEST_LOG = 5_000_000
_PACE = 0.02
# A plain bool, so that the type checker looks at both branches.
_LINUX = bool(sys.platform == "linux")


def tethered(argv: Sequence[str]) -> tuple[str, ...]:
    """Return argv such that the child dies with this process, where the system can do that (Linux).

    The child's life hangs on the thread that starts it: start it from one that lives as long as it should.
    """
    if not _LINUX:
        return tuple(argv)
    return (sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *argv)


def untethered(line: str) -> str:
    """Return a command line without the tether's words, which a child shows in its first instant."""
    before, tether, rest = line.partition(f" {_TETHER} ")
    return rest.partition(" ")[2] if tether else before


def is_alive(pid: int) -> bool:
    """Say whether the process runs; one that has ended and only waits to be collected does not."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError, IndexError):
        # The name in brackets may itself hold blanks and brackets; the state follows the last bracket.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return True


def command_line(pid: int) -> str:
    """Return the arguments of a process joined by blanks, or nothing when it is gone or hidden."""
    with suppress(OSError):
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        return raw.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
    if _LINUX:
        return ""
    return dict(_ps()).get(pid, "")


def find_processes(matches: Callable[[str], bool]) -> tuple[int, ...]:
    """Return the living processes whose command line matches, never this one."""
    if _LINUX:
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
        lines: Iterator[tuple[int, str]] = ((pid, command_line(pid)) for pid in pids)
    else:
        lines = _ps()
    return tuple(pid for pid, line in lines if pid != os.getpid() and matches(line) and is_alive(pid))


def _ps() -> Iterator[tuple[int, str]]:
    command = ["ps", "-axww", "-o", "pid=,command="]
    listing = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    for line in listing.stdout.splitlines():
        pid, _, rest = line.strip().partition(" ")
        yield int(pid), rest.strip()


def stop_process(pid: int, *, within: float) -> bool:
    """Ask a process to end (SIGTERM) and kill it after `within` seconds; say whether it went by itself."""
    for sign, seconds in ((signal.SIGTERM, within), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        deadline = time.monotonic() + seconds
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(_PACE)
        if not is_alive(pid):
            return sign == signal.SIGTERM
    return False


def signal_group(pid: int, sign: signal.Signals) -> None:
    """Signal a child that leads a group of its own, and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, sign)


def describe_exit(code: int) -> str:
    """Write an exit code the way a person reads it; negative codes are signals."""
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def open_log(path: Path) -> BinaryIO:
    """Open a log file to append to; one that grew beyond 5 MB is first set aside as `….1`, replacing the last."""
    if path.exists() and path.stat().st_size > _LARGEST_LOG:
        path.replace(path.with_name(path.name + ".1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab", buffering=0)


def log_tail(path: Path | None, lines: int = 5) -> str:
    """Return the last lines of a log, indented, or nothing when there is none."""
    if path is None or not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        last = file.read().decode(errors="replace").splitlines()[-lines:]
    return "".join(f"\n    {line[:300]}" for line in last)
