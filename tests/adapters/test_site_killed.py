"""Kill the publishing process at random moments: what is there is whole, and nothing is there twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from multiprocessing.connection import Connection
from os import PathLike, fsdecode
from pathlib import Path

import pytest
import yaml

from adapters.platforms.site.adapter import SiteAdapter
from adapters.testing.contract import SLOT, make_post
from adapters.tools import Tools
from engine.domain.items import ContentItem
from engine.domain.publication import Post
from engine.domain.workspace import Account

SEED = 20260105
KILLS = 10
BODY = "word " * 20_000  # long enough that a torn file would show
REPEATED = 3
# Forks each writer from one process that has done its imports, which take longer than all that is tested.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.adapters.test_site_killed"])


def numbered_post(folder: str, number: int) -> Post:
    settings = {"folder": folder, "base_url": "https://tacos.example", "title": "Tacos"}
    account = Account(name="blog", platform="site", settings=settings)
    item = ContentItem(id=f"item-{number}", title=f"Post {number}", body=f"{BODY}\nend of {number}")
    return make_post(account, slot=SLOT + timedelta(minutes=number), item=item)


@cache
def key_of(folder: str, number: int) -> str:
    return numbered_post(folder, number).key


async def publish_for_ever(folder: str, start: int, say: Callable[[int], None]) -> None:
    """Publish one after the other, from a few that are there already, saying the number of each that is done."""
    platform, number = SiteAdapter(Tools()), start
    while True:
        await platform.publish(numbered_post(folder, number), {})
        say(number)
        number += 1


def write_until_killed(folder: str, start: int, done: Connection) -> None:
    asyncio.run(publish_for_ever(folder, start, done.send))


def kill_one(folder: Path, start: int, alive: float) -> list[int]:
    """Run a writer, kill it `alive` seconds after its first post, and return what it said was done."""
    listen, done = SERVER.Pipe(duplex=False)
    writer = SERVER.Process(target=write_until_killed, args=(str(folder), start, done))
    writer.start()
    done.close()
    said = [listen.recv()]
    writer.join(timeout=alive)
    assert writer.is_alive(), "the writer ended by itself"
    writer.kill()
    writer.join()
    with suppress(EOFError, OSError):  # the last word may be torn
        while True:
            said.append(listen.recv())
    return said


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
        missing = [number for number in range(done + 1) if key_of(str(tmp_path), number) not in keys]
        assert missing == []
        ET.parse(tmp_path / "feed.xml")  # well-formed at every moment
    last = numbered_post(str(tmp_path), done)
    assert asyncio.run(SiteAdapter(Tools()).find(last, {}))
    entries = ET.parse(tmp_path / "feed.xml").getroot().findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == min(100, len(keys)), "looking has healed the feed"


def die_at_step(folder: str, number: int, step: int) -> None:
    """Publish one post, killed by its own hand just before the given touch of the folder (opening, linking, …)."""
    left = [step]

    def hook(event: str, args: tuple[object, ...]) -> None:
        touches = any(isinstance(arg, str | bytes | PathLike) and folder in fsdecode(arg) for arg in args)
        # A file that was made is opened by its number before anything is written into it.
        if touches or (event == "open" and isinstance(args[0], int)):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    post = numbered_post(folder, number)
    sys.addaudithook(hook)
    asyncio.run(SiteAdapter(Tools()).publish(post, {}))


def kill_at_step(folder: Path, step: int) -> tuple[bool, bool]:
    """Publish a second post, killed at this step; return whether it was there then, and whether it was killed."""
    folder.mkdir()
    publish = SiteAdapter(Tools()).publish
    asyncio.run(publish(numbered_post(str(folder), 0), {}))
    post = numbered_post(str(folder), 1)
    writer = SERVER.Process(target=die_at_step, args=(str(folder), 1, step))
    writer.start()
    writer.join(timeout=30)
    ended = writer.exitcode
    writer.close()
    assert ended in {0, -signal.SIGKILL}
    keys = keys_of_whole_posts(folder)
    assert len(keys) == len(set(keys))
    ET.parse(folder / "feed.xml")
    found = asyncio.run(SiteAdapter(Tools()).find(post, {}))
    assert (found is not None) == (post.key in keys), "looking tells exactly whether it is there"
    assert asyncio.run(publish(post, {}))
    assert len(keys_of_whole_posts(folder)) == 2
    assert list(folder.rglob(".drumbeat-tmp-*")) == []
    return found is not None, ended != 0


@pytest.mark.fault
def test_a_writer_killed_at_every_single_step_leaves_the_post_whole_or_absent(tmp_path: Path) -> None:
    there: list[bool] = []
    for step in range(40):
        found, killed = kill_at_step(tmp_path / str(step), step)
        there.append(found)
        if not killed:
            break
    else:
        pytest.fail("the writer has more steps than were tried")
    assert there == sorted(there), "absent before one step, there after it"
    assert there.count(False) > 3
    assert there.count(True) > 3
