"""Validation answers before any write, says everything at once, and never raises on data."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.domain.builders import (
    CONTACT,
    DEAL,
    ROWS,
    TODAY,
    always,
    at_line,
    checked,
    codes,
    customer,
    existing,
    line,
    month,
    order,
    policy,
    ref,
    reference,
    usd,
    view,
    world,
)

from tieout.domain import validation
from tieout.domain.crosswalk import Crosswalk
from tieout.domain.customers import Suspect
from tieout.domain.documents import LineKind, Product, StageChange
from tieout.domain.findings import BEFORE_WRITE
from tieout.domain.ids import InternalId, RecordType
from tieout.domain.money import Money, total
from tieout.domain.policy import DatePolicy, HandOff, SourcePolicy
from tieout.domain.rules import Condition, Operator, Rule
from tieout.domain.validation import Checked, check, ignore_reason

NEVER = (Rule("never", "1", (Condition("currency", Operator.EQUALS, ("XXX",)),)),)


def crm(**changes):
    return policy(sources={"crm": SourcePolicy(**{"name": "crm", "cut_over": date(2026, 10, 1)} | changes)})


# -- what is right ----------------------------------------------------------------------------------------


@pytest.mark.requirement("R08", "R12", "R23")
def test_a_good_deal_becomes_a_hand_off_with_explicit_lines():
    found = checked()
    assert [(one.item, one.quantity, one.rate, one.amount) for one in found.lines] == [
        ("101", Decimal(2), Decimal(50), usd(100)),
        ("102", Decimal(2), Decimal(25), usd(50)),
    ]
    assert (found.subsidiary, found.currency_id, found.terms) == ("1", "1", "5")
    assert found.handoff is HandOff.INVOICE
    assert found.transaction_date == date(2026, 10, 5)
    assert found.rules == ("in dollars", "always invoice")


@pytest.mark.requirement("R12")
def test_the_subsidiary_comes_from_a_rule_and_terms_and_currency_from_who_is_billed():
    payer = customer("A2", name="Acme Holding", currency="EUR", terms="")
    deal = order(bill_to=payer, currency="EUR", lines=(line(1, Money(Decimal(9), "EUR")),), terms="")
    found = checked(deal)
    assert (found.subsidiary, found.rules[0], found.terms) == ("2", "in euros", None)


def test_the_deals_own_terms_come_before_the_accounts():
    assert codes(order(terms="Net 99")) == ["terms_unmapped"]


def test_rules_about_receivables_and_forms_are_followed_and_named():
    rules = policy(
        receivables_rules=always("11", "dollars A/R"),
        form_rules={RecordType.INVOICE: always("77", "our form")},
    )
    found = checked(in_world=world(policy=rules))
    assert (found.receivables, dict(found.forms)) == ("11", {RecordType.INVOICE: "77"})
    assert found.rules == ("in dollars", "always invoice", "dollars A/R", "our form")


def test_the_date_follows_the_sources_policy_and_an_approved_redate_beats_it():
    today = world(policy=crm(transaction_date=DatePolicy.TODAY))
    assert checked(in_world=today).transaction_date == TODAY
    redated = replace(today, redates={DEAL.record_key: date(2026, 11, 3)})
    assert checked(in_world=redated).transaction_date == date(2026, 11, 3)


# -- what is wrong: every code, and nothing but it --------------------------------------------------------

OTHER = world()
SUSPECT = Suspect(customer=existing(), evidence=("same tax id DE1",))

CASES = {
    "customer_missing": (order(customer=customer(name=" ")), OTHER, view()),
    "customer_suspected_legacy": (order(), OTHER, view(suspects=(SUSPECT,))),
    "customer_suspected_twin": (order(), OTHER, view(twins=(SUSPECT,))),
    "customer_inactive": (order(), OTHER, view(bound=existing(active=False))),
    "customer_subsidiary_mismatch": (order(), OTHER, view(bound=existing(subsidiary="2"))),
    "customer_merge_conflict": (order(), OTHER, view(conflict=(InternalId("1"), InternalId("2")))),
    "lines_missing": (order(lines=()), OTHER, view()),
    "item_unmapped": (order(lines=(line(7),)), OTHER, view()),
    "item_unknown": (order(lines=(line(9),)), OTHER, view()),
    "item_inactive": (order(lines=(line(3),)), OTHER, view()),
    "item_not_in_subsidiary": (order(lines=(line(4),)), OTHER, view()),
    "terms_unmapped": (order(terms="Net 42"), OTHER, view()),
    "subsidiary_rule_missing": (order(), world(policy=policy(subsidiary_rules=NEVER)), view()),
    "rule_target_invalid": (order(), world(policy=policy(subsidiary_rules=always("66"))), view()),
    "handoff_rule_missing": (order(), world(policy=policy(handoff_rules=())), view()),
    "currency_unknown": (
        order(currency="CHF", lines=(line(1, Money(Decimal(1), "CHF")),)),
        world(policy=policy(subsidiary_rules=always("1"))),
        view(),
    ),
    "currency_not_enabled": (order(customer=customer(currency="EUR")), OTHER, view()),
    "currency_mixed": (order(lines=(line(1), line(2, Money(Decimal(1), "EUR")))), OTHER, view()),
    "amount_negative": (order(lines=(line(1), line(2, "-1.00"))), OTHER, view()),
    "amount_mismatch": (order(header_amount=usd("151")), OTHER, view()),
    "quantity_invalid": (at_line(order(), 0, quantity=Decimal(0)), OTHER, view()),
    "line_recurring_unsupported": (
        at_line(order(), 0, kind=LineKind.RECURRING, term_months=36),
        OTHER,
        view(),
    ),
    "line_ramped_unsupported": (at_line(order(), 0, term_months=24), OTHER, view()),
    "line_usage_unsupported": (at_line(order(), 0, kind=LineKind.USAGE), OTHER, view()),
    "period_closed": (order(close_date=date(2026, 9, 30)), OTHER, view()),
}
#: Codes that others produce: readers of payloads, the store, and the judgement of changed deals.
ELSEWHERE = {
    "approval_rejected",
    "approval_required",
    "payload_unreadable",
    "id_malformed",
    "amount_invalid",
    "external_id_collision",
    "deal_changed",
    "deal_reopened",
    "deal_deleted",
    "internal_error",
}


@pytest.mark.requirement("R08", "R21", "R23")
@pytest.mark.parametrize("code", CASES)
def test_each_thing_wrong_is_found_before_a_write_and_named_once(code: str):
    deal, around, seen = CASES[code]
    assert codes(deal, in_world=around, seen=seen) == [code]


def test_every_code_before_a_write_has_its_case_here_or_its_maker_elsewhere():
    assert set(CASES) | ELSEWHERE == set(BEFORE_WRITE)
    source = "\n".join(
        path.read_text()
        for folder in ("flows", "connectors/generic")
        for path in (Path(validation.__file__).parents[1] / folder).glob("*.py")
    )
    assert {code for code in ELSEWHERE if not re.search(f'"{code}"', source)} == set()


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (existing(currencies=frozenset({"2"})), ["currency_not_enabled"]),
        (existing(currencies=frozenset({"1", "2"})), []),
        (existing(subsidiary="1"), []),
    ],
)
def test_a_bound_customer_must_take_the_deal_as_it_is(bound, expected: list[str]):
    assert codes(order(), seen=view(bound=bound)) == expected


def test_a_rule_may_name_only_accounts_netsuite_has():
    rules = policy(receivables_rules=always("12"))
    assert codes(order(), in_world=world(policy=rules)) == ["rule_target_invalid"]


def test_no_matching_rule_is_a_case_that_shows_the_facts_it_looked_at():
    [finding] = check(order(), world(policy=policy(subsidiary_rules=NEVER)), view())
    assert (finding.cause, finding.found) == ("currency='USD'", "currency='USD'")


def test_a_closed_period_names_the_next_open_one():
    [finding] = check(order(close_date=date(2026, 9, 30)), world(), view())
    assert (finding.cause, finding.found) == ("2026-09", "2026-09; the next open one is 2026-10")
    [none] = check(order(), world(reference=reference(periods=(month(9),))), view())
    assert none.found == "no period for 2026-10-05"


def test_a_bill_date_without_period_is_a_case():
    assert codes(order(close_date=date(2027, 5, 1))) == ["period_closed"]


@pytest.mark.requirement("R18", "R23")
def test_a_product_is_found_by_id_and_never_by_its_name_or_sku():
    misnamed = Product(id="P1", sku="SKU-2", name="Product 2")
    assert checked(order(lines=(line(1, product=misnamed),))).lines[0].item == "101"
    lookalike = Product(id="P77", sku="SKU-1", name="Product 1")
    assert codes(order(lines=(line(1, product=lookalike),))) == ["item_unmapped"]


@pytest.mark.requirement("R23")
def test_capitalisation_and_spacing_of_names_never_matter():
    shouting = Product(id="P1", sku=" sku-1", name="  PRODUCT   1 ")
    assert checked(order(lines=(line(1, product=shouting),))).lines == checked(order(lines=(line(1),))).lines


def test_all_findings_come_at_once():
    deal = order(
        customer=customer(name="", currency="EUR", terms="Net 42"),
        lines=(line(7), line(3, "-5.00"), line(9, kind=LineKind.USAGE, quantity=Decimal(-1))),
        close_date=date(2026, 9, 1),
        header_amount=usd(1),
    )
    assert set(codes(deal, in_world=world(policy=policy(handoff_rules=())))) == {
        "amount_mismatch",
        "amount_negative",
        "currency_not_enabled",
        "customer_missing",
        "handoff_rule_missing",
        "item_inactive",
        "item_unknown",
        "item_unmapped",
        "line_usage_unsupported",
        "period_closed",
        "quantity_invalid",
        "terms_unmapped",
    }


def test_a_finding_about_a_line_says_which():
    [finding] = check(order(lines=(line(1), line(7))), world(), view())
    assert (finding.source, finding.cause) == (DEAL.at_line("L7"), "P7")
    assert finding.expected == "a crosswalk row for Product 7 (SKU-7, P7)"


@pytest.mark.requirement("R08")
def test_one_unmapped_product_is_one_cause_however_many_deals_have_it():
    causes = {
        check(order(source=ref("deal", f"D{n}"), lines=(line(7),)), world(), view())[0].cause
        for n in range(3)
    }
    assert causes == {"P7"}


# -- amounts ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    ("header", "discount", "expected"),
    [
        ("150", None, []),
        ("150", "10", []),  # the header may be before its discount
        ("140", "10", []),  # or after it
        ("145", "10", ["amount_mismatch"]),
        (None, "10", []),
        (None, "150", []),
        (None, "150.01", ["amount_mismatch"]),
        (None, "-1", ["amount_mismatch"]),
        ("150.01", None, ["amount_mismatch"]),
        ("0", None, ["amount_mismatch"]),
    ],
)
def test_the_header_must_be_the_sum_of_its_lines(header, discount, expected: list[str]):
    deal = order(
        header_amount=usd(header) if header else None, header_discount=usd(discount) if discount else None
    )
    assert codes(deal) == expected


def test_header_amounts_in_another_currency_are_cases_not_errors():
    euros = Money(Decimal(150), "EUR")
    assert codes(order(header_amount=euros)) == ["amount_mismatch"]
    assert codes(order(header_discount=euros)) == ["amount_mismatch"]


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any),
    st.integers(0, 100),
    st.sampled_from(["JPY", "USD"]),
)
def test_a_header_discount_is_spread_to_the_last_unit(minors: list[int], percent: int, currency: str):
    amounts = [Money.from_minor(minor, currency) for minor in minors]
    discount = Money.from_minor(sum(minors) * percent // 100, currency)
    lines = tuple(line(1, one, source=DEAL.at_line(str(n))) for n, one in enumerate(amounts))
    deal = order(currency=currency, lines=lines, header_discount=discount)
    found = checked(deal, in_world=world(policy=policy(subsidiary_rules=always("1"))))
    assert total((one.amount for one in found.lines), currency) == total(amounts, currency) - discount
    for one, before in zip(found.lines, amounts, strict=True):
        assert Money.zero(currency) <= one.amount <= before


@given(st.integers(0, 10**12), st.decimals("0.001", 10**5, places=3))
def test_rate_times_quantity_is_the_amount_to_a_hair(minor: int, quantity: Decimal):
    found = checked(order(lines=(line(1, Money.from_minor(minor, "USD"), quantity=quantity),)))
    [one] = found.lines
    assert abs(one.rate * quantity - one.amount.amount) <= quantity * Decimal("1e-8")
    assert -one.rate.as_tuple().exponent <= validation.RATE_DECIMALS


@pytest.mark.parametrize(
    "text", ["0", "-1", "NaN", "Infinity", "1e60", "1e-40", "0." + "0" * 55 + "1", "9" * 50]
)
def test_a_quantity_without_use_is_a_finding_whatever_it_looks_like(text: str):
    assert codes(order(lines=(line(1, quantity=Decimal(text)),))) == ["quantity_invalid"]


@pytest.mark.parametrize("text", ["0.00001", "1", "2.5", "1000000000"])
def test_a_usual_quantity_is_none(text: str):
    assert codes(order(lines=(line(1, quantity=Decimal(text)),))) == []


def test_many_huge_lines_are_a_case_and_no_crash():
    huge = usd("9" * 15)
    lines = tuple(line(1, huge, source=DEAL.at_line(str(n))) for n in range(20))
    assert codes(order(lines=lines)) == ["amount_invalid"]


# -- anything at all --------------------------------------------------------------------------------------

moneys = st.builds(
    Money.from_minor, st.integers(-(10**14), 10**14), st.sampled_from(["USD", "EUR", "JPY", "CLF"])
)
texts = st.sampled_from(["", " ", "Net 30", "x", "😀", "'; --", "ش"])
lines = st.builds(
    line,
    st.integers(1, 9),
    moneys,
    quantity=st.decimals(allow_nan=True, allow_infinity=True),
    kind=st.sampled_from(LineKind),
    term_months=st.none() | st.integers(-5, 60),
)
customers = st.builds(
    customer,
    st.sampled_from(["", "A1", "A2"]),
    name=texts,
    currency=st.sampled_from(["", "USD", "EUR", "ZZZ"]),
    terms=texts,
    contact=st.none() | st.just(CONTACT),
)
orders = st.builds(
    order,
    customer=customers,
    bill_to=st.none() | customers,
    currency=st.sampled_from(["USD", "EUR", "JPY", "CHF", "", "ZZZ"]),
    lines=st.lists(lines, max_size=6).map(tuple),
    close_date=st.dates(date(2026, 8, 1), date(2027, 1, 31)),
    header_amount=st.none() | moneys,
    header_discount=st.none() | moneys,
    terms=texts,
)
views = st.sampled_from([case[2] for case in CASES.values()])
policies = st.builds(
    policy,
    subsidiary_rules=st.sampled_from([NEVER, always("1"), always("66"), policy().subsidiary_rules]),
    handoff_rules=st.sampled_from([(), always("invoice"), always("sales_order")]),
)
worlds = st.builds(
    world,
    policy=policies,
    crosswalk=st.sampled_from([Crosswalk(()), Crosswalk(ROWS)]),
    reference=st.sampled_from([reference(), reference(periods=(), currencies={}, items={}, subsidiaries={})]),
)


@pytest.mark.requirement("R08")
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(orders, worlds, views)
def test_any_deal_becomes_a_hand_off_or_findings(deal, around, seen):
    found = check(deal, around, seen)
    if isinstance(found, Checked):
        assert len(found.lines) == len(deal.lines) > 0
        assert all(one.amount.amount >= 0 for one in found.lines)
    else:
        assert found
    again = check(deal, around, seen)
    # A NaN is not equal to itself, so findings are compared by what they say.
    assert str(again) == str(found)


# -- what is none of our business -------------------------------------------------------------------------


@pytest.mark.requirement("R03", "R10")
@pytest.mark.parametrize(
    ("changes", "source", "reason"),
    [
        ({}, {}, None),
        ({"won": False}, {}, "not_won"),
        ({"closed": False}, {}, "not_won"),
        ({"close_date": date(2026, 9, 30)}, {}, "before_cut_over"),
        ({"close_date": date(2026, 10, 1)}, {}, None),
        (
            {"attributes": {"stage": "Signed"}},
            {"trigger": (Condition("deal.stage", Operator.EQUALS, ("Billing approved",)),)},
            "trigger_not_met",
        ),
        (
            {"attributes": {"stage": "Billing approved"}},
            {"trigger": (Condition("deal.stage", Operator.EQUALS, ("Billing approved",)),)},
            None,
        ),
        ({}, {"require_billing_terms": True}, "billing_terms_unconfirmed"),
        ({"billing_terms_confirmed": False}, {"require_billing_terms": True}, "billing_terms_unconfirmed"),
        ({"billing_terms_confirmed": True}, {"require_billing_terms": True}, None),
    ],
)
def test_a_deal_syncs_only_when_it_is_won_in_time_triggered_and_confirmed(changes, source, reason):
    assert ignore_reason(order(**changes), crm(**source).sources["crm"]) == reason


def test_history_alone_triggers_nothing():
    won_once = (StageChange(at=reference().as_of, won=True, label="Closed Won"),)
    assert ignore_reason(order(won=False, history=won_once), crm().sources["crm"]) == "not_won"


@pytest.mark.requirement("R02")
def test_a_deal_another_connector_has_noted_its_record_on_waits_for_a_person():
    assert codes(order(foreign_marks=("netsuite_conn__NetSuite_Id__c=77",))) == ["foreign_writer"]


def test_another_connectors_note_on_the_account_alone_says_nothing_about_the_deal():
    assert codes(order(foreign_marks=("Account.netsuite_conn__NetSuite_Id__c=77",))) == []
