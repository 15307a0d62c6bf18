"""Reading the files of deploy/ the way their programs do."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose"
UNITS = tuple(sorted((DEPLOY / "systemd").glob("*.service")))
_DURATION = re.compile(r"(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?")
_NAMED = re.compile(r"(?<![/\w=])drumbeat (?!drumbeat )([a-z]+)\b")


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def deployed() -> Iterator[Path]:
    """Yield every file under deploy/."""
    return (path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)


def compose(name: str) -> dict[str, Any]:
    """Return a compose file as YAML reads it, merge keys resolved."""
    loaded = yaml.safe_load((COMPOSE / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def seconds(duration: str) -> int:
    """Return a compose duration such as 1m15s in seconds."""
    match = _DURATION.fullmatch(duration)
    assert match is not None, f"{duration!r} is no duration that these tests know"
    return 60 * int(match["m"] or 0) + int(match["s"] or 0)


class Line(NamedTuple):
    """An instruction of a Containerfile; continued lines are joined."""

    word: str
    rest: str


def containerfile(text: str) -> list[Line]:
    """Return the instructions in order, without comments."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", kept)
    pairs = (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    return [Line(word.upper(), rest.strip()) for word, _, rest in pairs]


def unit(path: Path) -> dict[str, list[str]]:
    """Return a unit's settings; those given more than once keep their order."""
    settings: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            settings.setdefault(name, []).append(value)
    return settings


def commands() -> set[str]:
    """Return the words that deploy/ and its documents put behind `drumbeat`, as a command's name."""
    found: set[str] = set()
    for name in ("one-machine.yaml", "cluster.yaml"):
        for service in compose(name)["services"].values():
            if str(service["image"]).startswith("drumbeat:"):
                found.add(service["command"][0])
                found.add(service["healthcheck"]["test"][2])
    for path in UNITS:
        found.add(shlex.split(unit(path)["ExecStart"][0])[1])
    texts = [*deployed(), *(ROOT / "docs" / "how-to").glob("*.md")]
    for path in texts:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(("drumbeat ", "sudo -u drumbeat ", "docker compose ", "#   docker compose ")):
                found.update(_NAMED.findall(line))
    return found
