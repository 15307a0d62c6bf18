"""Packs: whole, with names of their own; and how a strategy's overrides and rules are laid over them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.rule import Rule, Severity
from engine.domain.signal import Signal
from engine.domain.strategy import Strategy
from rules.packs import Pack, describe_pack, load_pack, merged_rules, merged_signals, pack_names


def strategy(**fields: Any) -> Strategy:
    """Return a strategy with one channel and these fields."""
    return Strategy.model_validate(
        {
            "apiVersion": "drumbeat/v1",
            "kind": "Strategy",
            "name": "regulars",
            "workspace": "team",
            "channels": [{"name": "blog", "account": "website"}],
            "packs": ["momentum"],
            **fields,
        }
    )


def rules_of(**fields: Any) -> dict[str, Rule]:
    return {rule.name: rule for rule in merged_rules(strategy(**fields))}


OWN: dict[str, Any] = {
    "name": "FewOrders",
    "reason": "Orders fall",
    "of": "metric",
    "expr": "metric.change_28d < 0",
    "no_data": "3d",
}


def test_no_name_of_a_rule_or_a_signal_stands_in_two_packs() -> None:
    rules = [rule.name for name in pack_names() for rule in load_pack(name)]
    signals = [signal.name for name in pack_names() for signal in describe_pack(name).signals]
    assert len(rules) == len(set(rules))
    assert len(signals) == len(set(signals))


def test_an_override_changes_the_fields_it_gives_and_leaves_the_others() -> None:
    plain = rules_of()["ChannelSilent"]
    changed = rules_of(overrides=[{"name": "ChannelSilent", "severity": "warning", "for": "1d"}])[
        "ChannelSilent"
    ]
    assert (changed.severity, changed.for_) == (Severity.WARNING, timedelta(days=1))
    assert changed.task == plain.task
    assert changed.deadline == plain.deadline


def test_an_override_switches_a_rule_off() -> None:
    assert not rules_of(overrides=[{"name": "ChannelSilent", "enabled": False}])["ChannelSilent"].enabled


def test_a_rule_of_the_strategy_replaces_that_of_a_pack_in_its_place() -> None:
    own = {"name": "ChannelSilent", "reason": "Ours", "deadline": {"since": "activity", "period": "3d"}}
    merged = merged_rules(strategy(rules=[own]))
    assert merged[0].reason == "Ours"
    assert [rule.name for rule in merged] == [rule.name for rule in merged_rules(strategy())]


def test_a_rule_that_cannot_stay_unjudged_is_followed_by_one_that_says_so() -> None:
    derived = rules_of(rules=[{**OWN, "only": ["orders"], "mode": "shadow"}])["FewOrdersNoData"]
    assert derived.unjudged is not None
    assert derived.unjudged.rule == "FewOrders"
    assert derived.for_ == timedelta(days=3)
    assert (derived.only, derived.mode, derived.severity) == (("orders",), "shadow", Severity.WARNING)
    assert set(derived.inhibited_by) <= {"SourceUnreadable", "MetricMissing"}


def test_a_rule_without_no_data_has_no_such_follower() -> None:
    assert "FewOrdersNoData" not in rules_of(rules=[{key: OWN[key] for key in OWN if key != "no_data"}])


def test_the_follower_of_a_rule_that_is_switched_off_is_gone_too() -> None:
    assert "FewOrdersNoData" not in rules_of(rules=[{**OWN, "enabled": False}])


def test_an_override_reaches_the_follower() -> None:
    changed = rules_of(rules=[OWN], overrides=[{"name": "FewOrdersNoData", "severity": "critical"}])
    assert changed["FewOrdersNoData"].severity is Severity.CRITICAL


def test_a_rule_of_that_name_takes_the_followers_place() -> None:
    own = {"name": "FewOrdersNoData", "reason": "Ours", "unjudged": {"rule": "FewOrders"}, "for": "9d"}
    assert rules_of(rules=[OWN, own])["FewOrdersNoData"].reason == "Ours"


def test_a_signal_of_the_strategy_replaces_that_of_a_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = {"name": "week", "metric": "orders", "function": "sum", "window": "7d"}
    packed = Signal.model_validate(signal)
    pack = Pack(name="momentum", title="T", description="D", signals=(packed,), rules=())
    monkeypatch.setattr("rules.packs.describe_pack", lambda _name: pack)
    assert merged_signals(strategy()) == (packed,)
    (own,) = merged_signals(strategy(signals=[{**signal, "window": "14d"}]))
    assert own.window == timedelta(days=14)
