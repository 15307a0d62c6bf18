"""Compare an output with the one that was read and found good; UPDATE_GOLDEN=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).with_name("golden")


def matches(name: str, text: str) -> None:
    """Fail with a readable difference when the text is not the golden one, or is wider than 80 columns."""
    wide = [line for line in text.splitlines() if len(line) > 80 and len(line.split()) > 1]
    assert not wide, f"wider than 80 columns: {wide}"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
