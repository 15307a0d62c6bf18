"""`drumbeat up` as a reader of the documentation would use it, with channels on real servers: it posts, measures, alerts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.domain.storage import Store
from tests.faults.engines import DRUMBEAT, ROOT, Engine, bare_environment
from tests.real.pages import plan_of
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
}


@pytest.fixture
def password(wordpress_site: WordPress) -> dict[str, str]:
    return {"WORDPRESS_PASSWORD": wordpress_site.password}


@pytest.fixture
def engine(tmp_path: Path, wordpress_site: WordPress, password: dict[str, str]) -> Iterator[Engine]:
    plan = tmp_path / "plan"
    plan.mkdir()
    words = {
        "https://tacos.example.com": wordpress_site.url,
        "user: crew": f"user: {wordpress_site.user}",
        "every: 15m": "every: 2s",
        "cron: '0 9 * * TUE'": "every: 3s, misfire: {grace: 5m, then: ask, catch_up: all}",
    }
    (plan / "plan.yaml").write_text(
        plan_of("wordpress.md", dict(WORKSPACE), dict(STRATEGY), words), encoding="utf-8"
    )
    started = Engine(tmp_path, plan, **password)
    yield started
    started.clear_up()


def published(store: Store) -> list[str]:
    return [str(entry.data["key"]) for _, entry in store.journal(types=["slot.published"], limit=10_000)]


def shown(site: WordPress) -> list[str]:
    """Return the titles of the posts that everybody sees and that this strategy made."""
    answer = httpx.get(
        f"{site.url}/wp-json/wp/v2/posts",
        params={"per_page": "100", "_fields": "title"},
        trust_env=False,
        timeout=30,
    )
    titles = [post["title"]["rendered"] for post in answer.json()]
    return [title for title in titles if title.startswith("Where we are this week")]


def test_a_plan_of_the_page_posts_measures_and_alerts_on_a_real_site(
    engine: Engine, wordpress_site: WordPress, password: dict[str, str]
) -> None:
    engine.ready()
    store = engine.store()
    try:
        eventually(lambda: len(published(store)) >= 3, within=90, what="three posts")
        engine.kill("worker")
        before = len(published(store))
        eventually(
            lambda: len(published(store)) >= before + 3, within=120, what="posts after the worker was killed"
        )
        samples = eventually(
            lambda: [
                sample for sample in store.samples("team/be-found", "posts-this-week") if sample.value >= 3
            ],
            within=60,
            what="the posts are counted in the site's own feed",
        )
        assert samples[0].origin.startswith(wordpress_site.url)
        assert store.samples("team/be-found", "comments"), "the site itself was asked too"
        (silent,) = [alert for _, alert in store.alerts() if alert.rule == "ChannelSilent"]
        assert silent.subject == "channel/letter"
        status = subprocess.run(
            [*DRUMBEAT, "status"],
            env=bare_environment(engine.home, **password),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "letter" in status.stdout
        assert engine.program.end() == 0
        keys = published(store)
        assert len(keys) == len(set(keys))
        titles = shown(wordpress_site)
        assert len(titles) == len(set(titles)), "a post stands there twice"
        assert len(titles) >= len(keys), "a post is lost"
        secret = password["WORDPRESS_PASSWORD"]
        assert secret not in engine.log.read_text(encoding="utf-8")
        assert all(
            secret not in file.read_bytes().decode("latin-1")
            for file in engine.home.rglob("*")
            if file.is_file()
        )
    finally:
        store.close()
