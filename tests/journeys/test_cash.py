"""Money that came in lands on the right invoice, or in front of a person with the answer beside it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.bank_script import receipt
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, GLOBEX, Treasury, invoice, treasury

from tieout.domain.cash.movements import MovementKind, Place, ReturnOf
from tieout.domain.cash.policy import OptIn
from tieout.domain.ids import RecordType
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.reports import cash_report

COMPANY = "9876543210"


def acme(identity: str, amount: str, *texts: str, **changes: Any):
    return receipt(identity, amount, *texts, company=COMPANY, **changes)


def by_hand(amount: str, customer: str = ACME, **more: Any) -> dict[str, Any]:
    """A payment that somebody entered in NetSuite."""
    return {
        "customer": {"id": customer},
        "payment": amount,
        "tranDate": "2026-11-02",
        "arAcct": {"id": "121"},
        "account": {"id": "101"},
        **more,
    }


@pytest.mark.requirement("R30", "R32", "R36", "R38")
def test_a_payment_that_names_its_invoice_is_applied_to_it(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (250, 0)}
        (made,) = t.house.made("customerPayment")
        fields = made["fields"]
        assert (fields["arAcct"], fields["account"], fields["checkNumber"]) == ("121", "101", "T1")
        assert t.open_amounts() == {"INV10530": 0, "INV10531": 80}


@pytest.mark.requirement("R85", "R86", "R87")
def test_payments_carry_account_subsidiary_and_references_by_id(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00", account={"id": "125"}), receivables="") as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        (made,) = t.house.made("customerPayment")
        (line,) = made["lines"]["apply"]
        documents = {one["id"]: one["fields"]["tranId"] for one in t.house.ns.control.truth("invoice")}
        assert (made["fields"]["arAcct"], made["fields"]["subsidiary"]) == ("125", "1")
        assert (documents[line["doc"]], Decimal(line["amount"])) == ("INV10530", 250)
        created = [one["record"] for one in t.house.ns.control.log() if one["operation"] == "create"]
        assert created == ["customerPayment"]


@pytest.mark.requirement("R34", "R35", "R41")
def test_a_payment_nobody_can_place_is_booked_on_account_and_waits_with_the_answer(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_amount_only")
        assert t.payments() == {"pay-T1": (0, 250)}
        view = t.desk.show("T1")
        assert "proposed: INV10530 250.00 USD" in view.case.finding.found
        assert '"ledger_as_of"' in view.attempts[-1]["data"]


def test_a_person_applies_it_later_and_netsuite_follows(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": ""}, "ann", "October")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (250, 0)}
        assert t.open_amounts() == {"INV10530": 0}


def test_what_was_applied_is_taken_back_and_applied_again(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        t.desk.unapply("T1", [], "ann", "it was for the other one")
        t.house.run()
        assert t.payments() == {"pay-T1": (0, 250)}
        assert t.open_amounts() == {"INV10530": 250, "INV10531": 250}
        t.desk.apply("T1", {"INV10531": "250.00"}, "ann", "")
        t.house.run()
        assert t.open_amounts() == {"INV10530": 250, "INV10531": 0}
        assert t.stands("T1") == ("confirmed", "")


def test_what_was_taken_back_is_open_for_the_same_payment_and_more_can_be_added(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        t.desk.unapply("T1", ["INV10530"], "ann", "wrong month")
        t.house.run()
        for part, open_ in (("60.00", 190), ("40.00", 150), ("", 0)):
            t.desk.apply("T1", {"INV10530": part}, "ann", "")
            t.house.run()
            assert t.open_amounts() == {"INV10530": open_}
        assert t.payments() == {"pay-T1": (250, 0)}


def test_a_person_splits_a_payment_over_invoices(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "300.00"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "220.00", "INV10531": ""}, "ann", "as they told us by mail")
        t.house.run()
        assert t.payments() == {"pay-T1": (300, 0)}
        assert t.open_amounts() == {"INV10530": 30, "INV10531": 0}


@pytest.mark.requirement("R34")
def test_money_of_an_unknown_payer_is_not_booked_until_somebody_is_named(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "payer_unknown")
        assert t.payments() == {}
        t.desk.name_payer("T1", ACME, "ann", "their first payment")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        t.bank.put(acme("T2", "1.00", "hello"))
        t.house.run()
        assert t.payments() == {"pay-T1": (250, 0), "pay-T2": (0, 1)}
        t.desk.unlearn("ach_company", COMPANY, ACME, "bob")
        t.bank.put(acme("T3", "2.00"))
        t.house.run()
        assert t.stands("T3") == ("case", "payer_unknown")


def test_applying_teaches_the_payer_and_counts_for_the_reasons(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00")) as t:
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": ""}, "ann", "")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert [(one.value, one.customer, one.taught_by) for one in t.desk.aliases()] == [
            (COMPANY, ACME, "ann")
        ]
        with t.house.store.read() as unit:
            (measured,) = unit.cash.precision().values()
        assert (measured.right, measured.wrong) == (1, 0)
        t.bank.put(acme("T2", "80.00", "INV10531"))
        t.house.run()
        assert t.stands("T2") == ("confirmed", "")


def test_the_same_file_again_changes_nothing_and_two_equal_payments_are_two(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "50.00"), invoice("INV10531", ACME, "50.00")) as t:
        t.teach()
        first, twin = acme("T1", "50.00", "INV10530"), acme("T1#2", "50.00", "INV10531")
        t.bank.put(first, twin)
        t.house.run()
        t.bank.put(first, twin)
        t.house.run()
        assert t.payments() == {"pay-T1": (50, 0), one(t, "T1#2"): (50, 0)}
        assert t.open_amounts() == {"INV10530": 0, "INV10531": 0}


def one(t: Treasury, movement: str) -> str:
    return str(t.desk.show(movement).as_json()["external_id"])


def test_the_same_money_by_another_route_is_one_payment(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("LB-7", "250.00", "INV10530"), route="lockbox")
        t.house.run()
        t.bank.put(acme("BAI-9", "250.00", value_date=date(2026, 11, 3)), route="bai2")
        t.house.run()
        assert t.stands("BAI-9") == ("case", "second_sighting")
        assert t.payments() == {"pay-LB-7": (250, 0)}
        t.desk.say_distinct("BAI-9", "ann", "two cheques of one amount")
        t.house.run()
        assert t.payments() == {"pay-LB-7": (250, 0), "pay-BAI-9": (0, 250)}


def test_a_duplicate_payment_stays_on_account(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        t.bank.put(acme("T2", "250.00", "INV10530", value_date=date(2026, 11, 9)))
        t.house.run()
        assert t.stands("T2") == ("case", "cash_duplicate_payment")
        assert t.payments() == {"pay-T1": (250, 0), "pay-T2": (0, 250)}


def test_two_partial_payments_of_one_amount_are_both_applied_and_no_third_one(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "100.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "40.00", "INV10530"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "40.00"}, "ann", "")
        t.bank.put(acme("T2", "40.00", "INV10530"), acme("T1", "40.00", "INV10530"))
        t.house.run()
        t.desk.apply("T2", {"INV10530": "40.00"}, "ann", "")
        t.house.run()
        assert t.payments() == {"pay-T1": (40, 0), "pay-T2": (40, 0)}
        assert t.open_amounts() == {"INV10530": 20}
        with pytest.raises(PaymentError, match="USD would be applied of"):
            t.desk.apply("T2", {"INV10530": "20.00"}, "ann", "")


@pytest.mark.requirement("R20")
def test_a_payment_whose_answer_is_lost_is_found_and_not_made_again(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        fault("commit_hang", operation="create", record="customerPayment", times=1)(t.house)
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (250, 0)}


def test_an_application_whose_answer_is_lost_is_made_once(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00"))
        t.house.run()
        fault("commit_hang", operation="update", record="customerPayment", times=1)(t.house)
        t.desk.apply("T1", {"INV10530": "100.00"}, "ann", "")
        t.house.run()
        assert t.payments() == {"pay-T1": (100, 150)}
        assert t.open_amounts() == {"INV10530": 150}


def test_a_payment_somebody_entered_by_hand_is_not_made_again(tmp_path: Path):
    with treasury(
        tmp_path, invoice("INV10530", ACME, "250.00"), {"type": "customerPayment", **by_hand("250.00")}
    ) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "payment_entered_by_hand")
        assert t.payments() == {}
        t.house.cases.retry(t.desk.show("T1").case.id, "ann", "another payment of the same amount")
        t.house.run()
        assert t.payments() == {"pay-T1": (250, 0)}


def test_a_payment_applied_by_hand_is_one_case_with_both_facts(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        body = by_hand("250.00", apply=applied_to(t, "INV10530", "250.00"))
        t.house.ns.control.admin("human_create", record="customerPayment", body=body)
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "payment_entered_by_hand")
        (case,) = t.house.cases.open_cases()
        assert "same customer and amount 250.00" in case.case.finding.found
        assert "cash_duplicate_payment" in case.case.finding.found
        assert "INV10530 was paid already, by the same amount" in case.case.finding.found
        t.house.cases.retry(case.case.id, "ann", "they paid twice")
        t.house.run()
        assert t.stands("T1") == ("case", "cash_duplicate_payment")
        assert len(t.house.cases.open_cases()) == 1
        assert t.payments() == {"pay-T1": (0, 250)}


@pytest.mark.requirement("R37")
def test_less_open_than_planned_is_a_case_and_not_a_smaller_application(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.house.machine.ledger.refresh(timedelta(0))
        body = by_hand("30.00", apply=applied_to(t, "INV10530", "30.00"))
        t.house.ns.control.admin("human_create", record="customerPayment", body=body)
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "open_amount_changed")
        assert t.payments() == {}
        t.house.cases.retry(t.desk.show("T1").case.id, "ann")
        t.house.run()
        assert t.stands("T1") == ("case", "cash_over")
        assert t.payments() == {"pay-T1": (0, 250)}


def applied_to(t: Treasury, number: str, amount: str) -> dict[str, Any]:
    (found,) = [
        item["id"] for item in t.house.ns.control.truth("invoice") if item["fields"]["tranId"] == number
    ]
    return {"items": [{"doc": {"id": found}, "apply": True, "amount": amount}]}


def test_another_customers_invoice_is_never_paid(tmp_path: Path):
    with treasury(
        tmp_path,
        invoice("INV10530", GLOBEX, "250.00"),
        invoice("INV10531", ACME, "250.00"),
        opt_ins=frozenset(OptIn),
    ) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_other_customer")
        assert t.payments() == {"pay-T1": (0, 250)}
        assert t.open_amounts() == {"INV10530": 250, "INV10531": 250}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (MovementKind.SUMMARY, "summary_movement"),
        (MovementKind.INFORMATION, "no_cash_yet"),
        (MovementKind.NOTICE_OF_CHANGE, "notice_of_change"),
        (MovementKind.FEE, "bank_fee"),
        (MovementKind.DISBURSEMENT, "money_out"),
    ],
)
def test_what_is_no_payment_is_ignored_by_name(tmp_path: Path, kind: MovementKind, reason: str):
    with treasury(tmp_path) as t:
        t.bank.put(acme("T1", "5.00", kind=kind))
        t.house.run()
        assert t.stands("T1") == ("ignored", reason)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "ELSEWHERE"}, "bank_account_unmapped"),
        ({"currency": "EUR"}, "bank_account_currency"),
        ({"value_date": date(2026, 9, 30), "booked": date(2026, 9, 30)}, "before_cut_over"),
        (
            {"kind": MovementKind.RETURN_OF_DEBIT, "returned": ReturnOf(code="R01", original="T0")},
            "payment_returned",
        ),
    ],
)
def test_what_cannot_be_booked_says_why(tmp_path: Path, changes: dict[str, Any], code: str):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "5.00", **changes))
        t.house.run()
        assert t.stands("T1")[1] == code
        assert t.payments() == {}


def test_what_came_in_is_what_was_applied_and_what_was_not(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"), acme("T2", "7.00"), receipt("T3", "9.00"))
        t.house.run()
        (row,) = cash_report(t.house.machine.context, t.desk.all())
        assert (row["cash_in"], row["applied"], row["unapplied"]) == ("266.00", "250.00", "16.00")
        assert (row["payments"], row["auto_applied"], row["auto_applied_share"]) == (3, 1, "0.333")
        assert row["subsidiary"] == "1"
        assert (row["days_unapplied"], row["errors_found_later"]) == (0, 0)
        t.house.advance(timedelta(days=3))
        t.desk.unapply("T1", [], "ann", "it was Globex's")
        t.house.run()
        (row,) = cash_report(t.house.machine.context, t.desk.all())
        assert (row["days_unapplied"], row["errors_found_later"]) == (3, 1)
        assert (row["applied"], row["unapplied"]) == ("0.00", "266.00")


def test_money_told_again_in_another_file_still_waits_for_its_person(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_no_match")
        t.bank.put(acme("T1", "30.00", place=Place(file="the next download", where="entry 9")))
        t.house.run()
        assert (t.stands("T1"), t.house.case_codes()) == (("case", "cash_no_match"), ["cash_no_match"])
        t.bank.put(acme("T1", "30.00", customer_reference="another"))
        t.house.run()
        assert t.stands("T1") == ("case", "movement_changed")
        assert sorted(t.house.case_codes()) == ["cash_no_match", "movement_changed"]
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        assert (t.stands("T1"), t.house.case_codes()) == (("case", "cash_no_match"), ["cash_no_match"])
        assert t.payments() == {"pay-T1": (0, 30)}


def test_payments_have_no_lines_and_need_no_field_for_them(tmp_path: Path):
    with treasury(tmp_path) as t:
        assert t.house.machine.context.netsuite.preflight([RecordType.CUSTOMER_PAYMENT]) == []


@pytest.mark.requirement("R38", "R85")
def test_money_that_came_to_a_company_the_customer_is_no_customer_of_is_not_booked_there(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00"), subsidiary="2", currency="EUR") as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530", currency="EUR"))
        t.house.run()
        assert t.payments() == {}
        assert t.house.case_codes() == [t.stands("T1")[1]]
        found = t.desk.show("T1").case.finding.found
        assert "customer 5001 is related to subsidiary 1, the bank account's mapping says 2" in found
        assert [one for one in t.house.ns.control.log() if one["operation"] == "create"] == []


def discounted(number: str, terms: str = "8") -> dict[str, Any]:
    """An invoice of 30 October over 250.01: 5.00 less when it is paid by 9 November."""
    return invoice(number, ACME, "250.01", terms={"id": terms}, tranDate="2026-10-30")


@pytest.mark.requirement("R33")
@pytest.mark.parametrize("terms", ["8", "9"])
def test_a_discount_the_terms_allow_is_taken_where_that_is_switched_on(terms: str, tmp_path: Path):
    with treasury(tmp_path, discounted("INV1", terms), opt_ins=frozenset({OptIn.DISCOUNT})) as t:
        t.teach()
        t.bank.put(acme("T1", "245.01", "INV1"))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (Decimal("245.01"), 0)}
        assert t.open_amounts() == {"INV1": 0}
        (made,) = t.house.made("customerPayment")
        assert [Decimal(line["disc"]) for line in made["lines"]["apply"]] == [5]


@pytest.mark.requirement("R33")
def test_a_discount_is_a_persons_by_default_and_none_is_earned_too_late_or_by_another_cent(tmp_path: Path):
    with treasury(tmp_path, *(discounted(f"INV{n}") for n in (1, 2, 3))) as t:
        t.teach()
        t.bank.put(acme("T1", "245.01", "INV1"), acme("T2", "245.00", "INV2"))
        t.bank.put(acme("T3", "245.01", "INV3", value_date=date(2026, 11, 10), booked=date(2026, 11, 10)))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_discount_taken")
        assert t.stands("T2") == ("case", "cash_short")
        assert t.stands("T3") == ("case", "cash_short")
        assert {applied for applied, _ in t.payments().values()} == {0}
        assert t.open_amounts() == dict.fromkeys(("INV1", "INV2", "INV3"), Decimal("250.01"))
        t.desk.apply("T1", {"INV1": "245.01+5.00"}, "ann", "2 % for ten days")
        with pytest.raises(PaymentError, match=r"250\.01 USD is open, 245\.01\+5\.01 was"):
            t.desk.apply("T2", {"INV2": "245.01+5.01"}, "ann", "")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.open_amounts()["INV1"] == 0
        t.desk.unapply("T1", [], "ann", "no discount after all")
        t.house.run()
        assert t.open_amounts()["INV1"] == Decimal("250.01")
        assert t.payments()["pay-T1"] == (0, Decimal("245.01"))
