"""What goes to stdout (data) and to stderr (everything else), as text or as JSON, with or without colour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from engine.cli.text import clean

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def say(*lines: str) -> None:
    """Print lines of data."""
    for line in lines:
        print(clean(line))


def tell(*lines: str) -> None:
    """Print progress, hints or errors: to stderr, so that data can be piped on."""
    for line in lines:
        print(clean(line), file=sys.stderr, flush=True)


def tell_sentences(text: str) -> None:
    """Print sentences to stderr: wrapped between words on a terminal, elsewhere on one line that `grep` finds whole."""
    from engine.cli.text import terminal_width, wrapped

    tell(*(wrapped(text, terminal_width()) if sys.stderr.isatty() else [text]))


def print_document(schema: str, body: Mapping[str, Any]) -> None:
    """Print one JSON document with its schema first; instants and models must be dumped already."""
    print(json.dumps({"schema": schema, **body}, ensure_ascii=False, indent=2))


def print_record(schema: str, body: Mapping[str, Any]) -> None:
    """Print one line of NDJSON."""
    print(json.dumps({"schema": schema, **body}, ensure_ascii=False))


def coloured(stream: TextIO | None = None) -> bool:
    """Return whether the stream shows colours and nobody asked for none (NO_COLOR, TERM=dumb)."""
    from engine.runtime.settings import environment

    if not (stream or sys.stdout).isatty():
        return False
    surroundings = environment()
    return not surroundings.get("NO_COLOR") and surroundings.get("TERM") != "dumb"


def paint(text: str, *styles: str) -> str:
    """Colour a text where colours are shown. Never the only sign of anything: words say the same."""
    if not text or not coloured():
        return text
    return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m"


def heading(text: str) -> str:
    """Return the heading of a part."""
    return paint(text, "bold")


def tally(counts: Iterable[tuple[int, str]]) -> str:
    """Write counts as '1 problem, 2 warnings, no notes'."""
    return ", ".join(f"{count or 'no'} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
