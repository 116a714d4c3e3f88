"""Disputes that were won and refunds that did not arrive: the money is booked again and put back where it was."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme, paid, refunds, returned
from tests.journeys.test_reversal_journals import deposited, journals
from tests.support.bank_script import receipt
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, Treasury, invoice, treasury

from tieout.domain.cash.movements import MovementKind, ReturnOf
from tieout.flows.cash.reports import cash_report

INVOICE = invoice("INV10530", ACME, "250.00")


def again(identity: str, amount: str, original: str, **changes: Any):
    back = {
        "kind": MovementKind.RETURN_OF_CREDIT,
        "returned": ReturnOf(code="dispute_won", original=original, reason="fraudulent"),
        "value_date": date(2026, 11, 20),
    }
    return receipt(identity, amount, company="", **{**back, **changes})


def refund(identity: str, amount: str, original: str):
    back = {
        "kind": MovementKind.DISBURSEMENT,
        "credit": False,
        "returned": ReturnOf(code="refund", original=original),
        "value_date": date(2026, 11, 6),
    }
    return receipt(identity, amount, company="", **back)


def disputed(t: Treasury) -> None:
    paid(t)
    t.bank.put(returned("D1", "250.00", "T1", kind=MovementKind.RETURNED_RECEIPT, code="fraudulent"))
    t.house.run()
    assert t.open_amounts() == {"INV10530": 250}


def sums(t: Treasury) -> list[tuple[str, str, str, str, str]]:
    rows = cash_report(t.house.machine.context, t.desk.all())
    names = ("day", "cash_in", "applied", "unapplied", "returned")
    return [tuple(row[name] for name in names) for row in rows if row["cash_in"] != "0.00"]


def test_a_dispute_won_pays_the_invoice_again(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        disputed(t)
        t.bank.put(again("W1", "250.00", "D1"))
        t.house.run()
        assert t.stands("W1") == ("confirmed", "")
        assert t.payments() == {"pay-T1": (250, 0), "pay-W1": (250, 0)}
        assert t.open_amounts() == {"INV10530": 0}
        assert sums(t) == [
            ("2026-11-02", "250.00", "0.00", "0.00", "250.00"),
            ("2026-11-20", "250.00", "250.00", "0.00", "0.00"),
        ]


def test_told_twice_it_is_booked_once(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        disputed(t)
        fault("commit_hang", operation="create", record="customerPayment")(t.house)
        for _ in range(2):
            t.bank.put(again("W1", "250.00", "D1"))
            t.house.run()
        assert set(t.payments()) == {"pay-T1", "pay-W1"}
        assert t.open_amounts() == {"INV10530": 0}


def test_an_invoice_that_was_paid_otherwise_meanwhile_is_not_paid_twice(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        disputed(t)
        t.bank.put(acme("T2", "250.00", "INV10530", value_date=date(2026, 11, 12)))
        t.house.run()
        t.bank.put(again("W1", "250.00", "D1"))
        t.house.run()
        assert t.payments()["pay-W1"] == (0, 250)
        assert t.stands("W1") == ("case", "money_back_on_account")
        assert t.open_amounts() == {"INV10530": 0}


def test_an_invoice_that_is_partly_paid_meanwhile_is_left_to_a_person(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        disputed(t)
        t.bank.put(acme("T2", "100.00", value_date=date(2026, 11, 12)))
        t.house.run()
        t.desk.apply("T2", {"INV10530": "100.00"}, by="ann", because="remittance")
        t.house.run()
        t.bank.put(again("W1", "250.00", "D1"))
        t.house.run()
        assert t.payments()["pay-W1"] == (0, 250)
        assert t.stands("W1") == ("case", "money_back_on_account")
        assert t.open_amounts() == {"INV10530": 150}


def test_a_journal_in_the_payments_place_is_paid_by_its_line(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        paid(t)
        deposited(t, "pay-T1")
        t.bank.put(returned("D1", "250.00", "T1", kind=MovementKind.RETURNED_RECEIPT))
        t.house.run()
        assert set(journals(t)) == {"je-D1"}
        t.house.advance(timedelta(hours=1))
        t.bank.put(again("W1", "250.00", "D1"))
        t.house.run()
        assert t.stands("W1") == ("confirmed", "")
        assert t.payments()["pay-W1"] == (250, 0)


def test_a_refund_that_did_not_arrive_is_on_account_again(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        t.bank.put(refund("F1", "30.00", "T1"))
        t.house.run()
        assert refunds(t) == {"rf-F1": 30}
        t.bank.put(again("W1", "30.00", "F1"))
        t.house.run()
        assert t.stands("W1") == ("case", "money_back_on_account")
        assert t.payments() == {"pay-T1": (30, 0), "pay-W1": (0, 30)}


def test_it_waits_for_the_reversal_that_it_undoes(tmp_path: Path):
    with treasury(tmp_path, INVOICE) as t:
        paid(t)
        t.bank.put(
            returned("D1", "250.00", "T1", kind=MovementKind.RETURNED_RECEIPT), again("W1", "250.00", "D1")
        )
        t.house.run()
        assert t.stands("W1") == ("confirmed", "")
        assert t.open_amounts() == {"INV10530": 0}


@pytest.mark.parametrize(
    ("amount", "original", "why"),
    [
        ("249.99", "D1", "250.00 USD was taken back for D1"),
        ("250.00", "NOBODY", "it undoes nothing that we have taken back"),
        ("250.00", "T1", "it undoes nothing that we have taken back"),
    ],
)
def test_anything_else_is_a_persons(tmp_path: Path, amount: str, original: str, why: str):
    with treasury(tmp_path, INVOICE) as t:
        disputed(t)
        t.bank.put(again("W1", amount, original))
        t.house.run()
        assert t.stands("W1") == ("case", "payment_returned")
        assert why in t.desk.show("W1").case.finding.found
        assert set(t.payments()) == {"pay-T1"}
