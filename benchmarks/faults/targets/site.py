"""The folder of a static site. Nothing stands between, so there are kills and no faults."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults.drumbeat import Drumbeat
from benchmarks.faults.storm import Seen, System, Weather, mark_in


class SiteTarget:
    """The folder."""

    name = "site"
    environ: Mapping[str, str] = {}
    account = "    platform: site\n    settings: {folder: site, base_url: 'https://storm.example.com'}"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def posts(self) -> list[Seen]:
        """Return a post for each file, made when the file appeared."""
        found = []
        for path in self._folder.glob("*.md"):
            mark = mark_in(path.read_text(encoding="utf-8"))
            if mark:
                found.append(Seen(mark, datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)))
        return found

    def kill_after_an_effect(self, system: System, within: float) -> bool:
        """Stop the worker when a file appears; kill it if that post is not on record yet."""
        if not isinstance(system, Drumbeat):
            raise TypeError("only Drumbeat posts into a folder")
        known, deadline = set(self._folder.glob("*.md")), time.monotonic() + within
        while time.monotonic() < deadline:
            for path in set(self._folder.glob("*.md")) - known:
                known.add(path)
                mark = mark_in(path.read_text(encoding="utf-8"))
                if mark and system.kill_unless_recorded(mark):
                    return True
            time.sleep(0.001)
        return False

    def faults_made(self) -> int:
        """Return 0: nothing breaks a folder."""
        return 0


@contextmanager
def stage(weather: Weather, place: Path) -> Iterator[SiteTarget]:  # noqa: ARG001 - nothing is broken
    """Return the folder, which the plan makes."""
    yield SiteTarget(place / "plan" / "site" / "content" / "posts")
