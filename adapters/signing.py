"""Signatures of what we send to other people's programs, so that they can tell it from what anybody else sends.

The header `Drumbeat-Signature` is `v1=` and the HMAC-SHA256, in hexadecimal digits, of the time stamp in the header
`Drumbeat-Timestamp` (seconds since 1970), a full stop, and the body as it was sent.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime


def signature_headers(key: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that sign a body."""
    stamp = str(int(now.timestamp()))
    digest = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Drumbeat-Timestamp": stamp, "Drumbeat-Signature": f"v1={digest}"}
