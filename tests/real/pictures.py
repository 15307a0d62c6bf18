"""Small true images, made here."""

from __future__ import annotations

import hashlib
import struct
import zlib


def picture(words: str, size: int = 8) -> bytes:
    """Return a PNG of one colour; other words give another colour, so another file."""
    colour = hashlib.sha256(words.encode()).digest()[:3]
    rows = b"".join(b"\0" + colour * size for _ in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
