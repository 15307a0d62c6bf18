"""How a delivery is signed, so that its receiver knows who sent it, when, and whether it had it before.

The scheme is that of Standard Webhooks (standardwebhooks.com), for which there are libraries in most languages:
HMAC-SHA256 over `id.timestamp.body`. The id is made of the post's key, so it is the same at every attempt.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

from adapters.keys import digest

_PREFIX = "whsec_"
FEWEST_BYTES = 16


def delivery_id(key: str) -> str:
    """Return the id of a post's delivery: `msg_` and 32 hex digits of the key's sha256."""
    return f"msg_{digest(key)}"


def signing_key(secret: str) -> bytes:
    """Return the key's bytes: those behind `whsec_` in base64, or the text as it stands.

    Raises ValueError, without the secret, when it is no base64 or shorter than 16 bytes.
    """
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(
                f"The secret `signing_key` is wrong: what follows {_PREFIX} is no base64."
            ) from None
    else:
        key = secret.encode()
    if len(key) < FEWEST_BYTES:
        raise ValueError(
            f"The secret `signing_key` is shorter than {FEWEST_BYTES} bytes, so it could be guessed."
        )
    return key


def signed_headers(key: bytes, identity: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers: `webhook-id`, `webhook-timestamp` (whole seconds since 1970), `webhook-signature`."""
    stamp = str(int(now.timestamp()))
    signature = hmac.digest(key, f"{identity}.{stamp}.".encode() + body, "sha256")
    return {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
