"""Which payment may apply itself, which goes to a person, and with what answer beside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.domain.cash.builders import (
    ACME,
    GLOBEX,
    PAID,
    applied,
    days,
    decide,
    invoice,
    ledger,
    line,
    payment,
    stamped,
    text,
)

from tieout.domain.cash.decisions import MEANINGS, Outcome, Reason, Tier
from tieout.domain.cash.evidence import Precision
from tieout.domain.cash.ledger import ItemKind
from tieout.domain.cash.matching import Matcher
from tieout.domain.cash.movements import Payer
from tieout.domain.cash.policy import CashPolicy, OptIn, Tolerance, Withholding
from tieout.domain.errors import DomainError
from tieout.domain.ids import InternalId


def switched_on(*opt_ins: OptIn, **more) -> CashPolicy:
    return CashPolicy(version="test", opt_ins=frozenset(opt_ins), **more)


@pytest.mark.requirement("R32", "R33")
def test_our_external_id_with_exact_amount_and_customer_is_tier_1():
    decision = decide(payment(100_00, *stamped("inv-INV10530")), invoice("INV10530"), invoice("INV10531"))
    assert (decision.outcome, decision.tier, decision.automatic) == (Outcome.EXACT, Tier.ONE, True)
    assert applied(decision) == {"INV10530": 100_00}
    assert decision.reasons == {Reason.EXTERNAL_ID, Reason.PAYER_KNOWN, Reason.AMOUNT_EXACT}


@pytest.mark.requirement("R33")
def test_a_number_the_payer_typed_is_tier_2_and_never_tier_1():
    decision = decide(payment(100_00, *text("Invoice 10530")), invoice("INV10530"))
    assert (decision.outcome, decision.tier, decision.automatic) == (Outcome.TYPED_REFERENCE, Tier.TWO, True)


@pytest.mark.requirement("R33")
def test_a_typed_external_id_is_a_hint_and_not_our_own_stamp():
    decision = decide(payment(100_00, *text("for inv-INV10530")), invoice("INV10530"))
    assert decision.tier is Tier.TWO


@pytest.mark.requirement("R33")
def test_typed_numbers_go_to_a_person_where_the_policy_says_so():
    decision = decide(
        payment(100_00, *text("INV10530")),
        invoice("INV10530"),
        policy=CashPolicy(version="t", typed_reference=False),
    )
    assert not decision.automatic
    assert applied(decision) == {"INV10530": 100_00}


@pytest.mark.requirement("R33", "R34")
def test_amount_alone_waits_for_a_person_until_it_is_switched_on():
    one = invoice("INV10530")
    careful = decide(payment(100_00), one)
    bold = decide(payment(100_00), one, policy=switched_on(OptIn.AMOUNT_ONLY))
    assert (careful.outcome, careful.automatic, bold.automatic) == (Outcome.AMOUNT_ONLY, False, True)
    assert applied(careful) == applied(bold) == {"INV10530": 100_00}
    assert Reason.NO_SECOND_SOLUTION in bold.reasons


@pytest.mark.requirement("R34")
def test_two_equally_good_candidates_go_to_a_person_always():
    decision = decide(payment(100_00), invoice("INV10530"), invoice("INV10531"), policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic, applied(decision)) == (Outcome.AMBIGUOUS, False, {})
    assert {one.item.number for one in decision.refused} == {"INV10530", "INV10531"}


@pytest.mark.requirement("R34")
def test_one_invoice_and_a_set_of_others_of_the_same_sum_are_equally_good():
    items = (invoice("INV10530"), invoice("INV10531", 60_00), invoice("INV10532", 40_00))
    decision = decide(payment(100_00), *items, policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic) == (Outcome.AMBIGUOUS, False)


@pytest.mark.requirement("R34")
def test_a_search_that_reaches_its_bound_proves_nothing():
    items = [invoice("INV10500"), *(invoice(f"INV{20000 + n}", 100_01 + n) for n in range(50))]
    many = [invoice(f"INV{30000 + n}", 1_00 + n) for n in range(45)]
    decision = decide(payment(100_00), *items, *many, policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic) == (Outcome.AMBIGUOUS, False)


def test_an_invoice_outside_the_window_is_shown_and_not_applied():
    old = invoice("INV10530", day=date(2026, 1, 5), due=date(2026, 2, 5))
    decision = decide(payment(100_00), old, policy=switched_on(OptIn.AMOUNT_ONLY))
    assert (decision.tier, decision.automatic) == (Tier.THREE, False)
    assert applied(decision) == {"INV10530": 100_00}


@pytest.mark.requirement("R34", "R40")
@pytest.mark.parametrize("opt_ins", [(), tuple(OptIn)], ids=["careful", "all on"])
def test_a_number_that_exists_nowhere_blocks_matching_by_amount(opt_ins):
    decision = decide(payment(100_00, *text("INV99999")), invoice("INV10530"), policy=switched_on(*opt_ins))
    assert (decision.outcome, decision.automatic) == (Outcome.UNRESOLVED_REFERENCE, False)
    assert applied(decision) == {"INV10530": 100_00}


@pytest.mark.requirement("R34")
def test_another_customers_document_is_never_paid_and_does_not_point_to_ones_own():
    decision = decide(
        payment(100_00, *text("INV10530")),
        invoice("INV10530", customer=GLOBEX),
        invoice("INV10531"),
        policy=switched_on(*OptIn),
    )
    assert (decision.outcome, decision.automatic, applied(decision)) == (Outcome.OTHER_CUSTOMER, False, {})
    assert decision.customer == ACME


def test_one_number_in_two_subsidiaries_means_the_payers_own():
    decision = decide(
        payment(100_00, *text("INV10530")),
        invoice("INV10530", customer=GLOBEX, id=InternalId("g")),
        invoice("INV10530"),
    )
    assert (decision.outcome, decision.automatic) == (Outcome.TYPED_REFERENCE, True)
    assert [one.item.customer for one in decision.applications] == [ACME]


@pytest.mark.requirement("R34")
def test_an_unknown_payer_is_not_booked_and_the_answer_lies_beside_it():
    decision = decide(payment(100_00, *text("INV10530"), customer=None), invoice("INV10530"))
    assert (decision.outcome, decision.customer, decision.automatic) == (Outcome.UNKNOWN_PAYER, None, False)
    assert applied(decision) == {"INV10530": 100_00}


@pytest.mark.requirement("R34")
def test_a_name_alone_only_suggests():
    paid = payment(100_00, customer=None, payer=Payer(names=("ACME HOLDINGS IN",)))
    decision = decide(
        paid, invoice("INV10530"), names={ACME: "Acme Holdings Inc."}, policy=switched_on(*OptIn)
    )
    assert (decision.outcome, decision.automatic) == (Outcome.UNKNOWN_PAYER, False)
    assert applied(decision) == {"INV10530": 100_00}
    assert Reason.NAME_RESEMBLES in decision.reasons


def test_an_identifier_that_pays_for_several_customers_proves_none():
    paid = payment(100_00, *text("INV10530"), customers=frozenset({ACME, GLOBEX}), customer=None)
    decision = decide(paid, invoice("INV10530"))
    assert not decision.automatic
    assert applied(decision) == {"INV10530": 100_00}


@pytest.mark.requirement("R33")
def test_a_listed_bundle_is_checked_and_waits_for_its_switch():
    items = (invoice("INV10530", 60_00), invoice("INV10531", 40_00))
    paid = payment(100_00, *text("INV10530, 10531"))
    careful, bold = decide(paid, *items), decide(paid, *items, policy=switched_on(OptIn.LISTED_BUNDLE))
    assert (careful.outcome, careful.tier, careful.automatic) == (Outcome.LISTED_BUNDLE, Tier.THREE, False)
    assert bold.automatic
    assert applied(bold) == {"INV10530": 60_00, "INV10531": 40_00}


def test_a_list_whose_lines_contradict_what_is_open_goes_to_a_person():
    items = (invoice("INV10530", 60_00), invoice("INV10531", 40_00))
    paid = payment(100_00, line("INV10530", "70.00"), line("INV10531", "30.00"))
    decision = decide(paid, *items, policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic) == (Outcome.AMBIGUOUS, False)


@pytest.mark.requirement("R33")
def test_the_only_set_that_sums_to_it_is_shown_and_applied_only_when_switched_on():
    items = (invoice("INV10530", 60_00), invoice("INV10531", 40_00), invoice("INV10532", 75_00))
    careful, bold = (
        decide(payment(100_00), *items),
        decide(payment(100_00), *items, policy=switched_on(*OptIn)),
    )
    assert (careful.outcome, careful.automatic, bold.automatic) == (Outcome.SUBSET_BUNDLE, False, True)
    assert applied(careful) == {"INV10530": 60_00, "INV10531": 40_00}


@pytest.mark.requirement("R34")
def test_two_sets_that_sum_to_it_prove_nothing():
    items = [invoice(f"INV1053{n}", minor) for n, minor in enumerate((60_00, 40_00, 70_00, 30_00))]
    decision = decide(payment(100_00), *items, policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic, applied(decision)) == (Outcome.AMBIGUOUS, False, {})


def test_less_than_the_document_asks_for_is_a_partial_payment_for_a_person():
    decision = decide(payment(70_00, *text("INV10530")), invoice("INV10530"), policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic, decision.difference_minor) == (Outcome.SHORT, False, -30_00)
    assert applied(decision) == {"INV10530": 70_00}


def test_more_than_the_document_asks_for_leaves_a_rest_on_account():
    decision = decide(payment(130_00, *text("INV10530")), invoice("INV10530"), policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic, applied(decision)) == (
        Outcome.OVER,
        False,
        {"INV10530": 100_00},
    )


def test_the_same_payment_again_is_named_a_duplicate():
    paid_already = invoice("INV10530", open_minor=0)
    decision = decide(
        payment(100_00, *text("INV10530")), paid_already, invoice("INV10531"), policy=switched_on(*OptIn)
    )
    assert (decision.outcome, applied(decision)) == (Outcome.DUPLICATE_PAYMENT, {})


def test_a_settled_document_and_another_amount_is_a_stale_reference():
    decision = decide(payment(99_00, *text("INV10530")), invoice("INV10530", open_minor=0))
    assert decision.outcome is Outcome.STALE_REFERENCE


@pytest.mark.requirement("R86")
def test_an_order_that_is_not_billed_makes_a_prepayment():
    order = invoice("SO501000", kind=ItemKind.SALES_ORDER)
    assert decide(payment(100_00, *text("SO501000")), order).outcome is Outcome.PREPAYMENT


def test_a_parent_pays_a_childs_invoice_only_when_switched_on():
    items, family = (invoice("INV10530", customer=GLOBEX),), {GLOBEX: ACME}
    paid = payment(100_00, *text("INV10530"))
    careful = decide(paid, *items, parents=family)
    bold = decide(paid, *items, parents=family, policy=switched_on(OptIn.PARENT_PAYS))
    assert (careful.outcome, careful.automatic, bold.automatic) == (Outcome.PARENT_PAYS, False, True)
    assert applied(careful) == {"INV10530": 100_00}


@pytest.mark.parametrize(
    ("more", "outcome", "says"),
    [
        ({"currency": "EUR"}, Outcome.OTHER_CURRENCY, "is in EUR"),
        ({"subsidiary": "2"}, Outcome.WRONG_ENTITY, "belongs to subsidiary 2, the bank account to 1"),
        (
            {"receivables": "120"},
            Outcome.WRONG_ENTITY,
            "on A/R account 120, which the bank account's mapping",
        ),
        ({"approved": False}, Outcome.NOT_PAYABLE, "is not approved"),
        ({"disputed": True}, Outcome.NOT_PAYABLE, "is disputed"),
    ],
)
@pytest.mark.requirement("R36", "R38")
def test_what_netsuite_would_refuse_is_found_before_the_call(more, outcome, says):
    paid = payment(100_00, *text("INV10530"), subsidiary="1", receivables=frozenset({"119"}))
    decision = decide(paid, invoice("INV10530", **more), policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic) == (outcome, False)
    assert says in decision.note


def test_money_of_our_own_companies_is_nobodys_payment():
    assert decide(payment(100_00, intercompany=True), invoice("INV10530")).outcome is Outcome.INTERCOMPANY


DISCOUNTED = invoice("INV10530", discount_minor=2_00, discount_until=date(2026, 10, 20))


@pytest.mark.parametrize(
    ("paid", "grace", "outcome"),
    [
        (date(2026, 10, 20), 0, Outcome.DISCOUNT_TAKEN),
        (date(2026, 10, 21), 0, Outcome.SHORT),
        (date(2026, 10, 21), 1, Outcome.DISCOUNT_TAKEN),
    ],
)
def test_a_discount_counts_until_its_day_and_the_grace_after_it(paid, grace, outcome):
    policy = switched_on(OptIn.DISCOUNT, discount_grace=days(grace))
    decision = decide(payment(98_00, *text("INV10530"), paid=paid), DISCOUNTED, policy=policy)
    assert decision.outcome is outcome
    assert decision.automatic is (outcome is Outcome.DISCOUNT_TAKEN)
    if decision.automatic:
        (one,) = decision.applications
        assert (one.amount_minor, one.discount_minor) == (98_00, 2_00)


def test_a_difference_within_a_tolerance_in_cents_names_its_account():
    fee = Tolerance(name="wire fee", currency="USD", account=InternalId("6100"), short_minor=25_00)
    policy = switched_on(OptIn.WITHIN_TOLERANCE, tolerances=(fee,))
    within = decide(payment(85_00, *text("INV10530")), invoice("INV10530"), policy=policy)
    beyond = decide(payment(74_99, *text("INV10530")), invoice("INV10530"), policy=policy)
    assert (within.outcome, within.automatic) == (Outcome.WITHIN_TOLERANCE, True)
    assert "account 6100" in within.note
    assert [(one.amount_minor, one.written_off_minor) for one in within.applications] == [(85_00, 15_00)]
    assert beyond.outcome is Outcome.SHORT


def test_a_tax_the_payer_must_withhold_is_known_by_its_share():
    policy = switched_on(
        withholdings=(Withholding(name="WHT 15 %", share=Decimal("0.15"), account=InternalId("2300")),)
    )
    decision = decide(payment(85_00, *text("INV10530")), invoice("INV10530"), policy=policy)
    assert (decision.outcome, decision.automatic, applied(decision)) == (
        Outcome.WITHHOLDING,
        False,
        {"INV10530": 85_00},
    )


def test_a_credit_that_closes_the_difference_is_shown():
    memo = invoice("CM501", 20_00, kind=ItemKind.CREDIT_MEMO)
    paid = payment(80_00, line("INV10530", "100.00"), line("CM501", "-20.00"))
    decision = decide(paid, invoice("INV10530"), memo, policy=switched_on(*OptIn))
    assert (decision.outcome, decision.automatic) == (Outcome.CREDIT_TAKEN, False)
    assert Reason.SUM_EXACT in decision.reasons


def test_tier_2_keeps_the_error_budget_it_was_given():
    policy = CashPolicy(version="t", error_budget=Decimal("0.01"))
    paid, one = payment(100_00, *text("INV10530")), invoice("INV10530")
    signature = decide(paid, one).signature

    def automatic(right: int, wrong: int) -> bool:
        measured = {signature: Precision(right, wrong)}
        return Matcher(ledger(one), policy, measured).match(paid).automatic

    assert [automatic(0, 0), automatic(300, 0), automatic(500, 0), automatic(500, 3)] == [
        False,
        False,
        True,
        False,
    ]


def test_the_error_budget_does_not_hold_back_tier_1():
    policy = CashPolicy(version="t", error_budget=Decimal("0.01"))
    assert decide(payment(100_00, *stamped("inv-INV10530")), invoice("INV10530"), policy=policy).automatic


def test_what_is_reserved_is_not_open_for_a_second_payment():
    one = invoice("INV10530")
    books = ledger(one)
    matcher = Matcher(books, CashPolicy(version="t"))
    paid = payment(100_00, *text("INV10530"))
    first = matcher.match(paid)
    books.take(first.applications[0].item, 100_00)
    second = matcher.match(paid)
    assert (first.outcome, second.outcome) == (Outcome.TYPED_REFERENCE, Outcome.DUPLICATE_PAYMENT)
    with pytest.raises(DomainError, match="0 is open"):
        books.take(books.of_customer(ACME)[0], 1)


def test_every_outcome_says_what_it_means_and_how_netsuite_is_treated():
    assert set(MEANINGS) == set(Outcome)


def test_a_payment_before_the_invoice_is_early_by_no_more_than_the_policy_allows():
    one = invoice("INV10530", day=date(2026, 10, 25), due=date(2026, 11, 25))
    near = decide(payment(100_00), one, policy=switched_on(OptIn.AMOUNT_ONLY))
    far = decide(payment(100_00, paid=date(2026, 10, 1)), one, policy=switched_on(OptIn.AMOUNT_ONLY))
    assert (PAID, near.automatic, far.automatic) == (date(2026, 10, 20), True, False)
