"""How calls are checked, and what all checks share: faults, quotes from the text, and types that must go together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import NoReturn

from engine.domain.base import zone_names
from rules.language.errors import Fault, LanguageError, did_you_mean, fault_at, nearest, shortened
from rules.language.functions import SPECIAL, Function, Signature
from rules.language.limits import MAX_FAULTS
from rules.language.printing import write_text
from rules.language.schema import Schema
from rules.language.syntax import Arithmetic, Call, Fact, Literal, Node
from rules.language.times import read_instant
from rules.language.types import (
    ANY,
    BOOL,
    DURATION,
    INSTANT,
    NULL,
    NUMBER,
    NUMERIC,
    Kind,
    Type,
    common,
    fits,
    in_words,
)
from rules.language.vocabulary import FUNCTIONS, NAMES

_zones = cache(zone_names)
_UNITS = {"days": timedelta(days=1), "hours": timedelta(hours=1)}


class CallChecker(ABC):
    """The part of the checker that knows functions."""

    def __init__(self, text: str, schema: Schema) -> None:
        """Get ready to check a text against a schema."""
        self.text = text
        self.schema = schema
        self.faults: list[Fault] = []

    @abstractmethod
    def check(self, node: Node) -> Node:
        """Return the node with its type."""

    def fault(self, node: Node, message: str, hint: str = "") -> None:
        """Report what is wrong with a node; give up when that is enough to read."""
        self.faults.append(fault_at(self.text, *node.span, message, hint))
        if len(self.faults) >= MAX_FAULTS:
            self.give_up()

    def give_up(self) -> NoReturn:
        """Raise what was found, in the order of the text."""
        raise LanguageError(self.text, sorted(self.faults, key=lambda fault: fault.start))

    def quote(self, node: Node) -> str:
        """Return the node as it stands in the text, shortened."""
        return shortened(self.text[node.span[0] : node.span[1]])

    def as_type(self, node: Node, type_: Type) -> Node:
        """Return a literal text that stands for an enum's value, or null, with the type it has here."""
        if (
            isinstance(node, Literal)
            and node.type.kind in (Kind.STRING, Kind.NULL)
            and type_.kind is Kind.ENUM
        ):
            return replace(node, type=type_)
        return node

    def unify(self, left: Node, left_type: Type, right: Node, right_type: Type) -> Type | None:
        """Return the type that both have in common; report and return None when there is none."""
        for mine, other, other_type in ((left_type, right, right_type), (right_type, left, left_type)):
            if mine.kind is Kind.ENUM and other_type.kind is Kind.STRING:
                return mine if self._is_value(mine, other) else None
        shared = common(left_type, right_type)
        if shared is None:
            self.fault(
                right,
                f"{self.quote(left)} is {in_words(left_type)}, but {self.quote(right)} is {in_words(right_type)}",
                self.unit_hint(left, right),
            )
        return shared

    def _is_value(self, type_: Type, node: Node) -> bool:
        if not isinstance(node, Literal):
            self.fault(
                node,
                f"{self.quote(node)} is any text, but one of {type_.name}'s values is needed",
                f"Write one of {', '.join(map(write_text, type_.values))}.",
            )
            return False
        if node.value in type_.values:
            return True
        close = nearest(str(node.value), type_.values)
        mean = f"Did you mean {write_text(close)}? " if close else ""
        self.fault(
            node,
            f"{shortened(write_text(str(node.value)))} is no value of {type_.name}",
            f"{mean}There are {', '.join(map(write_text, type_.values))}.",
        )
        return False

    def unit_hint(self, left: Node, right: Node) -> str:
        """Say how two values of different units could be brought together."""
        kinds = {left.type.kind, right.type.kind}
        if Kind.DURATION in kinds and kinds & NUMERIC:
            number = left if left.type.kind in NUMERIC else right
            if isinstance(number, Literal) and number.kind == "int":
                return f"Write {number.value}d for {number.value} days."
            return "Write a duration such as 7d, or days(x) for its number of days."
        if kinds == {Kind.INSTANT, Kind.DURATION}:
            instant = left if left.type.kind is Kind.INSTANT else right
            return f"Write age({self.quote(instant)}) for how long ago it was."
        if Kind.INSTANT in kinds and Kind.STRING in kinds:
            return 'Write instant("2026-03-01T09:00:00Z").'
        if Kind.STRING in kinds and kinds & NUMERIC:
            return "Texts are never turned into numbers; leave the quotes away."
        return "Texts cannot be joined or computed with." if kinds == {Kind.STRING} else ""

    def call(self, node: Call) -> Node:
        """Return a call with its type, or what it is short for."""
        args = tuple(map(self.check, node.args))
        if node.name in SPECIAL:
            return self._special(node, args)
        function = FUNCTIONS.get(node.name)
        typed = replace(node, args=args)
        if function is None:
            self._unknown_function(node)
            return typed
        if not self._counted(node, function.least, function.most):
            return typed
        signature = self._choose(function, node, args)
        if signature is None:
            return typed
        if function.zone is not None:
            self._zone(args[function.zone])
        if function.moment is not None:
            return self._moment(node, args[function.moment])
        return self._short_for(replace(typed, type=signature.gives))

    def _unknown_function(self, node: Call) -> None:
        place = replace(node, span=(node.span[0], node.span[0] + len(node.name)))
        self.fault(place, f"there is no function {shortened(node.name)}", did_you_mean(node.name, NAMES))

    def _counted(self, node: Call, least: int, most: int | None) -> bool:
        count = len(node.args)
        if count >= least and (most is None or count <= most):
            return True
        wanted = f"{least}" if most == least else f"{least} or more" if most is None else f"{least} to {most}"
        noun = "argument" if wanted == "1" else "arguments"
        self.fault(node, f"{node.name} takes {wanted} {noun}, and here are {count}", _usage(node.name))
        return False

    def _choose(self, function: Function, node: Call, args: tuple[Node, ...]) -> Signature | None:
        for signature in function.signatures:
            if all(
                fits(arg.type, wanted)
                for arg, wanted in zip(args, _wanted(signature, len(args)), strict=True)
            ):
                return signature if self._items_fit(node, args) else None
        for place, arg in enumerate(args):
            wanted = [_wanted(signature, len(args))[place] for signature in function.signatures]
            if not any(fits(arg.type, type_) for type_ in wanted):
                words = " or ".join(dict.fromkeys(map(in_words, wanted)))
                self.fault(
                    arg,
                    f"{node.name} takes {words} here, and this is {in_words(arg.type)}",
                    _usage(node.name),
                )
                return None
        self.fault(node, f"the arguments of {node.name} do not go together", _usage(node.name))
        return None

    def _items_fit(self, node: Call, args: tuple[Node, ...]) -> bool:
        if node.name != "contains" or args[0].type.kind is not Kind.LIST or args[0].type.item is None:
            return True
        item = args[0].type.item
        if fits(args[1].type, item) or item.kind is Kind.ENUM:
            return self.unify(args[0], item, args[1], args[1].type) is not None
        self.fault(
            args[1],
            f"{self.quote(args[0])} is {in_words(args[0].type)}, and this is {in_words(args[1].type)}",
        )
        return False

    def _zone(self, arg: Node) -> None:
        if isinstance(arg, Literal) and isinstance(arg.value, str) and arg.value not in _zones():
            hint = did_you_mean(arg.value, _zones(), "Write an IANA name such as Europe/Berlin or UTC.")
            self.fault(arg, f"{shortened(write_text(arg.value))} is no time zone", hint)

    def _moment(self, node: Call, arg: Node) -> Node:
        example = 'Write for example instant("2026-03-01T09:00:00+01:00").'
        if not isinstance(arg, Literal) or not isinstance(arg.value, str):
            self.fault(arg, "instant takes a text that is written down here", example)
            return node
        try:
            return Literal(read_instant(arg.value), "instant", span=node.span, type=INSTANT)
        except (ValueError, OverflowError):
            self.fault(arg, f"{shortened(write_text(arg.value))} is no instant with its offset", example)
            return node

    def _short_for(self, node: Call) -> Node:
        if node.name in _UNITS:
            unit = Literal(_UNITS[node.name], "duration", span=node.span, type=DURATION)
            return Arithmetic("/", node.args[0], unit, span=node.span, type=NUMBER)
        if node.name != "age":
            return node
        slot = self.schema.slots.get("now")
        if slot is None or self.schema["now"].type != INSTANT:
            self.fault(node, "age needs the fact now, and it is not declared here")
            return node
        now = Fact(("now",), slot, span=node.span, type=INSTANT)
        return Arithmetic("-", now, node.args[0], span=node.span, type=DURATION)

    def _special(self, node: Call, args: tuple[Node, ...]) -> Node:
        typed = replace(node, args=args, type=BOOL)
        if not self._counted(node, *((2, None) if node.name == "coalesce" else (1, 1))):
            return typed
        if node.name == "has" and not isinstance(args[0], Fact):
            self.fault(args[0], "has takes the path of a fact", f"Write !is_unknown({self.quote(args[0])}).")
        if node.name != "coalesce":
            return typed
        type_: Type = NULL
        for place, arg in enumerate(args):
            shared = self.unify(args[place - 1] if place else arg, type_, arg, arg.type)
            type_ = ANY if shared is None else shared
        return replace(typed, args=tuple(self.as_type(arg, type_) for arg in args), type=type_)


def _wanted(signature: Signature, count: int) -> tuple[Type, ...]:
    """Return the types of so many arguments. Of a fixed signature the count was checked before."""
    more = count - len(signature.takes)
    return signature.takes[:count] + signature.takes[-1:] * max(0, more)


def _usage(name: str) -> str:
    if name in SPECIAL:
        return f"{name}{SPECIAL[name].signature}"
    return "; ".join(f"{name}{signature}" for signature in FUNCTIONS[name].signatures)
