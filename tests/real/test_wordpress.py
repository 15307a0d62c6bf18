"""WordPress, the real one: the contract, behind a proxy that breaks every request in every way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from adapters.http import Http, Limits
from adapters.platforms.wordpress.adapter import WordPressAdapter
from adapters.platforms.wordpress.pages import slug
from adapters.testing.behind_a_proxy import ProxiedContract
from adapters.testing.contract import PlatformContract, make_post, new_slot, published
from adapters.testing.faults import Reply
from adapters.testing.proxy import FaultProxy
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.likeness import sketch
from engine.domain.workspace import Account
from tests.real.pictures import picture
from tests.real.servers.wordpress import WordPress

Call = Callable[[], Any]
# What WordPress itself says to a wrong password.
REFUSED = Reply(
    401,
    (("Content-Type", "application/json"),),
    b'{"code": "incorrect_password", "message": "The password is incorrect.", "data": {"status": 401}}',
)


def account_at(url: str, site: WordPress, **settings: str) -> Account:
    return Account(
        name="wp",
        platform="wordpress",
        settings={"url": url, "user": site.user, **settings},
        secrets={"password": "env:WORDPRESS"},
    )


class Site:
    """The site asked directly, past the adapter and the proxy."""

    def __init__(self, site: WordPress) -> None:
        self._client = httpx.Client(
            base_url=f"{site.url}/wp-json/wp/v2", auth=(site.user, site.password), trust_env=False, timeout=30
        )

    def get(self, path: str, **params: str) -> Any:
        answer = self._client.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def count(self, key: str) -> int:
        """Count the posts that people see of this key, also those that were renamed as doubles."""
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        return sum(
            digest in post["slug"]
            for post in self.get("/posts", per_page="100", orderby="id", _fields="slug")
        )

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def site(wordpress_site: WordPress) -> Iterator[Site]:
    asked = Site(wordpress_site)
    yield asked
    asked.close()


@pytest.fixture
def count(site: Site) -> Callable[[str], int]:
    return site.count


@pytest.fixture
def rich(tmp_path: Path) -> ContentItem:
    """An item with everything: tags, link, two images."""
    images = []
    for name in ("counter", "crew"):
        path = tmp_path / f"{name}.png"
        path.write_bytes(picture(name))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        images.append(
            Image(
                file=str(path),
                alt=f"The {name} at noon",
                type="image/png",
                bytes=path.stat().st_size,
                sha256=digest,
            )
        )
    return ContentItem(
        id="menu",
        title="Tuesday's menu — ¡ándale! 🌮",
        body="# Carnitas\n\nFrom *noon*, <b>no</b> meat on Fridays.",
        tags=("menu", "Tortilla & Co", "salsa verde"),
        link="https://tacos.example/menu?day=tue&half=1",
        images=tuple(images),
    )


class TestWordPress(PlatformContract):
    @pytest.fixture
    def secrets(self, wordpress_site: WordPress) -> dict[str, str]:
        return {"password": wordpress_site.password}

    @pytest.fixture
    def platform(self) -> WordPressAdapter:
        return WordPressAdapter(Tools(http=Http(Limits(), trust_env=False)))

    @pytest.fixture
    def account(self, wordpress_site: WordPress) -> Account:
        return account_at(wordpress_site.url, wordpress_site)

    @pytest.fixture
    def failures(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str]
    ) -> Sequence[Call]:
        wrong = {"password": "hunter2-Zq8"}
        nobody = account.model_copy(update={"settings": {**account.settings, "user": "nobody-of-that-name"}})
        nowhere = account.model_copy(
            update={"settings": {**account.settings, "url": "http://127.0.0.1:9/blog"}}
        )
        return [
            lambda: platform.prepare(make_post(account), wrong),
            lambda: platform.find(make_post(account), wrong),
            lambda: platform.prepare(make_post(nobody), secrets),
            lambda: platform.find(make_post(nowhere), wrong),
        ]

    async def test_a_post_carries_text_tags_link_and_images(
        self,
        platform: WordPressAdapter,
        account: Account,
        secrets: dict[str, str],
        site: Site,
        rich: ContentItem,
    ) -> None:
        post = make_post(account, slot=new_slot(), item=rich)
        there = await published(platform, post, secrets)
        (seen,) = site.get("/posts", slug=slug(post), context="edit")
        assert seen["title"]["raw"] == rich.title
        assert "<h1>Carnitas</h1>" in seen["content"]["raw"]
        assert "From <em>noon</em>" in seen["content"]["raw"]
        assert 'href="https://tacos.example/menu?day=tue&amp;half=1"' in seen["content"]["raw"]
        assert 'alt="The crew at noon"' in seen["content"]["raw"]
        assert there.url == seen["link"]
        tags = [site.get(f"/tags/{number}")["name"] for number in seen["tags"]]
        assert sorted(tag.replace("&amp;", "&") for tag in tags) == sorted(rich.tags)
        assert site.get(f"/media/{seen['featured_media']}")["alt_text"] == "The counter at noon"

    async def test_an_image_is_uploaded_once_for_all_posts(
        self,
        platform: WordPressAdapter,
        account: Account,
        secrets: dict[str, str],
        site: Site,
        rich: ContentItem,
    ) -> None:
        for _ in range(3):
            await published(platform, make_post(account, slot=new_slot(), item=rich), secrets)
        slugs = [media["slug"] for media in site.get("/media", per_page="100")]
        assert len(slugs) == len(set(slugs)) == 2

    async def test_a_post_goes_into_the_category_of_the_account(
        self, platform: WordPressAdapter, wordpress_site: WordPress, secrets: dict[str, str], site: Site
    ) -> None:
        post = make_post(
            account_at(wordpress_site.url, wordpress_site, category="Fresh & new"), slot=new_slot()
        )
        await published(platform, post, secrets)
        (seen,) = site.get("/posts", slug=slug(post))
        names = [site.get(f"/categories/{number}")["name"] for number in seen["categories"]]
        assert names == ["Fresh &amp; new"]

    async def test_html_is_sent_as_it_is_where_the_account_says_so(
        self, platform: WordPressAdapter, wordpress_site: WordPress, secrets: dict[str, str], site: Site
    ) -> None:
        item = ContentItem(id="raw", title="Raw", body="<p>*not* <em>Markdown</em></p>")
        post = make_post(
            account_at(wordpress_site.url, wordpress_site, format="html"), slot=new_slot(), item=item
        )
        await published(platform, post, secrets)
        (seen,) = site.get("/posts", slug=slug(post), context="edit")
        assert seen["content"]["raw"] == item.body

    async def test_a_draft_that_came_late_is_never_shown(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str], site: Site
    ) -> None:
        post = make_post(account, slot=new_slot())
        ready = await platform.prepare(post, secrets)
        site.post(
            "/posts", status="draft", slug=slug(post), title="the same draft, made by a request that was late"
        )
        again = await platform.prepare(post, secrets)
        assert again.prepared == ready.prepared
        await platform.publish(ready, secrets)
        assert (await platform.prepare(post, secrets)).prepared["shown"] is True
        await platform.publish(await platform.prepare(post, secrets), secrets)
        assert site.count(post.key) == 1

    async def test_posts_of_others_are_seen_in_the_history(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str], site: Site
    ) -> None:
        by_hand = site.post("/posts", status="publish", title="Written by hand")
        newest = (await platform.history(account, 5, secrets))[0]
        assert (newest.ref, newest.title) == (by_hand["link"], "Written by hand")

    async def test_a_text_in_the_history_is_known_again_as_ours(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str]
    ) -> None:
        body = " ".join(f"word{number}" for number in range(80)) + "\n\n* and [a link](https://a.example)"
        item = ContentItem(id="long", title="How we choose the chillies", body=body)
        await published(platform, make_post(account, slot=new_slot(), item=item), secrets)
        newest = (await platform.history(account, 5, secrets))[0]
        assert newest.sketch == sketch(body, item.title)

    async def test_comments_that_are_held_back_or_not_answered_are_open(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str], site: Site
    ) -> None:
        there = await published(platform, make_post(account, slot=new_slot()), secrets)

        async def waiting() -> float | None:
            return (await platform.measure(account, None, secrets)).values["open_replies"]

        before = await waiting()
        assert before is not None
        reader = {"username": "mia", "email": "mia@tacos.example", "password": secrets["password"]}
        mia = site.post("/users", roles=["subscriber"], **reader)
        said = {"post": int(there.native_id or 0), "author": mia["id"]}
        asked = site.post("/comments", content="Is there a vegan one?", status="approved", **said)
        site.post("/comments", content="And when?", status="approved", **said)
        site.post("/comments", content="Buy this", status="hold", **said)
        assert await waiting() == before + 3
        site.post("/comments", post=said["post"], parent=asked["id"], content="Yes.", status="approved")
        assert await waiting() == before + 2

    async def test_comments_of_a_post_are_counted(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str], site: Site
    ) -> None:
        there = await published(platform, make_post(account, slot=new_slot()), secrets)
        assert (await platform.measure(account, there, secrets)).values == {"comments": 0}
        site.post("/comments", post=int(there.native_id or 0), content="¡Qué rico!", status="approved")
        assert (await platform.measure(account, there, secrets)).values == {"comments": 1}
        unknown = there.model_copy(update={"native_id": None})
        assert (await platform.measure(account, unknown, secrets)).values == {"comments": None}

    async def test_a_pasted_link_is_verified(
        self, platform: WordPressAdapter, account: Account, secrets: dict[str, str], site: Site
    ) -> None:
        by_hand = site.post("/posts", status="publish", title="Posted by a person")
        post = make_post(account, slot=new_slot()).model_copy(update={"claimed_link": by_hand["link"]})
        found = await platform.find(post, secrets)
        assert found is not None
        assert found.url == by_hand["link"]
        elsewhere = post.model_copy(update={"claimed_link": "https://other.example/posted-by-a-person/"})
        assert await platform.find(elsewhere, secrets) is None

    async def test_an_image_that_changed_since_the_plan_was_applied_is_not_posted(
        self,
        platform: WordPressAdapter,
        account: Account,
        secrets: dict[str, str],
        site: Site,
        rich: ContentItem,
    ) -> None:
        path = Path(rich.images[0].file)
        path.write_bytes(picture("another one"))  # noqa: ASYNC240 - eight pixels
        changed = rich.images[0].model_copy(update={"sha256": "0" * 64})
        post = make_post(account, slot=new_slot(), item=rich.model_copy(update={"images": (changed,)}))
        with pytest.raises(PublishError) as caught:
            await platform.prepare(post, secrets)
        assert (caught.value.effect, caught.value.trouble) == (Effect.NONE, Trouble.ABSENT)
        assert site.count(post.key) == 0


class TestBehindAProxy(ProxiedContract):
    @pytest.fixture
    def secrets(self, wordpress_site: WordPress) -> dict[str, str]:
        return {"password": wordpress_site.password}

    @pytest.fixture
    def upstream(self, wordpress_site: WordPress) -> str:
        return urlsplit(wordpress_site.url).netloc

    @pytest.fixture
    def expired(self) -> Reply:
        return REFUSED

    @pytest.fixture
    def web_limits(self) -> Limits:
        return Limits(connect=2, read=2.5, total=3)

    @pytest.fixture
    def platform(self, tools: Tools) -> WordPressAdapter:
        return WordPressAdapter(tools)

    @pytest.fixture
    def account(self, proxy: FaultProxy, wordpress_site: WordPress) -> Account:
        return account_at(proxy.url, wordpress_site)
