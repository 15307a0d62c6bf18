"""The site's folder on disk: one writer at a time, whole files only, nothing overwritten, a feed that heals.

A post appears by a hard link from a file that is already safe on disk: at every instant it is whole or absent.
The feed is rebuilt from the newest posts; a crash between the two is healed by whoever comes next.
"""

from __future__ import annotations

import errno
import heapq
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from adapters.platforms.site.atom import MOST_ENTRIES, feed
from adapters.platforms.site.names import FILE_NAME
from adapters.platforms.site.page import Page, parse
from adapters.platforms.site.settings import SiteSettings

LOCK_NAME = ".drumbeat-site.lock"
# How long to wait for others who post into the same folder, in seconds.
PATIENCE = 10.0
_TEMPORARY = ".drumbeat-tmp-"
_HEAD_BYTES = 64 * 1024
# Enough for the feeds of some sites.
_PAGES_KEPT = 10 * MOST_ENTRIES
# File systems without hard links (exFAT, some network drives) answer with one of these.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class SiteFolder:
    """Posts and feed of one site. Every method may raise OSError; the file system's words are the adapter's."""

    def __init__(self, site: SiteSettings, patience: float = PATIENCE) -> None:
        self._site, self._patience = site, patience

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out. Raises filelock.Timeout (an OSError) after `patience` seconds."""
        if not self._site.root.is_dir():
            kind = errno.ENOTDIR if self._site.root.exists() else errno.ENOENT
            raise OSError(kind, os.strerror(kind), self._site.folder)
        with FileLock(self._site.root / LOCK_NAME, timeout=self._patience):
            yield

    def page(self, name: str) -> tuple[bool, Page | None]:
        """Return whether the post's file is there, and what it says if that can be read."""
        path = self._site.posts / name
        if not path.exists():
            return False, None
        return True, _read(path)

    def link(self, name: str, text: str) -> None:
        """Make the post appear; when this raises, it has not. Raises FileExistsError rather than overwrite."""
        posts = self._site.posts
        posts.mkdir(parents=True, exist_ok=True)
        temporary = _write(posts, text.encode())
        try:
            _link(temporary, posts / name)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def settle(self) -> None:
        """Make what was linked last survive a power cut."""
        _sync_folder(self._site.posts)

    def heal_feed(self) -> None:
        """Write the feed anew if it does not say what the posts on disk say."""
        content = feed(self._site, self._newest())
        path = self._site.feed_path
        with suppress(FileNotFoundError):
            if path.read_bytes() == content:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        _swept(path.parent)
        temporary = _write(path.parent, content)
        try:
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def _newest(self) -> list[Page]:
        """Read the newest posts; their names sort by time, so the others are never opened."""
        posts = self._site.posts
        names = [name for name in _swept(posts) if FILE_NAME.fullmatch(name)]
        pages = (_read(posts / name) for name in heapq.nlargest(MOST_ENTRIES, names))
        return [page for page in pages if page is not None]


def _swept(folder: Path) -> list[str]:
    """Return the names in a folder, after removing what a killed process left: we hold the lock, nobody else writes.

    Plain strings, because thousands of paths would cost as much as all the rest.
    """
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    litter = [name for name in names if name.startswith(_TEMPORARY)]
    for name in litter:
        (folder / name).unlink(missing_ok=True)
    return names


def _read(path: Path) -> Page | None:
    now = path.stat()
    return _read_once(path, (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns))


@lru_cache(maxsize=_PAGES_KEPT)
def _read_once(path: Path, _stamp: tuple[int, ...]) -> Page | None:
    """Read a file that has this stamp. A hundred of them cost 40 ms of computing at every post, and one is new."""
    with path.open("rb") as file:
        return parse(file.read(_HEAD_BYTES).decode(errors="replace"))


def _write(folder: Path, content: bytes) -> Path:
    """Write a temporary file that is safe on disk when this returns."""
    path = folder / f"{_TEMPORARY}{secrets.token_hex(8)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def _link(temporary: Path, final: Path) -> None:
    try:
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # We hold the lock, and the name carries a digest of the key: nobody else makes this file meanwhile.
        if final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from None
        temporary.rename(final)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
