"""The content address of a record: what a reply names beside the address of the post that it answers.

A thread is written in one call, so the addresses of its posts must be known before the server tells them. The server
takes the sha256 of the record in DAG-CBOR (RFC 8949 with sorted keys and the shortest lengths; a link is tag 42).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

_UNSIGNED, _TEXT, _LIST, _MAP, _TAG, _BYTES = 0, 3, 4, 5, 6, 2
_FALSE, _TRUE, _NULL = b"\xf4", b"\xf5", b"\xf6"
_LINK = 42
# CIDv1, content in DAG-CBOR, sha2-256 of 32 bytes.
_PREFIX = bytes((1, 0x71, 0x12, 32))


def record_cid(record: Mapping[str, Any]) -> str:
    """Return the CID that the server will give this record, as written in JSON: `bafyrei…`."""
    digest = hashlib.sha256(_encode(record)).digest()
    return "b" + base64.b32encode(_PREFIX + digest).decode().lower().rstrip("=")


def _encode(value: Any) -> bytes:
    match value:
        case None:
            return _NULL
        case bool():
            return _TRUE if value else _FALSE
        case int() if value >= 0:
            return _head(_UNSIGNED, value)
        case str():
            text = value.encode()
            return _head(_TEXT, len(text)) + text
        case list() | tuple():
            return _head(_LIST, len(value)) + b"".join(map(_encode, value))
        case {"$link": str(link)} if len(value) == 1:
            return _link(link)
        case Mapping():
            pairs = sorted((name.encode(), part) for name, part in value.items())
            pairs.sort(key=lambda pair: len(pair[0]))
            body = b"".join(_head(_TEXT, len(name)) + name + _encode(part) for name, part in pairs)
            return _head(_MAP, len(pairs)) + body
        case _:
            raise TypeError(f"a record holds no {type(value).__name__}")


def _head(kind: int, number: int) -> bytes:
    if number < 24:  # noqa: PLR2004 - the numbers of RFC 8949, section 3
        return bytes((kind << 5 | number,))
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes((kind << 5 | 23 + size.bit_length(),)) + number.to_bytes(size)


def _link(cid: str) -> bytes:
    text = cid.removeprefix("b").upper()
    binary = b"\0" + base64.b32decode(text + "=" * (-len(text) % 8))
    return _head(_TAG, _LINK) + _head(_BYTES, len(binary)) + binary
