from __future__ import annotations

import pytest
from tests.emulators.stripe.rule_checks import CHECKS
from tests.emulators.stripe.support import Desk

from tieout.emulators.stripe.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_holds(rule):
    with Desk() as desk:
        CHECKS[rule.test](desk)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_check_fails_when_the_rule_is_off(rule):
    with Desk(switches={rule.id: "off"}) as desk, pytest.raises((AssertionError, KeyError, ValueError)):
        CHECKS[rule.test](desk)


def test_every_rule_has_its_own_check_and_every_check_a_rule():
    assert sorted(rule.test for rule in RULES) == sorted(CHECKS)
    assert len({rule.id for rule in RULES}) == len(RULES)
