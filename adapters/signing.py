"""Signatures of what we send to other people's programs, so that they can tell it from what anybody else sends.

The scheme is Standard Webhooks (standardwebhooks.com), for which most languages have a library: an HMAC-SHA256 of the
message's id, the time of sending and the body, each after a full stop. The id is the same at every attempt.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from adapters.keys import digest

_CODED = "whsec_"
_SHORTEST = 16


def message_id(identity: str) -> str:
    """Return the id of a message: `msg_` and 32 digits that follow from its identity."""
    return f"msg_{digest(identity)}"


def signing_key(secret: str) -> bytes:
    """Return the bytes of a key, written as `whsec_` with base64 behind it or as plain text.

    Raises ValueError, without the key, when it is no base64 or so short that it could be guessed.
    """
    try:
        key = (
            base64.b64decode(secret.removeprefix(_CODED), validate=True)
            if secret.startswith(_CODED)
            else secret.encode()
        )
    except ValueError:
        raise ValueError(f"The secret `signing_key` holds no base64 behind {_CODED}.") from None
    if len(key) < _SHORTEST:
        raise ValueError(f"The secret `signing_key` is shorter than {_SHORTEST} bytes and could be guessed.")
    return key


def signature_headers(key: bytes, name: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers that sign a body sent at that instant; `name` is the message's id."""
    stamp = str(int(now.timestamp()))
    signed = hmac.digest(key, f"{name}.{stamp}.".encode() + body, "sha256")
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
