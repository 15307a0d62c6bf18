#!/usr/bin/env python3
"""Copy the databases of a running engine: `backup.py FOLDER [--home DIR]`.

Needs nothing but Python's standard library. Each database is copied in one transaction while the engine goes on
writing, is checked, and the new folder gets its name only when everything is in it. Exit code 0, or 1 with the
reason on stderr.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

# Temporal's file first: after a restore the ledger of what was published is then never older than the history
# that might publish it again.
DATABASES = (Path("temporal/temporal.db"), Path("drumbeat.db"))
_BUSY_SECONDS = 30.0


def back_up(home: Path, folder: Path, now: datetime) -> Path:
    """Copy every database of the data directory into a new folder, named after the instant in UTC, and return it.

    Raises OSError, sqlite3.Error or ValueError; then no folder of that name is there.
    """
    there = [name for name in DATABASES if (home / name).is_file()]
    if not there:
        raise ValueError(
            f"there is no database in {home}; name the data directory with --home or DRUMBEAT_HOME"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    final = folder / f"drumbeat-{now:%Y%m%dT%H%M%SZ}"
    if final.exists():
        raise ValueError(f"{final} is there already")
    draft = folder / f".{final.name}.{os.getpid()}"
    draft.mkdir(mode=0o700)
    try:
        for name in there:
            _copy(home / name, draft / name)
        draft.rename(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return final


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    target.touch(mode=0o600)
    # rw, not ro: reading a WAL database may need its shared-memory file. Never rwc: nothing is to be created.
    address = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        # One plain file, with no -wal beside it that could be forgotten.
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise ValueError(f"the copy of {source} is damaged ({verdict}); the database itself may be")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Copy the databases of a running engine.")
    parser.add_argument("folder", type=Path, help="where backups are kept; a folder is made in it")
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(os.environ.get("DRUMBEAT_HOME") or ".drumbeat"),
        help="the data directory (default: DRUMBEAT_HOME, else .drumbeat)",
    )
    given = parser.parse_args()
    try:
        made = back_up(given.home, given.folder, datetime.now(UTC))
    except (OSError, sqlite3.Error, ValueError) as error:
        sys.stderr.write(f"No backup was made: {error}\n")
        return 1
    sys.stdout.write(f"{made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
