"""The one way adapters reach the web: bounded in time and size, without retries, without secrets in errors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from engine.domain.errors import DrumbeatError

USER_AGENT = "drumbeat/0.1"
_REFUSED = {401, 403, 407}
_GONE = {404, 410}
_PASSING = {408, 425, 429}
# Under these names a request knows, through all of its redirects, where it was sent first and what only that host may see.
_HOME, _PRIVATE = "drumbeat.home", "drumbeat.private"


class FetchError(DrumbeatError):
    """A page could not be fetched.

    `transient` says whether a later attempt may succeed. The message names the address without user name,
    password, query and fragment, where secrets are kept.
    """

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient


@dataclass(frozen=True)
class Limits:
    """How much patience and memory one request may cost; times in seconds, `total` includes every redirect."""

    connect: float = 5
    read: float = 15
    total: float = 18
    bytes: int = 10 * 1024 * 1024
    redirects: int = 5


@dataclass(frozen=True)
class Validators:
    """What a server gave us to ask 'has it changed?' with the next time."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """Return the headers of a conditional GET; none when the server gave nothing."""
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class Page:
    """One answer: `url` is the address after redirects, `label` the same without anything secret."""

    url: str
    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    validators: Validators = Validators()

    @property
    def label(self) -> str:
        """Return the address as it may be shown to anybody."""
        return safe_url(self.url)

    @property
    def unchanged(self) -> bool:
        """Tell whether the server said that nothing has changed since the validators."""
        return self.status == httpx.codes.NOT_MODIFIED


def safe_url(url: str) -> str:
    """Return the address without user name, password, query and fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    shown = f"[{host}]" if ":" in host else host
    return "".join(char for char in f"{parts.scheme}://{shown}{port}{parts.path}" if char.isprintable())


def url_problem(url: str) -> str | None:
    """Return why this is no web address, in words that continue 'it …', or None when it is one."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        return "is no readable address"
    if parsed.scheme not in {"http", "https"}:
        return "must start with http:// or https://"
    return None if parsed.host else "has no host"


class Http:
    """The shared client. It belongs to the event loop that first uses it; close it there."""

    def __init__(self, limits: Limits | None = None, *, trust_env: bool = True) -> None:
        self.limits = limits or Limits()
        self._trust_env = trust_env
        self._client: httpx.AsyncClient | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        """Return the client itself, made at its first use."""
        if self._client is None:
            limits = self.limits
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(limits.read, connect=limits.connect, pool=limits.connect),
                follow_redirects=True,
                max_redirects=limits.redirects,
                headers={"User-Agent": USER_AGENT},
                trust_env=self._trust_env,
                event_hooks={"request": [_keep_at_home]},
            )
        return self._client

    async def aclose(self) -> None:
        """Close every connection; the next use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        private: Mapping[str, str] | None = None,
        content: bytes | None = None,
        validators: Validators | None = None,
        body: bool = True,
    ) -> Page:
        """Ask once, following redirects, and return the answer whatever its status.

        `private` headers hold secrets: a redirect to another host does not carry them. What has `content` follows no
        redirect, it was meant for that address. `body=False` reads the head only. Raises FetchError when there is no
        whole answer within the limits.
        """
        problem = url_problem(url)
        if problem:
            raise FetchError(f"{safe_url(url)} {problem}.", transient=False)
        private = private or {}
        sent = {
            "Accept": accept,
            **(validators.headers() if validators else {}),
            **(headers or {}),
            **private,
        }
        try:
            async with (
                asyncio.timeout(self.limits.total),
                self.client.stream(
                    method,
                    url,
                    headers=sent,
                    content=content,
                    follow_redirects=content is None,
                    extensions={_HOME: httpx.URL(url), _PRIVATE: tuple(private)},
                ) as answer,
            ):
                received = await self._read(answer) if body else b""
        # `from None`: what the library says may quote the address or the answer.
        except TimeoutError:
            raise _too_slow(url, self.limits.total) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failure(url, error, self.limits) from None
        return Page(
            url=str(answer.url),
            status=answer.status_code,
            body=received,
            content_type=answer.headers.get("Content-Type", ""),
            validators=Validators(answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")),
        )

    async def _read(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_bytes(65536):
            content += chunk
            if len(content) > self.limits.bytes:
                raise FetchError(
                    f"{safe_url(str(answer.url))} sends more than {self.limits.bytes // 1024} KiB; "
                    "the rest was not read. Give an address with less in it.",
                    transient=False,
                )
        return bytes(content)


async def _keep_at_home(request: httpx.Request) -> None:
    """Take secrets off a request that a redirect leads away; the same host by https instead of http is no other."""
    home, here = request.extensions.get(_HOME), request.url
    if home is None or (home.scheme, home.host, home.port) == (here.scheme, here.host, here.port):
        return
    upgraded = (home.scheme, home.port, here.scheme, here.port) == ("http", None, "https", None)
    if home.host == here.host and upgraded:
        return
    for name in (*request.extensions.get(_PRIVATE, ()), "Authorization"):
        request.headers.pop(name, None)


def _too_slow(url: str, seconds: float) -> FetchError:
    return FetchError(
        f"{safe_url(url)} did not answer in full within {seconds:g} s; it is tried again later.",
        transient=True,
    )


def _failure(url: str, error: Exception, limits: Limits) -> FetchError:
    """Say what a library error means, in our own words."""
    where = safe_url(url)
    match error:
        case httpx.TooManyRedirects():
            return FetchError(
                f"{where} redirects more than {limits.redirects} times, probably in a circle. "
                "Open it in a browser and give the address that it ends on.",
                transient=False,
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return FetchError(
                f"{where} redirects to something that is not http or https; this is not followed.",
                transient=False,
            )
        case httpx.ConnectError() if "CERTIFICATE" in str(error).upper():
            return FetchError(f"{where} shows a certificate that is not valid for it.", transient=False)
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return FetchError(
                f"{where} cannot be reached ({type(error).__name__}): the host is unknown, down or behind a wall. "
                "Check the address and the network.",
                transient=True,
            )
        case httpx.TimeoutException():
            return FetchError(f"{where} fell silent in the middle of its answer.", transient=True)
        case httpx.DecodingError():
            return FetchError(f"{where} sent an answer that cannot be unpacked.", transient=True)
        case _:
            return FetchError(
                f"{where} broke the connection before its answer was whole ({type(error).__name__}).",
                transient=True,
            )


def status_error(page: Page) -> FetchError | None:
    """Return what a status of 300 or more means, or None when the page is good; 304 is good."""
    if page.status < httpx.codes.MULTIPLE_CHOICES or page.unchanged:
        return None
    if page.status < httpx.codes.BAD_REQUEST:
        meaning = "it leads elsewhere, which is not followed. Give the address that it leads to."
    elif page.status in _GONE:
        meaning = "nothing is there (any more). Check the address."
    elif page.status in _REFUSED:
        meaning = "it is not open to us. Check whether it needs a login."
    elif page.status in _PASSING or page.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        meaning = "the server has trouble; it is tried again later."
    else:
        meaning = "the server refuses the request. Check the address and the settings."
    passing = page.status in _PASSING or page.status >= httpx.codes.INTERNAL_SERVER_ERROR
    return FetchError(f"{page.label} answered {page.status}: {meaning}", transient=passing)
