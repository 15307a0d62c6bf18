"""Record keys that follow from a post's key: the same post has the same place on the server, whoever sends it."""

from __future__ import annotations

import hashlib
from datetime import datetime

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_CLOCK_BITS = 10
# The microseconds that a key may take within the second of its slot; the rest is room for the posts of its thread.
_SPREAD = 999_000


def record_key(key: str, slot: datetime, index: int = 0) -> str:
    """Return the record key (a TID) of a thread's post, counted from 0.

    A TID is 53 bits of microseconds and 10 bits that tell clocks apart. The slot gives the second; the key's sha256
    gives the microsecond and the clock, so two keys of one second meet once in a billion.
    """
    digest = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])
    micros = max(0, int(slot.timestamp())) * 1_000_000 + digest % _SPREAD + index
    number = micros << _CLOCK_BITS | digest >> (64 - _CLOCK_BITS)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
