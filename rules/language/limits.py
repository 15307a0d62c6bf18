"""The limits of the language, in one place; each is documented in the reference."""

from __future__ import annotations

from datetime import timedelta

MAX_CHARACTERS = 4096
MAX_DEPTH = 32
MAX_NODES = 500
MAX_BRACKETS = 64
MAX_FAULTS = 5

# A fact or a literal beyond this is unknown or refused: no count, price or share is ever so large, and up to here
# a few operations cannot leave the range of floating point, so that the compiled form need not check each.
MAX_NUMBER = 1e30
# The result of an operation beyond this is unknown.
MAX_RESULT = 1e300
MAX_DURATION = timedelta(days=1_000_000)
MAX_WRITTEN_DURATION = timedelta(days=36_525)
