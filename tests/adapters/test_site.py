"""The platform `site`: whole posts, never overwritten, in a folder that other people's tools read."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import feedparser
import pytest
import yaml
from filelock import FileLock

from adapters.platforms.site import adapter as site_adapter
from adapters.platforms.site import folder as site_folder
from adapters.platforms.site.adapter import SiteAdapter
from adapters.platforms.site.folder import LOCK_NAME, SiteFolder
from adapters.platforms.site.names import file_name
from adapters.platforms.site.page import Page, parse, render
from adapters.testing.contract import SLOT, Call, PlatformContract, make_post
from adapters.testing.secrecy import SECRET
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError
from engine.domain.items import ContentItem
from engine.domain.workspace import Account

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def platform() -> SiteAdapter:
    return SiteAdapter(Tools())


@pytest.fixture
def account(tmp_path: Path) -> Account:
    (tmp_path / "site").mkdir()
    settings = {
        "folder": str(tmp_path / "site"),
        "base_url": "https://tacos.example/",
        "title": "Tacos & más",
    }
    return Account(name="blog", platform="site", settings=settings)


def with_settings(account: Account, **changes: object) -> Account:
    return account.model_copy(update={"settings": {**account.settings, **changes}})


def root(account: Account) -> Path:
    return Path(str(account.settings["folder"]))


def posts(account: Account) -> list[Path]:
    return sorted((root(account) / "content/posts").iterdir())


def front_matter(path: Path) -> dict[str, object]:
    head = path.read_text().split("---\n")[1]
    values = yaml.safe_load(head)
    assert isinstance(values, dict)
    return values


def entries(account: Account) -> list[ET.Element]:
    return ET.parse(root(account) / "feed.xml").getroot().findall(f"{ATOM}entry")


@pytest.fixture
def count(account: Account) -> Callable[[str], int]:
    return lambda key: sum(front_matter(path)["drumbeat_key"] == key for path in posts(account))


@pytest.fixture
def failures(platform: SiteAdapter, account: Account, tmp_path: Path) -> Sequence[Call]:
    (tmp_path / "file").write_text("")
    broken = (str(tmp_path / "missing"), str(tmp_path / "file"), "relative", "/a\0b")
    wrong = [make_post(with_settings(account, folder=folder)) for folder in broken]
    wrong.append(make_post(with_settings(account, base_url=f"https://me:{SECRET}@tacos.example")))
    return [partial(call, post, {}) for post in wrong for call in (platform.publish, platform.find)]


class TestContract(PlatformContract):
    """The platform keeps the contract of its seam."""


async def test_a_post_is_a_markdown_file_that_hugo_and_jekyll_read(
    platform: SiteAdapter, account: Account
) -> None:
    published = await platform.publish(make_post(account), {})
    (path,) = posts(account)
    values = front_matter(path)
    assert path.name.startswith("2026-01-05-080000-tuesdays-")
    assert values["title"] == "Tuesday's menu"
    assert values["date"] == SLOT
    assert values["tags"] == ["menu"]
    assert values["url"] == values["permalink"] == f"/posts/{values['slug']}/"
    assert values["drumbeat_key"] == make_post(account).key
    assert path.read_text().endswith("---\n\nCarnitas today.\n\nFrom noon.\n")
    assert published is not None
    assert published.at == SLOT
    assert published.url == f"https://tacos.example{values['url']}"
    assert published.native_id == f"content/posts/{path.name}"
    assert stat.S_IMODE(path.stat().st_mode) & 0o444, "the web server must be able to read it"


async def test_toml_front_matter_says_the_same(platform: SiteAdapter, account: Account) -> None:
    account = with_settings(account, front_matter="toml")
    first = await platform.publish(make_post(account), {})
    (path,) = posts(account)
    values = tomllib.loads(path.read_text().split("+++\n")[1])
    assert (values["title"], values["date"], values["tags"]) == ("Tuesday's menu", SLOT, ["menu"])
    assert await platform.find(make_post(account), {}) == first


async def test_the_feed_is_atom_with_the_newest_first_and_the_posts_own_link(
    platform: SiteAdapter, account: Account
) -> None:
    for day in (2, 0, 1):
        await platform.publish(make_post(account, slot=SLOT + timedelta(days=day)), {})
    parsed = feedparser.parse((root(account) / "feed.xml").read_bytes())
    assert parsed.version == "atom10"
    assert parsed.feed.title == "Tacos & más"
    assert [link.href for link in parsed.feed.links if link.rel == "self"] == [
        "https://tacos.example/feed.xml"
    ]
    assert parsed.feed.updated == "2026-01-07T08:00:00Z"
    assert [entry.published for entry in parsed.entries] == [f"2026-01-0{day}T08:00:00Z" for day in (7, 6, 5)]
    assert all(entry.id.startswith("urn:uuid:") for entry in parsed.entries)
    assert len({entry.id for entry in parsed.entries}) == 3
    found = await platform.find(make_post(account), {})
    assert found is not None
    assert parsed.entries[-1].link == found.url


async def test_the_feed_keeps_the_newest_hundred_and_opens_no_other_post(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(105):
        name_post = make_post(account, slot=SLOT + timedelta(hours=number))
        SiteFolder(site_adapter._settings(name_post)).link(
            file_name(name_post),
            render(site_adapter._settings(name_post), name_post),
        )
    opened: list[Path] = []
    real = site_folder._read

    def counting(path: Path) -> Page | None:
        opened.append(path)
        return real(path)

    monkeypatch.setattr(site_folder, "_read", counting)
    await platform.publish(make_post(account, slot=SLOT + timedelta(hours=105)), {})
    assert len(posts(account)) == 106
    assert len(entries(account)) == 100
    assert len(opened) == 100


async def test_of_a_hundred_posts_in_the_feed_only_the_new_one_is_read(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.publish(make_post(account), {})
    read: list[str] = []
    real = parse

    def counting(text: str) -> Page | None:
        read.append(text)
        return real(text)

    monkeypatch.setattr(site_folder, "parse", counting)
    await platform.publish(make_post(account, slot=SLOT + timedelta(hours=1)), {})
    assert len(entries(account)) == 2
    assert len(read) == 1


async def test_the_same_key_with_another_text_stays_as_it_was_published(
    platform: SiteAdapter, account: Account
) -> None:
    first = await platform.publish(make_post(account), {})
    (path,) = posts(account)
    before = path.read_bytes()
    again = make_post(account).model_copy(
        update={"item": ContentItem(id="menu", title="Other", body="Other")}
    )
    assert await platform.publish(again, {}) == first
    assert await platform.find(again, {}) == first
    assert posts(account) == [path]
    assert path.read_bytes() == before


async def test_a_post_mended_by_hand_keeps_its_place_and_changes_in_the_feed(
    platform: SiteAdapter, account: Account
) -> None:
    first = await platform.publish(make_post(account), {})
    (path,) = posts(account)
    path.write_text(path.read_text().replace("Tuesday's menu", "Taco Tuesday"))
    assert await platform.find(make_post(account), {}) == first
    assert entries(account)[0].findtext(f"{ATOM}title") == "Taco Tuesday"


async def test_a_post_spoilt_by_hand_is_still_there_and_does_not_stop_the_others(
    platform: SiteAdapter, account: Account
) -> None:
    first = await platform.publish(make_post(account), {})
    posts(account)[0].write_bytes(b"---\ntitle: [\xff\n---\n")
    assert await platform.publish(make_post(account), {}) == first
    assert await platform.publish(make_post(account, slot=SLOT + timedelta(days=1)), {})
    assert len(entries(account)) == 1


async def test_posts_of_other_people_are_left_alone(platform: SiteAdapter, account: Account) -> None:
    folder = root(account) / "content/posts"
    folder.mkdir(parents=True)
    (folder / "2026-01-04-by-hand.md").write_text("---\ntitle: mine\n---\n")
    await platform.publish(make_post(account), {})
    assert len(posts(account)) == 2
    assert len(entries(account)) == 1


@pytest.mark.parametrize(
    "title",
    [
        "../../../etc/passwd",
        "..",
        "/etc/passwd",
        "C:\\windows\\con",
        "CON",
        "nul\0byte",
        "a" * 300,
        "ñandú " * 90,
        "日本語のタイトル",
        "🌮🌮🌮",
        "नमस्ते दुनिया",
        '"\n---\ndrumbeat_key: "stolen"\n---\n<b>',
        "---",
        "+++",
        "title: {{ x }}\u2028drumbeat_key: stolen\x85date: 1970-01-01",
        "]]></title><entry/>&bogus;",
        "\ud800 lone surrogate \ufffe",
        "- !!python/object/apply:os.system [id]",
        "\x1b[31mred",
        "  ",
        "*anchor &alias %TAG",
    ],
)
@pytest.mark.parametrize("kind", ["yaml", "toml"])
async def test_a_hostile_title_is_a_title_and_nothing_else(
    platform: SiteAdapter, account: Account, title: str, kind: str
) -> None:
    account = with_settings(account, front_matter=kind)
    item = ContentItem(id="x", title=title, body=f"{title}\n---\nbody", tags=(title, 'a", "b'))
    post = make_post(account, item=ContentItem(id="x", title="seed")).model_copy(update={"item": item})
    published = await platform.publish(post, {})
    (path,) = posts(account)
    assert path.parent == root(account) / "content/posts"
    assert len(path.name.encode()) <= 255
    text = path.read_text()
    values = (
        tomllib.loads(text.split("+++\n")[1]) if kind == "toml" else yaml.safe_load(text.split("---\n")[1])
    )
    assert set(values) == {"title", "date", "slug", "url", "permalink", "tags", "drumbeat_key"}
    assert values["drumbeat_key"] == post.key
    assert values["title"]
    assert "/" not in values["slug"]
    assert len(entries(account)) == 1
    assert published is not None
    assert published.url is not None
    assert published.url.isascii()
    assert await platform.find(post, {}) == published


async def test_letters_of_every_script_are_kept(platform: SiteAdapter, account: Account) -> None:
    item = ContentItem(id="x", title="Ñandú 日本 🌮", body="Größe: ½ 🌮\r\nzwei")
    await platform.publish(make_post(account, item=item), {})
    (path,) = posts(account)
    assert front_matter(path)["title"] == "Ñandú 日本 🌮"
    assert str(front_matter(path)["slug"]).startswith("ñandú-日本-")
    assert path.read_text().endswith("Größe: ½ 🌮\nzwei\n")


async def test_an_items_link_is_part_of_the_post(platform: SiteAdapter, account: Account) -> None:
    item = ContentItem(id="x", title="Look", body="Here.", link="https://a.example/<b> c")
    await platform.publish(make_post(account, item=item), {})
    assert posts(account)[0].read_text().endswith("Here.\n\n<https://a.example/%3Cb%3E%20c>\n")


async def test_a_post_without_a_title_is_named_by_its_first_line(
    platform: SiteAdapter, account: Account
) -> None:
    item = ContentItem(id="x", body="\n## Carnitas **today**\nmore")
    await platform.publish(make_post(account, item=item), {})
    assert front_matter(posts(account)[0])["title"] == "Carnitas **today**"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"folder": None}, "`folder`"),
        ({"content_dir": "../elsewhere"}, "inside the site's folder"),
        ({"content_dir": "/etc"}, "inside the site's folder"),
        ({"feed": "."}, "inside the site's folder"),
        ({"base_url": "tacos.example"}, "a web address"),
        ({"base_url": "https://tacos.example/?a=b"}, "without user name, query or fragment"),
        ({"front_matter": "json"}, "`front_matter`"),
        ({"permalink": "/posts/"}, "{slug}"),
        ({"permalink": "/{slug}/../x"}, "{slug}"),
        ({"permalink": "/{slug}/{hour}"}, "{slug}, {year}, {month} and {day} only"),
        ({"permalink": "/{slug.__class__}/"}, "must start with"),
        ({"foldr": "x"}, "did you mean `folder`?"),
    ],
)
def test_wrong_settings_are_named(
    platform: SiteAdapter, account: Account, settings: dict[str, object], words: str
) -> None:
    if words == "must start with":
        settings = {"permalink": "posts/{slug.__class__}/"}
    assert words in " ".join(platform.validate(with_settings(account, **settings), None))


def breaks_at(monkeypatch: pytest.MonkeyPatch, place: str, number: int) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    target, name = (SiteFolder, place) if hasattr(SiteFolder, place) else (site_folder, place)
    monkeypatch.setattr(target, name, broken)


@pytest.mark.parametrize(
    ("number", "transient", "words"),
    [
        (errno.ENOSPC, True, "full disk"),
        (errno.EDQUOT, True, "quota"),
        (errno.EIO, True, "cannot be used"),
        (errno.EACCES, False, "may not be written"),
        (errno.EROFS, False, "read-only"),
    ],
)
async def test_trouble_before_the_post_appears_did_nothing(
    platform: SiteAdapter,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    transient: bool,
    words: str,
) -> None:
    breaks_at(monkeypatch, "_link", number)
    with pytest.raises(PublishError, match=words) as caught:
        await platform.publish(make_post(account), {})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, transient)
    assert posts(account) == [], "not even a temporary file is left"


@pytest.mark.parametrize("place", ["settle", "heal_feed"])
async def test_trouble_after_the_post_appeared_is_doubtful_and_settled_by_looking(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as broken:
        breaks_at(broken, place, errno.ENOSPC)
        with pytest.raises(PublishError, match="full disk") as caught:
            await platform.publish(make_post(account), {})
        assert caught.value.effect is Effect.MAYBE
    found = await platform.find(make_post(account), {})
    assert found is not None
    assert len(entries(account)) == 1, "looking mends the feed"
    assert await platform.publish(make_post(account), {}) == found
    assert len(posts(account)) == 1


async def test_a_post_is_found_although_the_feed_cannot_be_written(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = await platform.publish(make_post(account), {})
    breaks_at(monkeypatch, "heal_feed", errno.ENOSPC)
    assert await platform.find(make_post(account), {}) == published


async def test_a_disk_full_while_writing_leaves_no_litter(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PublishError) as caught:
        await platform.publish(make_post(account), {})
    assert caught.value.effect is Effect.NONE
    assert posts(account) == []


async def test_a_folder_in_the_way_of_the_posts_is_named(platform: SiteAdapter, account: Account) -> None:
    (root(account) / "content").write_text("a file")
    with pytest.raises(PublishError, match="content") as caught:
        await platform.publish(make_post(account), {})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, False)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be nobody for a while, where the suite runs as root: root may write everywhere."""
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def read_only() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        yield folder
        assert list(folder.iterdir()) == []
        folder.chmod(0o755)


