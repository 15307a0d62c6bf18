"""Well-typed expressions, at random: trees without types, as the parser makes them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from rules.language.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Conditional,
    Fact,
    ListOf,
    Literal,
    Logic,
    Node,
    Unary,
)
from rules.language.types import Kind
from tests.rules.language.facts import MOMENTUM, SCHEMA, TEXTS

_LITERAL_DURATIONS = (
    timedelta(0),
    timedelta(days=7),
    timedelta(hours=36),
    timedelta(seconds=0.5),
    timedelta(days=36_525),
)
_ZONES = ("UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia")
_MOMENTS = (
    "2026-03-29T01:30:00Z",
    "2026-10-25T02:30:00+02:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:00:00Z",
)


class Generator:
    """Makes expressions of a wanted type from dice."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def expression(self, depth: int = 4) -> Node:
        """Return a condition."""
        return self.make(Kind.BOOL, depth)

    def make(self, kind: Kind, depth: int) -> Node:
        """Return an expression of the kind, of about that depth."""
        if depth <= 0 or self.dice.random() < 0.15:
            return self.leaf(kind)
        makers: dict[Kind, tuple[Callable[[int], Node], ...]] = {
            Kind.BOOL: (
                self.logic,
                self.logic,
                self.negated,
                self.compared,
                self.compared,
                self.compared,
                self.within,
                self.asked,
            ),
            Kind.NUMBER: (self.computed, self.computed, self.minus, self.called),
            Kind.INT: (self.counted,),
            Kind.DURATION: (self.spans,),
            Kind.INSTANT: (self.moments,),
        }
        chance = self.dice.random()
        if chance < 0.1:
            return Conditional(
                self.make(Kind.BOOL, depth - 1), self.make(kind, depth - 1), self.make(kind, depth - 1)
            )
        if chance < 0.2:
            return Call("coalesce", (self.make(kind, depth - 1), self.make(kind, depth - 1)))
        return self.dice.choice(makers[kind])(depth - 1) if kind in makers else self.leaf(kind)

    def fact(self, kind: Kind) -> Fact:
        """Return a fact of the kind; an int can stand for a number."""
        kinds = (Kind.INT, Kind.NUMBER) if kind is Kind.NUMBER else (kind,)
        field = self.dice.choice([field for field in SCHEMA.fields if field.type.kind in kinds])
        return Fact(tuple(field.path.split(".")))

    def leaf(self, kind: Kind) -> Node:
        """Return a fact, or a literal."""
        if self.dice.random() < 0.65:
            return self.fact(kind)
        match kind:
            case Kind.BOOL:
                return Literal(self.dice.random() < 0.5, "bool")
            case Kind.INT:
                return Literal(self.dice.choice((0, 1, 2, 7, 10**15)), "int")
            case Kind.NUMBER:
                literals = (
                    Literal(0, "int"),
                    Literal(3, "int"),
                    Literal(0.5, "number"),
                    Literal(1e30, "number"),
                )
                return self.dice.choice((*literals, Literal(0.3, "percent"), Literal(1e-300, "number")))
            case Kind.STRING:
                return Literal(self.dice.choice(TEXTS), "string")
            case Kind.DURATION:
                return Literal(self.dice.choice(_LITERAL_DURATIONS), "duration")
            case Kind.INSTANT:
                return Call("instant", (Literal(self.dice.choice(_MOMENTS), "string"),))
        return self.fact(kind)

    def logic(self, depth: int) -> Node:
        """Return && or || over a few conditions."""
        items = tuple(self.make(Kind.BOOL, depth) for _ in range(self.dice.randrange(2, 4)))
        return Logic(self.dice.choice(("&&", "||")), items)

    def negated(self, depth: int) -> Node:
        """Return the opposite of a condition."""
        return Unary("!", self.make(Kind.BOOL, depth))

    def compared(self, depth: int) -> Node:
        """Return a comparison."""
        kind = self.dice.choice(
            (Kind.NUMBER, Kind.NUMBER, Kind.DURATION, Kind.INSTANT, Kind.ENUM, Kind.STRING, Kind.BOOL)
        )
        if kind is Kind.ENUM:
            other = (
                Literal(self.dice.choice(MOMENTUM.values), "string")
                if self.dice.random() < 0.7
                else self.fact(kind)
            )
            return Comparison(self.dice.choice(("==", "!=")), self.fact(kind), other)
        ops = ("==", "!=") if kind in (Kind.STRING, Kind.BOOL) else ("==", "!=", "<", "<=", ">", ">=")
        return Comparison(self.dice.choice(ops), self.make(kind, depth), self.make(kind, depth))

    def within(self, depth: int) -> Node:
        """Return whether something is in a list."""
        lists = {Kind.STRING: "post.tags", Kind.NUMBER: "post.scores", Kind.ENUM: "post.states"}
        kind = self.dice.choice(tuple(lists))
        whole: Node = Fact(tuple(lists[kind].split(".")))
        if self.dice.random() < 0.6:
            items = [self.make(kind, depth - 1) for _ in range(self.dice.randrange(4))]
            if kind is Kind.ENUM:
                items = [Literal(value, "string") for value in self.dice.sample(MOMENTUM.values, 2)]
            whole = ListOf((*items, Literal(None, "null")) if self.dice.random() < 0.1 else tuple(items))
        elif self.dice.random() < 0.3:
            return Call("contains", (whole, self.make(kind, depth)))
        return Comparison("in", self.make(kind, depth), whole)

    def asked(self, depth: int) -> Node:
        """Return a call that gives true or false."""
        kind = self.dice.choice((Kind.NUMBER, Kind.DURATION, Kind.INSTANT, Kind.BOOL, Kind.STRING, Kind.ENUM))
        texts = (self.make(Kind.STRING, depth), self.make(Kind.STRING, depth))
        days = ListOf((Literal("monday", "string"), Literal("sunday", "string")))
        return self.dice.choice(
            (
                Call("has", (self.fact(kind),)),
                Call("is_unknown", (self.make(kind, depth),)),
                Call(self.dice.choice(("contains", "starts_with", "ends_with")), texts),
                Comparison("in", Call("weekday", (self.make(Kind.INSTANT, depth), self.zone())), days),
            )
        )

    def zone(self) -> Node:
        """Return a zone, written or from a fact that may hold anything."""
        return (
            Literal(self.dice.choice(_ZONES), "string")
            if self.dice.random() < 0.6
            else Fact(("strategy", "zone"))
        )

    def computed(self, depth: int) -> Node:
        """Return arithmetic."""
        if self.dice.random() < 0.1:
            return Arithmetic("/", self.make(Kind.DURATION, depth), self.make(Kind.DURATION, depth))
        op = self.dice.choice("+-*/%")
        return Arithmetic(op, self.make(Kind.NUMBER, depth), self.make(Kind.NUMBER, depth))

    def minus(self, depth: int) -> Node:
        """Return a number below zero."""
        return Unary("-", self.make(Kind.NUMBER, depth))

    def called(self, depth: int) -> Node:
        """Return a call that gives a number."""
        name = self.dice.choice(
            (
                "abs",
                "sqrt",
                "log",
                "round",
                "floor",
                "ceil",
                "min",
                "max",
                "pow",
                "days",
                "hours",
                "len",
                "hour",
            )
        )
        if name in ("days", "hours"):
            return Call(name, (self.make(Kind.DURATION, depth),))
        if name in ("len", "hour"):
            return self.counted(depth)
        count = {"pow": 2, "min": 3, "max": 2}.get(name, 1)
        return Call(name, tuple(self.make(Kind.NUMBER, depth) for _ in range(count)))

    def counted(self, depth: int) -> Node:
        """Return a call that gives a whole number."""
        name = self.dice.choice(("len", "hour", "day", "month"))
        if name == "len":
            return Call("len", (self.dice.choice((Fact(("post", "tags")), self.make(Kind.STRING, depth))),))
        return Call(name, (self.make(Kind.INSTANT, depth), self.zone()))

    def spans(self, depth: int) -> Node:
        """Return a computed duration."""
        left, right = self.make(Kind.DURATION, depth), self.make(Kind.DURATION, depth)
        number, moment = self.make(Kind.NUMBER, depth), self.make(Kind.INSTANT, depth)
        return self.dice.choice(
            (
                Arithmetic(self.dice.choice("+-"), left, right),
                Arithmetic(self.dice.choice("*/"), left, number),
                Arithmetic("*", number, left),
                Arithmetic("-", moment, self.make(Kind.INSTANT, depth)),
                Call("age", (moment,)),
                Call("max", (left, right)),
                Call("abs", (left,)),
                Unary("-", left),
            )
        )

    def moments(self, depth: int) -> Node:
        """Return a computed instant."""
        moment, span = self.make(Kind.INSTANT, depth), self.make(Kind.DURATION, depth)
        return self.dice.choice(
            (
                Arithmetic(self.dice.choice("+-"), moment, span),
                Arithmetic("+", span, moment),
                Call("start_of_day", (moment, self.zone())),
                Call("min", (moment, self.make(Kind.INSTANT, depth))),
            )
        )
