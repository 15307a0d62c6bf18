"""The platform `wordpress`: posts on a WordPress site, through its own REST interface.

A slug does not keep a post from being made twice: WordPress renames the second one. So a post is made in two steps.
`prepare` makes a draft, which nobody sees, or takes up the one that an earlier attempt made; `publish` shows that draft.
Showing it twice, at any time and in any order, leaves one post.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import JsonValue, field_validator

from adapters.api import Seen
from adapters.media import read_image
from adapters.platforms.wordpress.comments import open_replies, total_of
from adapters.platforms.wordpress.pages import content, media_slug, slug, term_slug
from adapters.platforms.wordpress.rest import Rest, SeenMedia, SeenPost, in_utc
from adapters.platforms.wordpress.settings import WordPressSettings
from adapters.settings import of_account, problems
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import ContentItem, Image
from engine.domain.likeness import sketch
from engine.domain.ports import Capabilities, Published, Role, Secrets
from engine.domain.publication import Post
from engine.domain.records import Activity
from engine.domain.roles import Measured
from engine.domain.workspace import Account

_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
# How far back comments count that nobody has answered.
_REPLIES = timedelta(days=28)


class WordPressAdapter:
    """Publishes posts with title, body, tags, category, link and images; finds them by their slug."""

    kind = "wordpress"
    settings = WordPressSettings
    secrets = "`password`, an application password of the user"
    capabilities = Capabilities(
        exact_find=True,
        idempotent=True,
        settle=timedelta(seconds=1),
        timeout=timedelta(seconds=40),
        roles=frozenset({Role.PREPARE, Role.METRICS, Role.HISTORY}),
    )
    post_metrics = ("comments",)
    account_metrics = ("posts", "comments", "open_replies")

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def validate(self, account: Account, item: ContentItem | None) -> Sequence[str]:
        """Return what is wrong, one sentence each; pure."""
        found = problems(WordPressSettings, account.settings)
        if "password" not in account.secrets:
            found.append(
                "The secret `password` is missing: an application password of the user, as in `password: env:WORDPRESS`."
            )
        if item is not None:
            found += _blank(item)
            found += [
                f"The image {image.file} of {item.id!r} is {image.type}, and WordPress takes PNG, JPEG, GIF and WebP; convert it."
                for image in item.images
                if image.type and image.type not in _IMAGES
            ]
        return found

    async def prepare(self, post: Post, secrets: Secrets) -> Post:
        """Put tags, images and a draft in place, or take up those of an earlier attempt. Raises PublishError, effect none."""
        rest = self._rest(post.account, secrets)
        there = await rest.posts(slug(post))
        identity = there[0].id if there else await self._draft(rest, post)
        prepared: dict[str, JsonValue] = {"id": identity, "shown": bool(there and there[0].published())}
        return post.model_copy(update={"prepared": prepared})

    async def publish(self, post: Post, secrets: Secrets) -> Published | None:
        """Show the draft. Raises PublishError."""
        rest, ready = self._rest(post.account, secrets), _Prepared.model_validate(post.prepared)
        if ready.shown:
            found = await self.find(post, secrets)
            if found is not None:
                return found
        answer = await rest.post(
            f"/posts/{ready.id}", mutates=True, json={"status": "publish", "slug": slug(post)}
        )
        shown = answer.read(SeenPost).published()
        if shown is None:
            raise PublishError(
                f"{answer.where} keeps the post back instead of publishing it (perhaps a plugin). Look at it there.",
                effect=Effect.MAYBE,
                trouble=Trouble.FORBIDDEN,
            )
        return shown

    async def find(self, post: Post, secrets: Secrets) -> Published | None:
        """Look for the post by its slug, or for the one at the link that a person pasted."""
        rest = self._rest(post.account, secrets)
        link = (post.claimed_link or "").strip()
        wanted = link.rstrip("/").rpartition("/")[2] if link else slug(post)
        found = [each for each in await rest.posts(wanted, "publish") if not link or _same(each.link, link)]
        return found[0].published() if found else None

    async def measure(self, account: Account, post: Published | None, secrets: Secrets) -> Measured:
        """Count the approved comments of a post, or all posts and comments of the site and those that wait."""
        rest, now = self._rest(account, secrets), self._tools.clock.now()
        if post is not None:
            if not (post.native_id or "").isdigit():
                return Measured(as_of=now, values={"comments": None})
            answer = await rest.get("/comments", post=post.native_id or "", per_page="1", _fields="id")
            return Measured(as_of=now, values={"comments": total_of(answer)})
        values: dict[str, float | None] = {}
        for name in ("posts", "comments"):
            values[name] = total_of(await rest.get(f"/{name}", per_page="1", _fields="id"))
        values["open_replies"] = await open_replies(rest, now - _REPLIES)
        return Measured(as_of=now, values=values)

    async def history(self, account: Account, newest: int, secrets: Secrets) -> Sequence[Activity]:
        """Return the newest posts of the site, whoever wrote them, at most a hundred."""
        answer = await self._rest(account, secrets).get(
            "/posts",
            per_page=str(max(1, min(newest, 100))),
            orderby="date",
            status="publish",
            _fields="id,date_gmt,link,title,excerpt",
        )
        return [each.activity for each in answer.read_list(_Listed)]

    async def _draft(self, rest: Rest, post: Post) -> int:
        settings, item = rest.settings, post.item
        uploaded = [await _upload(rest, image) for image in item.images]
        pictures = [
            (media.source_url, image.alt) for media, image in zip(uploaded[1:], item.images[1:], strict=True)
        ]
        body: dict[str, JsonValue] = {
            "status": "draft",
            "slug": slug(post),
            "title": item.title,
            "content": content(settings, post, pictures),
            "tags": [await rest.term("tags", tag, term_slug(tag)) for tag in dict.fromkeys(item.tags)],
        }
        if settings.category:
            body["categories"] = [
                await rest.term("categories", settings.category, term_slug(settings.category))
            ]
        if uploaded:
            body["featured_media"] = uploaded[0].id
        (await rest.post("/posts", mutates=False, json=body)).read(SeenPost)
        # Of two drafts, one of which came late, everybody takes the older one.
        drafts = await rest.posts(slug(post))
        if not drafts:
            raise PublishError(
                f"{rest.settings.url} does not keep the slug that it was given (perhaps a plugin), so the post could "
                "not be found again. Nothing was posted.",
                effect=Effect.NONE,
                trouble=Trouble.SETTINGS,
            )
        return drafts[0].id

    def _rest(self, account: Account, secrets: Secrets) -> Rest:
        settings = of_account(WordPressSettings, account)
        if not secrets.get("password"):
            raise PublishError(
                f"The account {account.name!r} has no secret `password`, nothing was posted. Give it an application "
                "password of the user.",
                effect=Effect.NONE,
                trouble=Trouble.CREDENTIAL,
            )
        return Rest(self._tools, account, settings, secrets)


class _Prepared(Seen):
    """What `prepare` leaves for `publish`: the draft, and whether people see it already."""

    id: int
    shown: bool


class _Listed(Seen):
    """A post as the list of all posts shows it.

    Its excerpt, the first 55 words unless somebody wrote another one, is enough to tell repetitions.
    """

    date_gmt: datetime
    link: str
    title: str
    excerpt: str = ""

    @field_validator("title", "excerpt", mode="before")
    @classmethod
    def _rendered(cls, text: object) -> object:
        return text.get("rendered", "") if isinstance(text, dict) else text

    _in_utc = field_validator("date_gmt")(in_utc)

    @property
    def activity(self) -> Activity:
        """Return it as something that happened."""
        text = sketch(self.excerpt, self.title)
        return Activity(at=self.date_gmt, ref=self.link, title=self.title, sketch=text)


async def _upload(rest: Rest, image: Image) -> SeenMedia:
    there = await rest.media(media_slug(image))
    if there is not None:
        return there
    bytes_ = await read_image(image)
    kind = image.type or "application/octet-stream"
    name = f"{media_slug(image)}{mimetypes.guess_extension(kind) or ''}"
    return await rest.upload(name, bytes_, kind, {"alt_text": image.alt, "slug": media_slug(image)})


def _blank(item: ContentItem) -> list[str]:
    if item.title.strip() or item.body.strip() or item.images:
        return []
    return [f"The item {item.id!r} has neither title, body nor image; a post needs one of them."]


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").partition("://")[2] == other.rstrip("/").partition("://")[2]
