"""Money for an order: when it becomes a deposit by itself, and what is planned of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.domain.cash.builders import ACME, decide, invoice, payment, text
from tests.support.bank_script import receipt, with_cash
from tests.support.house import policy

from tieout.domain.cash.decisions import Application, Decision, Outcome, Tier
from tieout.domain.cash.ledger import ItemKind
from tieout.domain.cash.policy import CashPolicy, Prepayments
from tieout.domain.comparison import Observed, ObservedApplication, differences
from tieout.domain.drafts import CustomerDepositDraft, DepositApplicationDraft
from tieout.domain.ids import ClaimKey, ExternalId, InternalId, RecordType
from tieout.domain.money import Money
from tieout.domain.planning import CREATING, StepKind
from tieout.domain.prepayments import plan_application, plan_customer_deposit
from tieout.domain.sources import SourceRef

DEPOSITS = CashPolicy(version="test", prepayments=Prepayments.CUSTOMER_DEPOSIT)
SOURCE = SourceRef(system="bank", environment="test", object="movement", id="T1")


def order(**more: Any):
    return invoice("SO501000", 100_00, **{"kind": ItemKind.SALES_ORDER, **more})


def dollars(text_: str) -> Money:
    return Money(Decimal(text_), "USD")


@pytest.mark.parametrize("minor", [1, 40_00, 100_00])
def test_money_for_an_order_up_to_what_it_still_has_to_be_paid_is_a_deposit(minor: int):
    decision = decide(payment(minor, *text("SO501000")), order(), policy=DEPOSITS)
    assert (decision.outcome, decision.tier, decision.automatic) == (Outcome.PREPAYMENT, Tier.TWO, True)
    assert decision.deposit is not None
    assert (decision.deposit.item.number, decision.deposit.amount_minor) == ("SO501000", minor)
    assert decision.applications == ()


@pytest.mark.parametrize(
    ("minor", "more", "words", "why"),
    [
        (100_01, {}, ("SO501000",), "100.00 USD of SO501000 is still to be paid"),
        (40_00, {"open_minor": 39_99}, ("SO501000",), "39.99 USD of SO501000"),
        (40_00, {"currency": "EUR"}, ("SO501000",), "is in EUR"),
        (40_00, {"approved": False}, ("SO501000",), "is not approved"),
        (40_00, {}, ("SO501000 and SO501999",), "it also names"),
    ],
)
def test_everything_else_that_names_an_order_is_a_persons(
    minor: int, more: dict[str, Any], words: tuple[str, ...], why: str
):
    decision = decide(payment(minor, *text(*words)), order(**more), policy=DEPOSITS)
    assert (decision.outcome, decision.automatic, decision.deposit) == (Outcome.PREPAYMENT, False, None)
    assert why in decision.note


def test_an_order_of_another_company_is_a_persons():
    paid = payment(40_00, *text("SO501000"), subsidiary="2")
    decision = decide(paid, order(), policy=DEPOSITS)
    assert (decision.automatic, decision.deposit) == (False, None)
    assert "belongs to subsidiary 1" in decision.note


def test_an_order_and_an_invoice_named_together_are_a_persons():
    decision = decide(
        payment(140_00, *text("SO501000 INV10530")), order(), invoice("INV10530", 40_00), policy=DEPOSITS
    )
    assert (decision.outcome, decision.automatic, decision.deposit) == (Outcome.PREPAYMENT, False, None)


def test_without_the_policy_nothing_is_a_deposit():
    decision = decide(payment(40_00, *text("SO501000")), order())
    assert (decision.outcome, decision.automatic, decision.deposit) == (Outcome.PREPAYMENT, False, None)


def test_a_deposit_of_the_customers_is_a_credit_and_takes_no_payment():
    deposit = invoice("CD77", kind=ItemKind.CUSTOMER_DEPOSIT)
    assert not deposit.payable
    assert decide(payment(100_00, *text("CD77")), deposit).outcome is Outcome.CREDIT_TAKEN


def planned(amount: str = "40.00") -> CustomerDepositDraft:
    rules = with_cash(policy(), account="101", receivables="121")
    decision = Decision(
        outcome=Outcome.PREPAYMENT,
        tier=Tier.TWO,
        automatic=True,
        policy_version="test",
        customer=InternalId(ACME),
        deposit=Application(order(), 40_00),
    )
    assert rules.cash is not None
    (bank,) = rules.cash.accounts.values()
    plan = plan_customer_deposit(
        SOURCE, receipt("T1", amount, "SO501000"), decision, bank, rules, InternalId("1"), date(2026, 11, 2)
    )
    (step,) = plan.steps
    assert step.kind is StepKind.CREATE_CUSTOMER_DEPOSIT
    assert isinstance(step.draft, CustomerDepositDraft)
    return step.draft


def test_a_deposit_carries_its_order_its_origin_and_the_banks_reference():
    draft = planned()
    assert (draft.external_id, draft.order, draft.order_number) == ("cd-T1", "iSO501000", "SO501000")
    assert (draft.account, draft.check_number, draft.subsidiary) == ("101", "T1", "1")
    assert draft.takes == {InternalId("iSO501000"): 40_00}
    assert {StepKind.CREATE_CUSTOMER_DEPOSIT, StepKind.CREATE_DEPOSIT_APPLICATION} <= CREATING


def test_what_is_no_deposit_is_not_planned_as_one():
    rules = with_cash(policy(), account="101")
    assert rules.cash is not None
    (bank,) = rules.cash.accounts.values()
    decision = decide(payment(40_00, *text("SO501000")), order())
    with pytest.raises(ValueError, match="no deposit"):
        plan_customer_deposit(
            SOURCE, receipt("T1", "40.00"), decision, bank, rules, InternalId("1"), date(2026, 11, 2)
        )


def application(minor: int = 30_00, rest: str = "40.00", number: int = 1) -> DepositApplicationDraft:
    billed = invoice("INV1", 100_00, made_from=InternalId("iSO501000"))
    claim = ClaimKey("cash|a|b|customer_deposit")
    step = plan_application(
        planned(),
        claim,
        InternalId("900"),
        [Application(billed, minor)],
        dollars(rest),
        number,
        with_cash(policy(), account="101"),
        date(2026, 11, 3),
    )
    assert isinstance(step.draft, DepositApplicationDraft)
    assert step.needs == (claim,)
    return step.draft


def test_an_application_takes_of_the_invoice_and_of_the_deposit_and_says_what_is_left():
    draft = application()
    assert draft.takes == {InternalId("iINV1"): 30_00, InternalId("900"): 30_00}
    assert (draft.amount, draft.rest, draft.receivables) == (dollars("30.00"), dollars("10.00"), "119")
    assert (draft.external_id, application(number=2).external_id) == ("da-T1", "da-T1-2")


@pytest.mark.parametrize(("minor", "rest"), [(40_01, "40.00"), (0, "40.00")])
def test_no_more_is_applied_than_is_left_and_nothing_is_no_application(minor: int, rest: str):
    with pytest.raises(ValueError, match="cannot be applied"):
        application(minor, rest)


def seen(**changes: Any) -> Observed:
    values: dict[str, Any] = {
        "id": InternalId("901"),
        "external_id": ExternalId("da-T1"),
        "type": RecordType.DEPOSIT_APPLICATION,
        "installation": "test-house",
        "source_id": "T1",
        "customer": InternalId(ACME),
        "subsidiary": "1",
        "currency_id": "1",
        "transaction_date": date(2026, 11, 3),
        "total": Decimal("30.00"),
        "created_from": InternalId("900"),
        "applied": (ObservedApplication(document=InternalId("iINV1"), amount=Decimal("30.00")),),
        "unapplied": Decimal("10.00"),
    }
    return Observed(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, ""),
        ({"created_from": InternalId("899")}, "deposit"),
        ({"unapplied": Decimal("9.00")}, "left of the deposit"),
        ({"applied": ()}, "applied"),
        ({"total": Decimal("29.00")}, "amount"),
    ],
)
def test_an_application_is_what_was_sent_only_to_the_cent_and_of_its_deposit(
    changes: dict[str, Any], field: str
):
    found = [one.field for one in differences(application(), seen(**changes), InternalId(ACME))]
    assert found == ([field] if field else [])


def test_a_deposit_for_another_order_is_not_what_was_sent():
    draft = planned()
    values = {
        "external_id": draft.external_id,
        "type": RecordType.CUSTOMER_DEPOSIT,
        "transaction_date": date(2026, 11, 2),
        "total": Decimal("40.00"),
        "applied": (),
    }
    right = seen(**values, created_from=draft.order)
    assert differences(draft, right, InternalId(ACME)) == []
    wrong = seen(**values, created_from=InternalId("1"))
    assert [one.field for one in differences(draft, wrong, InternalId(ACME))] == ["order"]
