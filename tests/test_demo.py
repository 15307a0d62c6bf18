"""The demonstration, as a newcomer starts it: with nothing set up, and again after it was stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path

import pytest

from engine.store import open_store
from tests.support import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]

DRUMBEAT = [str(Path(sys.executable).parent / "drumbeat")]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DRUMBEAT_")}


def keys_on_disk(home: Path) -> list[str]:
    posts = (home / "demo" / "plans" / "demo" / "site").rglob("*.md")
    return re.findall(
        r'drumbeat_key: *"?([^"\s]+)', "\n".join(post.read_text(encoding="utf-8") for post in posts)
    )


def test_the_demo_shows_all_it_promises_and_goes_on_where_it_was(tmp_path: Path) -> None:
    once = [*DRUMBEAT, "--home", str(tmp_path), "demo", "--once"]
    first = subprocess.run(once, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    for fact in ("posted", "measured", "alert", "task", "review", "Temporal"):
        assert f"✓ {fact}" in first.stdout
    assert "Nothing has happened on" in first.stdout
    assert max(len(line) for line in first.stdout.splitlines()) <= 80

    again = subprocess.run(once, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "going on with" in again.stdout

    store = open_store(f"sqlite:///{tmp_path / 'demo' / 'drumbeat.db'}")
    try:
        silent = [alert for _, alert in store.alerts() if alert.rule == "ChannelSilent"]
        published = [line.data["key"] for _, line in store.journal(types=["slot.published"])]
    finally:
        store.close()
    assert [alert.episode for alert in silent] == [1], "the restart must not fire the alert again"
    assert Counter(published).most_common(1)[0][1] == 1
    assert sorted(keys_on_disk(tmp_path)) == sorted(str(key) for key in published)


def test_ctrl_c_ends_the_demo_cleanly_and_leaves_no_process(tmp_path: Path) -> None:
    command = [*DRUMBEAT, "--home", str(tmp_path), "demo"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, cwd=tmp_path
    ) as demo:
        assert demo.stdout is not None
        lines = [*takewhile(lambda line: not line.startswith("✓ task"), demo.stdout)]
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        assert demo.wait(timeout=60) == 0, "".join(lines) + rest
    pids = [int(pid) for pid in re.findall(r"pid (\d+)", "".join(lines) + rest)]
    assert pids
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), what="every process to end")
    assert "Stopped cleanly" in rest
