"""Start-up: how long a person waits for `drumbeat --help`, and for a command that reads the store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Result, seconds

DRUMBEAT = str(Path(sys.executable).with_name("drumbeat"))


def run() -> Iterator[Result]:
    """Measure the command line against the import of its library alone."""
    bare = _taken(sys.executable, "-c", "import typer")
    with TemporaryDirectory() as home:
        yield Result("drumbeat --help", _taken(DRUMBEAT, "--help"), 'python -c "import typer"', bare, "s")
        ours = _taken(DRUMBEAT, "--home", home, "status")
        yield Result("drumbeat status", ours, 'python -c "import typer"', bare, "s")
    worker = _taken(sys.executable, "-P", "-c", "import engine.runtime.worker")
    client = _taken(sys.executable, "-c", "import temporalio.worker")
    yield Result("import the whole worker", worker, "import temporalio.worker", client, "s")


def _taken(*argv: str) -> float:
    return seconds(lambda: subprocess.run(argv, check=True, capture_output=True), times=7)
