"""An account's repository: the records that are its posts, created only where nothing is yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from adapters.api import Answer, Seen
from adapters.media import read_image
from adapters.platforms.bluesky.records import COLLECTION, Record, web_address
from adapters.platforms.bluesky.session import Session
from adapters.platforms.bluesky.xrpc import Xrpc, code_of, refusal
from engine.domain.base import to_utc
from engine.domain.errors import Effect, PublishError, Trouble
from engine.domain.items import Image
from engine.domain.ports import Published

_BAD_REQUEST = 400


class _Name(Seen):
    did: str


class _Blob(Seen):
    blob: dict[str, Any]


class _Found(Seen):
    uri: str
    value: dict[str, Any]


class _Written(Seen):
    uri: str


class _Applied(Seen):
    commit: dict[str, Any]


class Repository:
    """Every method makes one call, and says truly what it did: PublishError carries the effect."""

    def __init__(self, xrpc: Xrpc, session: Session) -> None:
        self._xrpc, self._session = xrpc, session

    @property
    def did(self) -> str:
        """Return the account's permanent name."""
        return self._session.did

    async def did_of(self, handle: str) -> str | None:
        """Return the permanent name behind a handle, or None when the network knows no such handle."""
        answer = await self._xrpc.get(
            "com.atproto.identity.resolveHandle", [("handle", handle)], accept={_BAD_REQUEST}
        )
        return None if answer.status == _BAD_REQUEST else answer.read(_Name).did

    async def upload(self, image: Image) -> dict[str, Any]:
        """Upload an image, which nobody sees before a post shows it, and return it as a record holds it."""
        answer = await self._xrpc.post(
            "com.atproto.repo.uploadBlob",
            headers={**self._session.headers, "Content-Type": image.type or "application/octet-stream"},
            content=await read_image(image),
        )
        return {"image": answer.read(_Blob).blob, "alt": image.alt}

    async def create(self, records: Sequence[Record]) -> Published:
        """Create the record of a post, or those of a thread, in one commit; what is there already stays as it is.

        A post that is there is returned likewise; a thread that is there is a doubt (effect maybe).
        """
        first = records[0]
        await (self._put(first) if len(records) == 1 else self._apply(records))
        return self._published(first.rkey, first.value)

    async def look(self, rkey: str) -> Published | None:
        """Return the post with this key, or None when it is provably not there."""
        asked = [("repo", self.did), ("collection", COLLECTION), ("rkey", rkey)]
        answer = await self._xrpc.get("com.atproto.repo.getRecord", asked, accept={_BAD_REQUEST})
        if answer.status == _BAD_REQUEST:
            # Any other refusal, such as that of a repository which is locked, proves nothing.
            if code_of(answer) == "RecordNotFound":
                return None
            raise refusal(answer)
        return self._published(rkey, answer.read(_Found).value)

    async def _put(self, record: Record) -> None:
        body = {
            "repo": self.did,
            "collection": COLLECTION,
            "rkey": record.rkey,
            "record": record.value,
            "swapRecord": None,  # only if there is none
        }
        answer = await self._mutate("com.atproto.repo.putRecord", body, {_BAD_REQUEST})
        if answer.status != _BAD_REQUEST:
            # What is not the protocol's answer, such as a page of something in between, proves nothing.
            answer.read(_Written)
        elif code_of(answer) != "InvalidSwap":
            raise refusal(answer)

    async def _apply(self, records: Sequence[Record]) -> None:
        writes = [
            {
                "$type": "com.atproto.repo.applyWrites#create",
                "collection": COLLECTION,
                "rkey": record.rkey,
                "value": record.value,
            }
            for record in records
        ]
        body = {"repo": self.did, "writes": writes}
        # To a key that is taken the server answers 500, as to any trouble of its own: a doubt, which a look settles.
        (await self._mutate("com.atproto.repo.applyWrites", body)).read(_Applied)

    async def _mutate(self, method: str, body: dict[str, Any], accept: Collection[int] = ()) -> Answer:
        return await self._xrpc.post(
            method, mutates=True, accept=accept, headers=self._session.headers, json=body
        )

    def _published(self, rkey: str, value: dict[str, Any]) -> Published:
        uri = f"at://{self.did}/{COLLECTION}/{rkey}"
        return Published(at=_created(value), url=web_address(self.did, rkey), native_id=uri)


def _created(value: dict[str, Any]) -> datetime:
    try:
        return to_utc(datetime.fromisoformat(str(value.get("createdAt"))))
    except (ValueError, OverflowError):
        raise PublishError(
            "The record of the post on Bluesky has no readable date; look at it there.",
            effect=Effect.NONE,
            trouble=Trouble.BROKEN,
        ) from None
