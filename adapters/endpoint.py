"""A web service as sources and notifiers know it: its address, its credentials, and errors without either's secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Self

import httpx
from pydantic import AfterValidator, Field

from adapters.credentials import authorization, hide, secret_problems, shown
from adapters.http import FetchError, Http, Page, status_error, url_problem
from adapters.settings import problems
from engine.domain.base import Model
from engine.domain.ports import Secrets
from engine.domain.workspace import NotifierConfig, SourceConfig

_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|api-?key|password", re.IGNORECASE)
_MOST_SAID = 200
_PAGE = (b"<!doctype", b"<html")


def _web(url: str) -> str:
    problem = url_problem(url)
    if problem:
        raise ValueError(f"it {problem}")
    return url


def _open_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _SECRET_HEADER.search(name):
            raise ValueError(f"{name} looks secret; move it: `secrets: {{header.{name}: env:NAME}}`")
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not re.fullmatch(r"[\x20-\x7e]*", value):
            raise ValueError("a header is a name of letters and a line of plain text")
    return headers


class EndpointSettings(Model):
    """Where a web service is; the address, when it is secret, and credentials stand under `secrets`."""

    url: Annotated[str, AfterValidator(_web)] | None = Field(
        default=None, description="the address; one that is secret goes under `secrets`."
    )
    username: str | None = Field(
        default=None, min_length=1, description="the user whose password is the secret `password`."
    )
    headers: Annotated[dict[str, str], AfterValidator(_open_headers)] = Field(
        default={}, description="further headers that are no secrets."
    )


def endpoint_problems(model: type[EndpointSettings], config: SourceConfig | NotifierConfig) -> list[str]:
    """Return what is wrong with the settings and the names of the secrets, one sentence each; pure."""
    found = problems(model, config.settings)
    if ("url" in config.settings) == ("url" in config.secrets):
        found.append("Give one of the setting `url` and the secret `url`.")
    return found + secret_problems(config.secrets, config.settings.get("username"))


@dataclass(frozen=True)
class Endpoint:
    """One service, ready to be asked."""

    url: str = field(repr=False)
    label: str
    headers: Mapping[str, str]
    secrets: Secrets = field(repr=False)
    username: str | None = None

    @classmethod
    def of(cls, known: EndpointSettings, secrets: Secrets) -> Self:
        """Return the service. Raises ValueError in words that are safe to show."""
        url = secrets.get("url", known.url or "")
        problem = url_problem(url)
        if problem:
            raise ValueError(
                f"Its address, the {'secret' if 'url' in secrets else 'setting'} `url`, {problem}."
            )
        authorization(secrets, known.username)
        return cls(url, shown(url, secrets), known.headers, secrets, known.username)

    async def call(
        self,
        http: Http,
        path: str = "",
        query: Mapping[str, str | Sequence[str]] | None = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """Ask once, by POST when there is content, and return a good answer.

        Raises FetchError, also for an answer of 300 or more, where what the server says is quoted without secrets, and
        for a page that is made for people.
        """
        address = httpx.URL(self.url)
        address = address.copy_with(path=address.path.rstrip("/") + path) if path else address
        try:
            page = await http.fetch(
                str(address.copy_merge_params(dict(query)) if query else address),
                method="GET" if content is None else "POST",
                accept="application/json",
                headers={**self.headers, **(headers or {})},
                private=authorization(self.secrets, self.username),
                content=content,
            )
        except FetchError as error:
            raise FetchError(self.hide(str(error)), transient=error.transient) from None
        wrong = status_error(page)
        if wrong:
            raise FetchError(f"{self.hide(str(wrong))}{self._said(page)}", transient=wrong.transient)
        if page.body.lstrip()[:9].lower().startswith(_PAGE):
            raise FetchError(
                f"{self.label} answered with a web page, as walls, proxies and logins do in the place of a service. "
                "Check the address and whether it needs a login.",
                transient=True,
            )
        return page

    def hide(self, text: str, *, most: int | None = None) -> str:
        """Return a text without anything secret; with `most`, as one line of at most so many characters."""
        return hide(text, self.secrets, self.username, most=most)

    def _said(self, page: Page) -> str:
        """Return what a machine says of its refusal; a page made for people says nothing that fits in a line."""
        if "html" in page.content_type or not page.body.strip():
            return ""
        return f" It says: {self.hide(page.body[:2000].decode(errors='replace'), most=_MOST_SAID)}"
