"""What would have to be otherwise: for a condition, the value of each fact at which it flips while all else stays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rules.language.lattice import ENDS, from_real, place_of, real_of, value_at
from rules.language.schema import show
from rules.language.syntax import Comparison, Fact, Facts, Literal, Node, Value, walk
from rules.language.types import ORDERED, Kind
from rules.language.walking import evaluate

_NEAR = (0, 1, -1, 2, -2)


@dataclass(frozen=True, slots=True)
class Flip:
    """One fact that could change the outcome alone.

    `value` is what it is; `border` where the outcome changes. With `inclusive` the border itself already changes it,
    otherwise only what lies beyond (`rising`: above, else below). `witness` is a value that does change it.
    """

    fact: str
    slot: int
    value: Value
    border: Value
    inclusive: bool
    rising: bool
    witness: Value

    def __str__(self) -> str:
        if self.inclusive:
            return f"{self.fact} = {show(self.border)}"
        return f"{self.fact} {'above' if self.rising else 'below'} {show(self.border)}"

    def applied(self, facts: Facts) -> Facts:
        """Return the facts with the witness in its place."""
        return (*facts[: self.slot], self.witness, *facts[self.slot + 1 :])


def flips(node: Node, facts: Facts) -> tuple[Flip, ...]:
    """Return for each known fact of a condition the nearest value that flips it; none for an unknown condition."""
    outcome = evaluate(node, facts)
    if not isinstance(outcome, bool):
        return ()
    leaves = {part.slot: part for part in walk(node) if isinstance(part, Fact)}
    found = (_flip(node, facts, leaf, target=not outcome) for leaf in leaves.values())
    return tuple(flip for flip in found if flip is not None)


def _flip(node: Node, facts: Facts, leaf: Fact, *, target: bool) -> Flip | None:
    value = facts[leaf.slot]
    if value is None:
        return None

    def reaches(candidate: Value) -> bool:
        return evaluate(node, (*facts[: leaf.slot], candidate, *facts[leaf.slot + 1 :])) is target

    if leaf.type.kind in ORDERED:
        return _on_the_line(node, facts, leaf, value, reaches)
    for candidate in _choices(node, leaf, value):
        if reaches(candidate):
            return Flip(
                leaf.name, leaf.slot, value, candidate, inclusive=True, rising=True, witness=candidate
            )
    return None


def _choices(node: Node, leaf: Fact, value: Value) -> Iterator[Value]:
    if leaf.type.kind is Kind.BOOL:
        yield not value
    elif leaf.type.kind is Kind.ENUM:
        yield from leaf.type.values
    elif leaf.type.kind is Kind.STRING:
        for part in walk(node):
            if isinstance(part, Literal) and isinstance(part.value, str):
                yield part.value


def _on_the_line(
    node: Node, facts: Facts, leaf: Fact, value: Value, reaches: Callable[[Value], bool]
) -> Flip | None:
    kind = leaf.type.kind
    start = place_of(value, kind)

    def there(place: int) -> bool:
        return reaches(value_at(place, kind))

    borders = [_halve(there, *pair) for pair in _brackets(there, start, kind, _guess(node, facts, leaf))]
    if not borders:
        return None

    def far(border: tuple[int, int]) -> float:
        return abs((real_of(value_at(border[1], kind)) or 0.0) - (real_of(value) or 0.0))

    before, after = (value_at(place, kind) for place in min(borders, key=far))
    rising = place_of(after, kind) > start
    if isinstance(after, float):
        # The border a person means is 100, not 100.00000000000001.
        border: Value = float(f"{after:.12g}")
        inclusive = reaches(border)
    else:
        inclusive = kind is Kind.INT or len(show(after)) <= len(show(before))
        border = after if inclusive else before
    return Flip(leaf.name, leaf.slot, value, border, inclusive, rising, after)


def _brackets(
    there: Callable[[int], bool], start: int, kind: Kind, guess: float | None
) -> Iterator[tuple[int, int]]:
    """Yield pairs of places between which the outcome flips: seen from the start in both directions, and guessed."""
    low, high = ENDS[kind]
    if guess is not None:
        near = from_real(guess, kind)
        for step in _NEAR:
            if low <= near + step <= high and near + step != start and there(near + step):
                yield start, near + step
                break
    for sign, end in ((1, high), (-1, low)):
        last, step = start, 1
        while last != end:
            place = min(last + step, high) if sign > 0 else max(last - step, low)
            if there(place):
                yield last, place
                break
            last, step = place, step * 2


def _halve(there: Callable[[int], bool], without: int, within: int) -> tuple[int, int]:
    """Return two neighbouring places, of which only the second flips."""
    while abs(within - without) > 1:
        middle = (without + within) // 2
        if there(middle):
            within = middle
        else:
            without = middle
    return without, within


def _guess(node: Node, facts: Facts, leaf: Fact) -> float | None:
    """Return where both sides of a comparison would meet if they went on in a straight line."""
    if not isinstance(node, Comparison) or node.op == "in":
        return None
    here = real_of(facts[leaf.slot])
    if here is None:
        return None
    step = max(1.0, abs(here) / 64)
    place = from_real(here + step, leaf.type.kind)
    moved = (*facts[: leaf.slot], value_at(place, leaf.type.kind), *facts[leaf.slot + 1 :])
    there, first, second = real_of(moved[leaf.slot]), _gap(node, facts), _gap(node, moved)
    if there is None or first is None or second is None or first == second:
        return None
    guess = here - first * (there - here) / (second - first)
    return guess if math.isfinite(guess) else None


def _gap(node: Comparison, facts: Facts) -> float | None:
    left, right = real_of(evaluate(node.left, facts)), real_of(evaluate(node.right, facts))
    return None if left is None or right is None else left - right
