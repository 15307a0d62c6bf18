"""Rule packs: rules that come with Drumbeat and watch a strategy that names them in `packs`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from engine.domain.base import Model, Name, Sentence
from engine.domain.errors import NotFoundError
from engine.domain.rule import Rule

_FOLDER = files("rules") / "packs"


class Pack(Model):
    """A named set of rules, as its file in `rules/packs` holds it."""

    name: Name
    title: Sentence
    description: Sentence
    rules: tuple[Rule, ...]


@cache
def pack_names() -> tuple[str, ...]:
    """Return the names of all packs that come with Drumbeat, in order of the alphabet."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def describe_pack(name: str) -> Pack:
    """Return a pack with its title and description. Raises NotFoundError naming the packs there are."""
    if name not in pack_names():
        raise NotFoundError(f"There is no rule pack {name!r}; there are: {', '.join(pack_names())}.")
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Pack.model_validate(yaml.safe_load(text))


def load_pack(name: str) -> tuple[Rule, ...]:
    """Return the rules of a pack, in the order of its file. Raises NotFoundError naming the packs there are."""
    return describe_pack(name).rules
