"""The post's key in the short forms that platforms take."""

from __future__ import annotations

import hashlib


def digest(key: str, length: int = 32) -> str:
    """Return the first hex digits of the key's sha256: the same for the same post, at every attempt."""
    return hashlib.sha256(key.encode()).hexdigest()[:length]
