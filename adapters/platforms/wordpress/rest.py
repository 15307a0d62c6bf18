"""The part of WordPress's REST interface that is used here, as models, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from pydantic import field_validator

from adapters.api import Answer, Api, Seen
from adapters.platforms.wordpress.settings import WordPressSettings
from adapters.tools import Tools
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.ports import Published, Secrets
from engine.domain.workspace import Account

# In the order of their value when several hold a slug: what people see comes first.
STATUSES: Final = "publish,future,pending,private,draft"
_JUDGED = frozenset({400, 401, 403})
_POST_FIELDS = "id,slug,status,date_gmt,link"
_MEANINGS = {
    "incorrect_password": "the application password is not valid (any more). Make a new one in the user's profile",
    "invalid_username": "there is no such user. Mend `user` in the account",
    "invalid_email": "there is no such user. Mend `user` in the account",
    "rest_not_logged_in": (
        "it does not let us in. The application password may be wrong or revoked, or the user's name; or the site "
        "is not on https, or its server does not pass on the Authorization header"
    ),
    "application_passwords_disabled": "application passwords are switched off on this site. Switch them on",
    "application_passwords_disabled_for_user": "application passwords are switched off for this user. Switch them on",
}


def in_utc(at: datetime | None) -> datetime | None:
    """Return an instant of a field in `_gmt`, which the site writes without a zone."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


class SeenPost(Seen):
    """A post as the site shows it; `date_gmt` is null for a draft."""

    id: int
    slug: str = ""
    status: str
    date_gmt: datetime | None = None
    link: str = ""

    _in_utc = field_validator("date_gmt")(in_utc)

    def published(self) -> Published | None:
        """Return it as a publication, None while people cannot see it."""
        if self.status != "publish" or self.date_gmt is None:
            return None
        return Published(at=self.date_gmt, url=self.link or None, native_id=str(self.id))


class SeenTerm(Seen):
    """A tag or a category."""

    id: int
    name: str = ""
    slug: str = ""


class SeenMedia(Seen):
    """An uploaded image."""

    id: int
    source_url: str


class _Detail(Seen):
    code: str = ""


class _Data(Seen):
    term_id: int | None = None
    details: dict[str, _Detail] = {}


class _Refusal(Seen):
    """Why the site refuses: its code, and for a wrong parameter the code of each."""

    code: str = ""
    data: _Data = _Data()


class Rest:
    """The site of one account."""

    def __init__(self, tools: Tools, account: Account, settings: WordPressSettings, secrets: Secrets) -> None:
        """Take the account with its settings read, and the secrets that hold `password`."""
        self.settings = settings
        self._api = Api(tools, "WordPress", account, f"{settings.url}/wp-json/wp/v2", secrets)
        auth = httpx.BasicAuth(settings.user, secrets.get("password", ""))
        # The flow of httpx would answer challenges by itself; only its header is wanted.
        request = next(auth.auth_flow(httpx.Request("GET", settings.url)))
        self._headers = {"Authorization": request.headers["Authorization"], "Accept": "application/json"}

    async def get(self, path: str, **params: str) -> Answer:
        """Look. Raises PublishError, effect none."""
        return self._sound(
            await self._api.send(
                "GET", path, mutates=False, accept=_JUDGED, headers=self._headers, params=params
            )
        )

    async def post(self, path: str, *, mutates: bool, **body: Any) -> Answer:
        """Write. `mutates` tells whether people could see it. Raises PublishError."""
        return self._sound(
            await self._api.send("POST", path, mutates=mutates, accept=_JUDGED, headers=self._headers, **body)
        )

    async def posts(self, slug: str, statuses: str = STATUSES) -> list[SeenPost]:
        """Return the posts of exactly this slug, those that people see first, then the oldest."""
        answer = await self.get("/posts", slug=slug, status=statuses, context="edit", _fields=_POST_FIELDS)
        found = [post for post in answer.read_list(SeenPost) if post.slug == slug]
        return sorted(found, key=lambda post: (post.status != "publish", post.id))

    async def term(self, kind: str, name: str, slug: str) -> int:
        """Return the id of a tag or category of this name; it is made when there is none."""
        answer = await self.get(f"/{kind}", search=name, per_page="100", _fields="id,name,slug")
        wanted = name.casefold()
        for term in answer.read_list(SeenTerm):
            if term.name.casefold() == wanted or (slug and term.slug == slug):
                return term.id
        try:
            return (await self.post(f"/{kind}", mutates=False, json={"name": name})).read(SeenTerm).id
        except _TermExistsError as exists:
            # Somebody made it meanwhile, or the search does not show it: the refusal names it.
            return exists.id

    async def media(self, slug: str) -> SeenMedia | None:
        """Return the uploaded image of this slug."""
        found = (await self.get("/media", slug=slug, _fields="id,source_url")).read_list(SeenMedia)
        return found[0] if found else None

    async def upload(
        self, name: str, content: bytes, media_type: str, fields: Mapping[str, str]
    ) -> SeenMedia:
        """Upload an image; nobody is shown it until a post holds it."""
        file = {"file": (name, content, media_type)}
        return (await self.post("/media", mutates=False, files=file, data=dict(fields))).read(SeenMedia)

    def _sound(self, answer: Answer) -> Answer:
        """Return a good answer. Raises PublishError for a refusal, with what WordPress means by it."""
        if httpx.codes.is_success(answer.status):
            return answer
        refusal = _refusal(answer)
        if refusal.code == "term_exists" and refusal.data.term_id is not None:
            raise _TermExistsError(answer, refusal.data.term_id)
        if refusal.code in _MEANINGS:
            raise answer.refusal(_MEANINGS[refusal.code], Trouble.CREDENTIAL)
        # Who is not signed in is told 401 whatever they ask, or that they may not ask for drafts.
        hidden = any(detail.code.startswith("rest_forbidden") for detail in refusal.data.details.values())
        if answer.status == httpx.codes.UNAUTHORIZED or hidden:
            raise answer.refusal(_MEANINGS["rest_not_logged_in"], Trouble.CREDENTIAL)
        if answer.status == httpx.codes.FORBIDDEN:
            why = f"the user {self.settings.user!r} may not do this. Give it the role of an author or editor"
            raise answer.refusal(why, Trouble.FORBIDDEN)
        raise answer.refusal()


class _TermExistsError(PublishError):
    """The tag or category is there already, with this id."""

    def __init__(self, answer: Answer, identity: int) -> None:
        super().__init__(str(answer.refusal()), effect=Effect.NONE, trouble=Trouble.CONTENT)
        self.id = identity


def _refusal(answer: Answer) -> _Refusal:
    try:
        return answer.read(_Refusal)
    except PublishError:
        return _Refusal()
