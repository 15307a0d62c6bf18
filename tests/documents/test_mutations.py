"""Five hundred damaged examples: each loads or says what is wrong and where, quickly, and nothing else happens."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from engine.documents.findings import check
from engine.documents.load import load
from engine.domain.errors import DocumentError
from tests.documents.plans import NOW, PLAN_FOLDERS

SEED = 20260105
ROUNDS = 25
MUTATIONS_A_ROUND = 20
SECONDS = 5
_TOKENS = (
    b": ", b"- ", b"'", b'"', b"[", b"{", b"}", b"]", b"#", b"*a", b"&a ", b"!!x ", b"\t", b"\0", b"\xff", b"|\n", b"---\n",
    b"null", b"true", b"-1", b"1e999", b".nan", b"2026-02-30", b"9999-12-31", b"99999d", b"* * * * *", "é🌮".encode(),
)  # fmt: skip


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_damaged_example_loads_or_says_where_it_is_wrong(turn: int, tmp_path: Path) -> None:
    random_source = random.Random(SEED + turn)
    example = PLAN_FOLDERS[turn % len(PLAN_FOLDERS)]
    folder = shutil.copytree(example, tmp_path / "plan")
    files = sorted([*folder.glob("*.yaml"), *folder.glob("content/*.md")])
    for _ in range(MUTATIONS_A_ROUND):
        path = random_source.choice(files)
        original = path.read_bytes()
        damaged = mutate(original, random_source)
        path.write_bytes(damaged)
        begun = time.perf_counter()
        look(folder, damaged)
        assert time.perf_counter() - begun < SECONDS, f"seed {SEED + turn}: {damaged!r}"
        path.write_bytes(original)


def look(folder: Path, damaged: bytes) -> None:
    try:
        check(load([folder]), NOW)
    except DocumentError as error:
        told = error.problems
    else:
        return
    assert told
    for problem in told:
        file = Path(problem.file)
        lines = file.read_bytes().count(b"\n") + 2 if file.is_file() else 1
        assert 1 <= problem.line <= lines, (problem, damaged)
        assert problem.column >= 1
        assert problem.mend


def mutate(data: bytes, source: random.Random) -> bytes:
    """Damage one to three places: bytes changed, lines lost, doubled or swapped, tokens put in."""
    for _ in range(source.randint(1, 3)):
        lines = data.splitlines(keepends=True) or [b""]
        at, line = source.randrange(len(data) + 1), source.randrange(len(lines))
        kind = source.randrange(7)
        if kind == 0:
            data = data[:at] + bytes([source.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + source.randint(1, 20) :]
        elif kind == 2:
            data = b"".join(lines[:line] + lines[line + 1 :])
        elif kind == 3:
            data = b"".join(lines[: line + 1] + lines[line:])
        elif kind == 4:
            other = source.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
            data = b"".join(lines)
        elif kind == 5:
            data = data[:at] + source.choice(_TOKENS) + data[at:]
        else:
            key, colon, _ = lines[line].partition(b": ")
            lines[line] = key + colon + source.choice(_TOKENS) + b"\n"
            data = b"".join(lines)
    return data
