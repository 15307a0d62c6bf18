"""What the two writers of Python source share: names for facts, constants and intermediate values."""

from __future__ import annotations

from rules.language.syntax import Fact, Node, Value, walk
from rules.language.walking import evaluate


class Names:
    """The names in one generated function: `a3` for the fact in slot 3, `k1` for a constant, `t1` for a value."""

    def __init__(self) -> None:
        self.constants: dict[str, Value] = {}
        self._temporaries = 0

    def temporary(self) -> str:
        """Return a name that is not used yet."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def constant(self, value: Value | None) -> str:
        """Return the source of a constant; whatever could hold a user's text gets a name instead."""
        if value is None or isinstance(value, bool | int):
            return repr(value)
        for name, known in self.constants.items():
            if known == value and type(known) is type(value):
                return name
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name


def name_of(fact: Fact) -> str:
    """Return the local name of a fact."""
    return f"a{fact.slot}"


def is_constant(node: Node) -> bool:
    """Tell whether a node gives the same for all facts."""
    return not any(isinstance(part, Fact) for part in walk(node))


def constant_of(node: Node) -> Value | None:
    """Return what a constant node gives."""
    return evaluate(node, ())
