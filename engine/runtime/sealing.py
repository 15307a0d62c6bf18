"""The key that sessions are kept under: in a file of one's own, or one that is made beside the data."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.domain.errors import EngineError
from engine.runtime.settings import Settings

if TYPE_CHECKING:
    from engine.store.seal import Seal

_BYTES = 32


def seal_of(settings: Settings) -> Seal:
    """Return what sessions are kept under. Without a file of one's own, one is made in the data directory, mode 0600.

    Raises EngineError when the file cannot be read or holds no key.
    """
    from engine.store.seal import Seal

    own = settings.session_key_file
    path = own or settings.home / "session.key"
    try:
        if own is None and not path.exists():
            _make(path)
        lines = path.read_text(encoding="ascii").splitlines()
        return Seal([line.strip() for line in lines if line.strip() and not line.startswith("#")])
    except OSError as error:
        raise EngineError(
            f"The key of kept sessions {path} cannot be read ({error.strerror}), so the worker did not start. Let its "
            "user read it, or mend DRUMBEAT_SESSION_KEY_FILE."
        ) from None
    except ValueError:
        # Nothing of what stands there is repeated.
        raise EngineError(
            f"The file {path} holds no key of kept sessions, so the worker did not start. A key is 32 bytes in URL-safe "
            "base64, one in a line. Put the right file there; without it put a new key there (docs/how-to/secrets.md), "
            "and every account signs in anew."
        ) from None


def _make(path: Path) -> None:
    """Make a new key, unless another process has just done so."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    key = base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)).decode()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            # A link, not a rename: whoever comes second takes the first one's key.
            os.link(draft, path)
    finally:
        draft.unlink()
