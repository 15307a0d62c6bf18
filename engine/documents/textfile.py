"""Text files, read within limits: size, encoding, no binary data, no control characters."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import NoReturn

from engine.documents.source import Place
from engine.domain.errors import DocumentError, Problem

MAX_BYTES = 1 << 20
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UTF8_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_START = Place(1, 1)


def read_text(path: Path, file: str) -> str:
    """Return the text of a file of at most MAX_BYTES in UTF-8, without its byte order mark.

    Raises DocumentError naming the line and column of the first byte that is no text.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            refuse(file, "this is no ordinary file", "Name a text file.")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        refuse(
            file, "there is no such file", "Check the path; paths in a plan are relative to the plan's file."
        )
    except OSError as error:
        refuse(file, f"the file cannot be read: {error.strerror}", "Make it readable for this user.")
    except ValueError:
        refuse(file, "this is no path", "Check the path.")
    if len(raw) > MAX_BYTES:
        refuse(file, f"the file is larger than {MAX_BYTES // 1024} KiB", "Split it into several files.")
    if raw.startswith(_WIDE_BOMS):
        refuse(file, "the file is encoded as UTF-16 or UTF-32", "Save it as UTF-8.")
    raw = raw.removeprefix(_UTF8_BOM)
    if b"\0" in raw:
        refuse(file, "this is a binary file", "Name a text file in UTF-8.", _place_of(raw, raw.index(b"\0")))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        refuse(file, "the file is not encoded as UTF-8", "Save it as UTF-8.", _place_of(raw, error.start))
    _refuse_characters(text, file)
    return text


def refuse(file: str, message: str, mend: str, place: Place = _START) -> NoReturn:
    raise DocumentError([Problem(file, place.line, place.column, message, mend)])


def _place_of(raw: bytes, offset: int) -> Place:
    before = raw[:offset].decode("utf-8", errors="replace")
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _refuse_characters(text: str, file: str) -> None:
    match = FORBIDDEN.search(text)
    if match:
        before = text[: match.start()]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        code = f"U+{ord(match.group()):04X}"
        refuse(
            file, f"the control character {code} stands here", "Remove it; it is no part of a text.", place
        )
