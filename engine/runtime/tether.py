"""Run a program that dies with its parent: `python tether.py PARENT_PID PROGRAM [ARGUMENT…]`.

Executed by path in an interpreter without site-packages, so it imports nothing of ours. The kernel is asked
to send SIGKILL when the parent ends, however it ends; the wish outlives exec. A helper program instead of
`preexec_fn`, because that runs Python between fork and exec, which is unsafe beside threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie(parent: int) -> None:
    """Let this process die with its parent."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the wish was heard
        os._exit(1)


def main(parent: int, argv: list[str]) -> None:
    """Tie this process to its parent and become the program."""
    tie(parent)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.exit(f"{argv[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
