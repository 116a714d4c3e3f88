from __future__ import annotations

import pytest
from tests.emulators.netsuite.cash_rule_checks import CHANGES, CHECKS
from tests.emulators.netsuite.support import Desk

from tieout.emulators.netsuite.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_holds(rule):
    with Desk(change=CHANGES.get(rule.id)) as desk:
        CHECKS[rule.test](desk)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_check_fails_when_the_rule_is_off(rule):
    with Desk({rule.id: "off"}, CHANGES.get(rule.id)) as desk, pytest.raises(AssertionError):
        CHECKS[rule.test](desk)


def test_every_rule_has_its_own_check_and_every_check_a_rule():
    assert sorted(rule.test for rule in RULES) == sorted(CHECKS)
    assert len({rule.id for rule in RULES}) == len(RULES)
