"""`drumbeat up` as a reader of the documentation would use it, on real servers: it posts, measures and alerts."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.domain.storage import Store
from tests.faults.engines import DRUMBEAT, ROOT, Engine, bare_environment
from tests.real.pages import plan_of
from tests.real.servers import bluesky
from tests.real.servers.bluesky import Network, Person
from tests.real.servers.wordpress import WordPress
from tests.support import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
WORKSPACE: dict[str, Any] = {
    "name": "team",
    "people": [{"name": "ana"}],
    "accounts": [
        {"name": "letters", "platform": "manual", "settings": {"place": "The letter tool", "verify": False}}
    ],
    "notifiers": [{"name": "console", "kind": "log"}],
}
STRATEGY: dict[str, Any] = {
    "name": "be-found",
    "workspace": "team",
    "owner": "ana",
    "notify": ["console"],
    "channels": [
        {"name": "letter", "account": "letters", "silence": {"after": "3s", "dormant_after": "300d"}}
    ],
    "actions": [
        {
            "name": "shout",
            "channel": "bluesky",
            "schedule": {"every": "3s", "misfire": {"grace": "5m", "then": "ask", "catch_up": "all"}},
            "content": {
                "repeat": True,
                "items": [
                    {
                        "id": "places",
                        "title": "Where we are this week",
                        "body": "The long text, which is for the blog. " * 20,
                        "variants": {"bluesky": {"body": "Number {number} at https://tacos.example 🌮"}},
                    }
                ],
            },
        }
    ],
}


@pytest.fixture
def tacos(bluesky_network: Network) -> Person:
    return bluesky_network.person("tacos-up")


@pytest.fixture
def secrets(wordpress_site: WordPress) -> dict[str, str]:
    return {"WORDPRESS_PASSWORD": wordpress_site.password, "BLUESKY_APP_PASSWORD": bluesky.PASSWORD}


@pytest.fixture
def engine(
    tmp_path: Path, wordpress_site: WordPress, tacos: Person, secrets: dict[str, str]
) -> Iterator[Engine]:
    plan = tmp_path / "plan"
    plan.mkdir()
    network = tacos.network
    account = (f"handle: {tacos.handle}", f"service: '{network.pds}'", f"appview: '{network.appview}'")
    words = {
        "https://tacos.example.com": wordpress_site.url,
        "user: crew": f"user: {wordpress_site.user}",
        "every: 15m": "every: 2s",
        "cron: '0 9 * * TUE'": "every: 3s, misfire: {grace: 5m, then: ask, catch_up: all}",
        "{handle: tacos.bsky.social}": f"{{handle: {tacos.handle}, appview: '{network.appview}'}}",
        "      handle: tacos.bsky.social\n": "".join(f"      {line}\n" for line in account),
    }
    pages = ("wordpress.md", "bluesky.md")
    text = plan_of(pages, dict(WORKSPACE), dict(STRATEGY), words)
    (plan / "plan.yaml").write_text(text, encoding="utf-8")
    started = Engine(tmp_path, plan, **secrets)
    yield started
    started.clear_up()


def published(store: Store) -> Counter[str]:
    """Count what the journal says was published, by channel."""
    entries = store.journal(types=["slot.published"], limit=10_000)
    keys = [str(entry.data["key"]) for _, entry in entries]
    assert len(keys) == len(set(keys))
    return Counter(entry.subject for _, entry in entries)


def on_the_blog(site: WordPress) -> list[str]:
    """Return the titles of the posts that everybody sees and that this strategy made."""
    asked = {"per_page": "100", "_fields": "title"}
    answer = httpx.get(f"{site.url}/wp-json/wp/v2/posts", params=asked, trust_env=False, timeout=30)
    titles = [post["title"]["rendered"] for post in answer.json()]
    return [title for title in titles if title.startswith("Where we are this week")]


def on_bluesky(person: Person) -> list[str]:
    return [record["value"]["text"] for record in person.records().values()]


def judge(store: Store, site: WordPress, person: Person) -> None:
    """Everything that the journal says is there is there, once, and nothing else; measured; the silence is told."""
    told, blog, sky = published(store), on_the_blog(site), on_bluesky(person)
    assert len(blog) == len(set(blog)), "a post stands on the blog twice"
    assert len(sky) == len(set(sky)), "a post stands on Bluesky twice"
    assert all("the blog" not in text for text in sky), "each channel gets its own variant"
    assert len(blog) >= told["channel/blog"]
    assert len(sky) >= told["channel/bluesky"]
    assert store.samples("team/be-found", "comments"), "the site itself was asked"
    assert store.samples("team/be-found", "followers"), "the server that counts was asked"
    (silent,) = [alert for _, alert in store.alerts() if alert.rule == "ChannelSilent"]
    assert silent.subject == "channel/letter"


def test_a_plan_of_the_pages_posts_measures_and_alerts_on_real_servers(
    engine: Engine, wordpress_site: WordPress, tacos: Person, secrets: dict[str, str]
) -> None:
    engine.ready()
    store = engine.store()
    both = ("channel/blog", "channel/bluesky")
    try:
        eventually(
            lambda: all(published(store)[each] >= 2 for each in both), within=90, what="two posts on each"
        )
        engine.kill("worker")
        before = published(store)
        eventually(
            lambda: all(published(store)[each] >= before[each] + 2 for each in both),
            within=120,
            what="posts on each after the worker was killed",
        )
        counted = [("posts-this-week", 3), ("answers", 0)]
        for metric, least in counted:
            eventually(
                lambda name=metric, at_least=least: any(  # type: ignore[misc]
                    sample.value >= at_least for sample in store.samples("team/be-found", name)
                ),
                within=60,
                what=f"{metric} is read back",
            )
        status = subprocess.run(
            [*DRUMBEAT, "status"],
            env=bare_environment(engine.home, **secrets),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "letter" in status.stdout
        assert engine.program.end() == 0
        judge(store, wordpress_site, tacos)
    finally:
        store.close()
    shown = [file for file in (*engine.home.rglob("*"), engine.log) if file.is_file()]
    for secret in secrets.values():
        assert [file.name for file in shown if secret in file.read_bytes().decode("latin-1")] == []
