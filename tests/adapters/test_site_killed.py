"""Kill the publishing process at random moments: what is there is whole, and nothing is there twice."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from adapters.platforms.site.adapter import SiteAdapter
from adapters.tools import Tools
from engine.domain.publication import Post
from engine.domain.strategy import ContentItem
from engine.domain.workspace import Account
from tests.contracts.platform_contract import SLOT, make_post

SEED = 20260105
KILLS = 10
BODY = "word " * 20_000  # long enough that a torn file would show
REPEATED = 3


def numbered_post(folder: str, number: int) -> Post:
    settings = {"folder": folder, "base_url": "https://tacos.example", "title": "Tacos"}
    account = Account(name="blog", platform="site", settings=settings)
    item = ContentItem(id=f"item-{number}", title=f"Post {number}", body=f"{BODY}\nend of {number}")
    return make_post(account, slot=SLOT + timedelta(minutes=number), item=item)


async def publish_for_ever(folder: str, start: int) -> None:
    """Publish one after the other, from a few that are there already, saying the number of each that is done."""
    platform, number = SiteAdapter(Tools()), start
    while True:
        await platform.publish(numbered_post(folder, number), {})
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


def kill_one(folder: Path, start: int, alive: float) -> list[int]:
    """Run a writer, kill it `alive` seconds after its first post, and return what it said was done."""
    command = [sys.executable, "-m", "tests.adapters.test_site_killed", str(folder), str(start)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        try:
            writer.wait(timeout=alive)
            pytest.fail("the writer ended by itself")
        except subprocess.TimeoutExpired:
            writer.kill()
        rest = writer.stdout.read()
    return [int(line) for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


def keys_of_whole_posts(folder: Path) -> list[str]:
    keys = []
    for path in (folder / "content/posts").glob("*.md"):
        _, head, body = path.read_text().split("---\n", 2)
        values = yaml.safe_load(head)
        number = values["title"].removeprefix("Post ")
        assert body == f"\n{BODY}\nend of {number}\n", f"{path.name} is torn"
        keys.append(values["drumbeat_key"])
    return keys


@pytest.mark.fault
def test_a_writer_killed_ten_times_loses_nothing_tears_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    sys.stdout.write(f"seed {SEED}\n")
    done = -1
    for _ in range(KILLS):
        said = kill_one(tmp_path, max(0, done - REPEATED), chance.uniform(0.001, 0.25))
        done = max(done, *said)
        keys = Counter(keys_of_whole_posts(tmp_path))
        assert set(keys.values()) == {1}
        missing = [
            number for number in range(done + 1) if numbered_post(str(tmp_path), number).key not in keys
        ]
        assert missing == []
        ET.parse(tmp_path / "feed.xml")  # well-formed at every moment
    last = numbered_post(str(tmp_path), done)
    assert asyncio.run(SiteAdapter(Tools()).find(last, {}))
    entries = ET.parse(tmp_path / "feed.xml").getroot().findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == min(100, len(keys)), "looking has healed the feed"


if __name__ == "__main__":
    asyncio.run(publish_for_ever(sys.argv[1], int(sys.argv[2])))