async def test_a_folder_without_the_right_to_write_is_named(
    platform: SiteAdapter, account: Account, read_only: Path
) -> None:
    post = make_post(with_settings(account, folder=str(read_only)))
    with unprivileged(), pytest.raises(PublishError, match="may not be written") as caught:
        await platform.publish(post, {})
    assert (caught.value.effect, caught.value.transient) == (Effect.NONE, False)


async def test_without_hard_links_a_post_is_renamed_into_place_and_never_over_another(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    published = await platform.publish(make_post(account), {})
    assert await platform.publish(make_post(account), {}) == published
    (path,) = posts(account)
    with pytest.raises(FileExistsError):
        SiteFolder(site_adapter._settings(make_post(account))).link(path.name, "other")
    assert front_matter(path)["title"] == "Tuesday's menu"


async def test_a_folder_in_use_is_waited_for_and_then_tried_again_later(
    platform: SiteAdapter, account: Account
) -> None:
    settings = site_adapter._settings(make_post(account))
    held, waiting = FileLock(root(account) / LOCK_NAME), SiteFolder(settings, patience=0.01)
    with held, pytest.raises(TimeoutError) as caught, waiting.locked():
        pytest.fail("the lock did not hold")
    failure = site_adapter._failure(settings, caught.value, Effect.NONE)
    assert failure.transient
    assert "in use by another process" in str(failure)


async def test_posts_that_wait_for_the_folder_keep_their_order_and_leave_the_threads_to_others(
    platform: SiteAdapter, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked: list[str] = []
    real = SiteFolder.link

    def noting(folder: SiteFolder, name: str, text: str) -> None:
        linked.append(name)
        real(folder, name, text)

    monkeypatch.setattr(SiteFolder, "link", noting)
    wanted = [make_post(account, slot=SLOT + timedelta(hours=number % 7)) for number in range(50)]
    with FileLock(root(account) / LOCK_NAME):
        waiting = [asyncio.create_task(platform.publish(post, {})) for post in wanted]
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.to_thread(root, account)
    await asyncio.gather(*waiting)
    assert linked == [file_name(post) for post in wanted[:7]]


async def test_litter_of_a_killed_process_is_swept_away(platform: SiteAdapter, account: Account) -> None:
    await platform.publish(make_post(account), {})
    for folder in (root(account), root(account) / "content/posts"):
        (folder / ".drumbeat-tmp-0123").write_text("half")
    await platform.publish(make_post(account, slot=SLOT + timedelta(days=1)), {})
    assert list(root(account).rglob(".drumbeat-tmp-*")) == []


async def test_many_at_once_are_each_there_once(platform: SiteAdapter, account: Account) -> None:
    wanted = [make_post(account, slot=SLOT + timedelta(hours=number % 5)) for number in range(20)]
    published = await asyncio.gather(*(platform.publish(post, {}) for post in wanted))
    assert len(posts(account)) == len(entries(account)) == 5
    assert len({each.url for each in published if each}) == 5


async def test_a_feed_removed_or_broken_by_hand_comes_back(platform: SiteAdapter, account: Account) -> None:
    await platform.publish(make_post(account), {})
    before = (root(account) / "feed.xml").read_bytes()
    (root(account) / "feed.xml").write_text("<feed")
    await platform.find(make_post(account), {})
    assert (root(account) / "feed.xml").read_bytes() == before
    (root(account) / "feed.xml").unlink()
    await platform.publish(make_post(account), {})
    assert (root(account) / "feed.xml").read_bytes() == before


async def test_a_feed_that_is_right_is_not_written_again(platform: SiteAdapter, account: Account) -> None:
    await platform.publish(make_post(account), {})
    inode = (root(account) / "feed.xml").stat().st_ino
    await platform.find(make_post(account), {})
    await platform.publish(make_post(account), {})
    assert (root(account) / "feed.xml").stat().st_ino == inode
