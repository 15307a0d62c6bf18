"""Facts are declared once; what does not fit its declaration is refused before it can be judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.domain.channel import Channel
from engine.domain.records import Momentum, TaskState
from rules.language import FactsError, Field, Schema, check, compile_together
from rules.language.deriving import derived
from rules.language.schema_of_facts import SUBJECTS, schema_for, with_signals
from rules.language.types import BOOL, INT, NUMBER, Kind
from tests.rules.language.facts import SCHEMA


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("channel.posts", 2.5),
        ("channel.posts", True),
        ("channel.posts", "2"),
        ("channel.paused", 1),
        ("channel.momentum", "sleepy"),
        ("channel.last", datetime(2026, 1, 1)),  # noqa: DTZ001 -- naive on purpose
        ("channel.last", "2026-01-01"),
        ("channel.patience", 7),
        ("goal.name", 3),
        ("post.tags", "abc"),
        ("post.tags", [1]),
    ],
)
def test_a_value_of_another_type_is_refused(path: str, value: object) -> None:
    with pytest.raises(FactsError, match=path):
        SCHEMA.facts({path: value})


def test_a_fact_that_nobody_declared_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(FactsError, match=r"channel\.post is no declared fact. Did you mean channel\.posts\?"):
        SCHEMA.facts({"channel.post": 3})


def test_values_become_plain_ones_and_instants_become_utc() -> None:
    moment = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    facts = SCHEMA.facts({"channel.momentum": Momentum.SILENT, "now": moment, "channel.posts": 3.0})
    by_path = dict(zip(SCHEMA.paths, facts, strict=True))
    assert type(by_path["channel.momentum"]) is str
    assert type(by_path["channel.posts"]) is int
    assert by_path["now"] == moment
    assert getattr(by_path["now"], "tzinfo", None) is UTC


def test_a_path_is_declared_once_and_is_a_path() -> None:
    for fields in (
        [Field("a.b", INT, "x"), Field("a.b", BOOL, "y")],
        [Field("in.b", INT, "x")],
        [Field("a b", INT, "x")],
        [Field("", INT, "x")],
    ):
        with pytest.raises(ValueError, match="fact"):
            Schema(fields)


def test_signals_come_after_the_facts_and_keep_odd_names() -> None:
    schema = with_signals(schema_for("channel"), [("new-posts", NUMBER, "Posts in a week.")])
    assert check('signal["new-posts"] < 3', schema).facts == ("signal.new-posts",)
    assert schema.slots["now"] == schema_for("channel").slots["now"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_fact_of_every_subject_can_be_named_in_an_expression(subject: str) -> None:
    schema = schema_for(subject)
    for field in schema.fields:
        assert check(f"has({field.path})", schema).facts == (field.path,)


def test_enumerations_are_those_of_the_domain_without_the_word_for_nothing_known() -> None:
    momentum = schema_for("channel")["channel.momentum"].type
    assert set(momentum.values) == {one.value for one in Momentum} - {"unknown"}
    assert schema_for("task")["task.state"].type.values == tuple(one.value for one in TaskState)


def test_what_a_model_does_not_have_cannot_be_derived_from_it() -> None:
    with pytest.raises(KeyError):
        derived(Channel, "channel", "nothing")
    with pytest.raises(TypeError, match="no type of the language"):
        derived(Channel, "channel", "cadence")
    assert derived(Channel, "channel", "priority")[0].type.kind is Kind.INT


def test_expressions_of_two_schemas_do_not_run_together() -> None:
    with pytest.raises(ValueError, match="same schema"):
        compile_together([check("has(now)", SCHEMA), check("has(now)", schema_for("goal"))])
