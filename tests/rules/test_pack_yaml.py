"""The packs' own tests, in the form that users write: every one passes, and every rule of a pack is in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.rule_tests import read_cases
from engine.runtime.ruletesting import run
from rules.packs import load_pack, pack_names
from rules.testing.cases import Case

FOLDER = Path(__file__).parents[1] / "packs"
CASES = read_cases([FOLDER])
# An excerpt of a plan has no accounts with credentials and no people with hours; test_pack_rules tries these. That rules
# are asked for in vain, a test that judges them cannot show; tests/domain/test_evaluated_alerts does.
ELSEWHERE = {"CredentialExpiring", "CredentialExpired", "PersonOverloaded", "RulesUnjudged"}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_test_of_a_pack_passes(case: Case) -> None:
    assert [str(failure) for failure in run(case).failures] == []


@pytest.mark.parametrize("pack", pack_names())
def test_every_rule_of_a_pack_is_seen_firing_in_its_tests(pack: str) -> None:
    seen = {
        check.wanted.alert
        for case in read_cases([FOLDER / f"{pack}.yaml"])
        for check in case.checks
        if check.wanted.state == "firing"
    }
    assert {rule.name for rule in load_pack(pack)} - ELSEWHERE <= seen
