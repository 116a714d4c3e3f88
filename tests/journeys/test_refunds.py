"""Money we paid back: booked against what is on account or a named credit memo, once; else a person's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme, paid, refunds, returned
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, GLOBEX, Treasury, invoice, treasury

from tieout.domain.cash.movements import MovementKind, ReturnOf
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.reports import cash_report

pytestmark = pytest.mark.requirement("R24", "R35")


def refund(identity: str, amount: str, original: str, **changes: Any):
    back = {
        "kind": MovementKind.DISBURSEMENT,
        "code": "refund",
        "returned": ReturnOf(code="refund", original=original, reason="requested_by_customer"),
        "value_date": date(2026, 11, 5),
    }
    return returned(identity, amount, original, **{**back, **changes})


def credit_memo(number: str, customer: str, amount: str) -> dict[str, Any]:
    return {**invoice(number, customer, amount), "type": "creditMemo"}


def totals(t: Treasury) -> dict[str, Decimal]:
    names = ("cash_in", "applied", "unapplied", "returned", "refunded", "refunds_open", "credits_refunded")
    rows = cash_report(t.house.machine.context, t.desk.all())
    return {name: sum((Decimal(row[name]) for row in rows), Decimal(0)) for name in names}


def test_a_refund_of_money_on_account_is_booked_against_its_payment_in_parts_and_never_beyond(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        t.bank.put(refund("F1", "10.00", "T1"), refund("F2", "12.50", "T1"))
        t.house.run()
        assert t.stands("F1") == t.stands("F2") == ("confirmed", "")
        assert refunds(t) == {"rf-F1": 10, "rf-F2": Decimal("12.50")}
        t.bank.put(refund("F3", "7.51", "T1"))
        t.house.run()
        assert t.stands("F3") == ("case", "refund_open")
        assert len(refunds(t)) == 2
        got = totals(t)
        assert (got["cash_in"], got["unapplied"], got["refunded"]) == (30, Decimal("7.50"), Decimal("22.50"))
        assert got["refunds_open"] == Decimal("7.51")
        assert t.desk.show("T1").as_json()["refunded"] == "22.50"


def test_a_refund_of_applied_money_is_a_persons_who_takes_it_off_its_invoice(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(refund("F1", "100.00", "T1"))
        t.house.run()
        assert t.stands("F1") == ("case", "refund_open")
        assert "lies on INV10530 250.00 USD; no credit memo" in t.desk.show("F1").case.finding.found
        assert refunds(t) == {}
        t.desk.unapply("T1", [], "ann", "she sent it back")
        t.house.run()
        t.desk.refund("F1", "", "ann", "she sent it back")
        t.house.run()
        assert t.stands("F1") == ("confirmed", "")
        assert refunds(t) == {"rf-F1": 100}
        assert t.open_amounts() == {"INV10530": 250}
        got = totals(t)
        assert got["cash_in"] == got["applied"] + got["unapplied"] + got["returned"] + got["refunded"]
        assert (got["unapplied"], got["refunded"]) == (150, 100)


def test_a_refund_pays_out_the_credit_memo_a_person_names_and_leaves_the_payment_where_it_is(tmp_path: Path):
    books = (invoice("INV10530", ACME, "250.00"), credit_memo("CM7", ACME, "100.00"))
    with treasury(tmp_path, *books) as t:
        paid(t)
        t.bank.put(refund("F1", "100.00", "T1"))
        t.house.run()
        assert "credit memos with enough left: CM7 100.00 USD" in t.desk.show("F1").case.finding.found
        t.desk.refund("F1", "CM7", "ann", "two seats fewer")
        t.house.run()
        assert t.stands("F1") == ("confirmed", "")
        (made,) = t.house.made("customerRefund")
        (memo,) = [one for one in t.house.ns.control.truth("creditMemo") if one["fields"]["tranId"] == "CM7"]
        lines = [one for one in made["lines"]["apply"] if one.get("apply")]
        assert [(str(one["doc"]), Decimal(one["amount"])) for one in lines] == [(str(memo["id"]), 100)]
        assert t.open_amounts() == {"INV10530": 0}
        got = totals(t)
        assert (got["cash_in"], got["applied"], got["refunded"], got["credits_refunded"]) == (
            250,
            250,
            0,
            100,
        )


@pytest.mark.parametrize(
    ("named", "why"),
    [("CM8", "with 99.00 USD"), ("INV10530", "found invoice"), ("CM9", "expected one document")],
)
def test_what_cannot_pay_it_out_is_refused_at_the_desk(tmp_path: Path, named: str, why: str):
    books = (invoice("INV10530", ACME, "250.00"), credit_memo("CM8", ACME, "99.00"))
    with treasury(tmp_path, *books) as t:
        paid(t)
        t.bank.put(refund("F1", "100.00", "T1"))
        t.house.run()
        with pytest.raises(PaymentError, match=why):
            t.desk.refund("F1", named, "ann", "two seats fewer")
        with pytest.raises(PaymentError, match="is no refund"):
            t.desk.refund("T1", "", "ann", "two seats fewer")
        assert refunds(t) == {}


def test_a_credit_memo_of_another_customer_pays_nothing_out(tmp_path: Path):
    books = (invoice("INV10530", ACME, "250.00"), credit_memo("CM7", GLOBEX, "100.00"))
    with treasury(tmp_path, *books) as t:
        paid(t)
        t.bank.put(refund("F1", "100.00", "T1"))
        t.house.run()
        with pytest.raises(PaymentError, match="customer"):
            t.desk.refund("F1", "CM7", "ann", "two seats fewer")
        assert refunds(t) == {}


def test_a_lost_answer_pays_nothing_back_twice(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        fault("commit_hang", operation="create", record="customerRefund")(t.house)
        t.bank.put(refund("F1", "30.00", "T1"))
        t.house.run()
        assert t.stands("F1") == ("confirmed", "")
        assert refunds(t) == {"rf-F1": 30}


def test_nobody_has_to_apply_money_that_is_all_paid_back(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        t.bank.put(refund("F1", "29.99", "T1"))
        t.house.run()
        assert (t.stands("T1"), t.house.case_codes()) == (("case", "cash_no_match"), ["cash_no_match"])
        t.bank.put(refund("F2", "0.01", "T1"))
        t.house.run()
        assert (t.stands("T1"), t.house.case_codes()) == (("confirmed", ""), [])


def test_a_refund_of_nothing_we_know_is_a_persons(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.bank.put(refund("F1", "30.00", "NOBODY"))
        t.house.run()
        assert t.stands("F1") == ("case", "refund_open")
        assert refunds(t) == {}


def test_a_return_after_a_refund_is_a_persons(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        t.bank.put(refund("F1", "10.00", "T1"))
        t.house.run()
        t.bank.put(returned("R1", "30.00", "T1"))
        t.house.run()
        assert t.stands("R1") == ("case", "payment_returned")
        assert refunds(t) == {"rf-F1": 10}
