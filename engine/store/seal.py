"""What sessions are kept under: nobody who has the database alone, or a copy of it, can use them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Seal:
    """Encrypts and signs the values of one account (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys: the first one closes, each of them opens.

        Raises ValueError when there is none, or one is not 32 bytes in URL-safe base64.
        """
        self._keys = MultiFernet([Fernet(key) for key in keys])

    def close(self, account: str, values: Mapping[str, str]) -> str:
        """Return the values as nobody can read them without a key. They belong to this account alone."""
        return self._keys.encrypt(json.dumps([account, dict(values)]).encode()).decode()

    def open(self, account: str, sealed: object) -> dict[str, str]:
        """Return the values, or none at all when no key opens them or they are another account's."""
        if not isinstance(sealed, str):
            return {}
        try:
            owner, values = json.loads(self._keys.decrypt(sealed))
        except InvalidToken:
            return {}
        return values if owner == account else {}
