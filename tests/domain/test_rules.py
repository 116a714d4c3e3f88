"""Rules: the first whose conditions all hold; facts are text, numbers compare as decimals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import customer, order, usd

from tieout.domain.errors import DomainError
from tieout.domain.policy import facts_of
from tieout.domain.rules import Condition, Operator, Rule, first_match

words = st.text(max_size=5)
numbers = st.decimals(-1000, 1000, places=3)


@pytest.mark.parametrize(
    ("operator", "fact", "values", "expected"),
    [
        (Operator.EQUALS, "US", ("US",), True),
        (Operator.EQUALS, "us", ("US",), False),
        (Operator.NOT_EQUALS, "US", ("US",), False),
        (Operator.NOT_EQUALS, "", ("US",), True),
        (Operator.IN, "DE", ("DE", "AT"), True),
        (Operator.IN, "CH", ("DE", "AT"), False),
        (Operator.STARTS_WITH, "EMEA-North", ("EMEA",), True),
        (Operator.STARTS_WITH, "North-EMEA", ("EMEA",), False),
        (Operator.PRESENT, "x", (), True),
        (Operator.PRESENT, "", (), False),
        (Operator.ABSENT, "", (), True),
        (Operator.ABSENT, "x", (), False),
        (Operator.AT_LEAST, "100.00", ("100",), True),
        (Operator.AT_LEAST, "99.99", ("100",), False),
        (Operator.AT_LEAST, "9", ("10",), False),
        (Operator.AT_LEAST, "many", ("10",), False),
        (Operator.BELOW, "9", ("10",), True),
        (Operator.BELOW, "10", ("10",), False),
        (Operator.BELOW, "", ("10",), False),
        (Operator.BELOW, "9", ("ten",), False),
    ],
)
def test_what_each_operator_means(operator: Operator, fact: str, values: tuple, expected: bool):
    assert Condition("it", operator, values).holds({"it": fact}) is expected


def test_every_operator_was_tried():
    tried = {case[0] for case in test_what_each_operator_means.pytestmark[0].args[1]}
    assert tried == set(Operator)


@given(numbers, numbers)
def test_numbers_compare_as_numbers(fact, limit):
    assert Condition("it", Operator.AT_LEAST, (f"{limit:f}",)).holds({"it": f"{fact:f}"}) == (fact >= limit)
    assert Condition("it", Operator.BELOW, (f"{limit:f}",)).holds({"it": f"{fact:f}"}) == (fact < limit)


@given(st.sampled_from(Operator), words, words)
def test_no_fact_makes_a_condition_raise(operator: Operator, fact: str, value: str):
    condition = Condition("it", operator, (value,))
    assert condition.holds({"it": fact}) in {True, False}
    assert condition.holds({}) == condition.holds({"it": ""})


@pytest.mark.parametrize("operator", sorted(set(Operator) - {Operator.PRESENT, Operator.ABSENT}))
def test_a_condition_without_a_value_is_refused(operator: Operator):
    with pytest.raises(DomainError, match="needs a value"):
        Condition("it", operator)


def test_the_first_rule_whose_conditions_all_hold_decides():
    us, big = Condition("country", Operator.EQUALS, ("US",)), Condition("amount", Operator.AT_LEAST, ("100",))
    rules = (Rule("both", "1", (us, big)), Rule("us", "2", (us,)), Rule("rest", "3"))
    assert first_match(rules, {"country": "US", "amount": "100"}) is rules[0]
    assert first_match(rules, {"country": "US", "amount": "1"}) is rules[1]
    assert first_match(rules, {}) is rules[2]


@pytest.mark.requirement("R12")
def test_no_match_is_none_and_never_a_default():
    assert first_match((), {}) is None
    assert first_match((Rule("never", "1", (Condition("x", Operator.PRESENT),)),), {"y": "1"}) is None


@pytest.mark.requirement("R12")
def test_facts_about_the_customer_are_those_of_who_is_billed():
    payer = customer("A9", name="Payer", currency="EUR", terms="Net 10", attributes={"segment": "mid"})
    facts = facts_of(order(bill_to=payer, header_amount=usd("1500"), attributes={"region": "West"}))
    assert facts == {
        "source": "crm",
        "currency": "USD",
        "deal.name": "Acme rollout",
        "deal.po_number": "",
        "deal.amount": "1500.00",
        "deal.region": "West",
        "customer.name": "Payer",
        "customer.country": "",
        "customer.region": "",
        "customer.currency": "EUR",
        "customer.terms": "Net 10",
        "customer.segment": "mid",
    }
