"""Money that did not stay: the payment is taken back, its invoices are open again, and nothing is taken back twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.bank_script import receipt
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, Treasury, invoice, treasury

from tieout.domain.cash.movements import MovementKind, ReturnOf
from tieout.flows.cash.reports import cash_report

COMPANY = "9876543210"


def acme(identity: str, amount: str, *texts: str, **changes: Any):
    return receipt(identity, amount, *texts, company=COMPANY, **changes)


def returned(identity: str, amount: str, original: str, code: str = "R01", **changes: Any):
    back = {
        "kind": MovementKind.RETURN_OF_DEBIT,
        "credit": False,
        "returned": ReturnOf(code=code, original=original, reason="insufficient funds"),
        "value_date": date(2026, 11, 5),
    }
    return receipt(identity, amount, company="", **{**back, **changes})


def paid(t: Treasury) -> None:
    t.teach()
    t.bank.put(acme("T1", "250.00", "INV10530", bank_reference="0914006001"))
    t.house.run()
    assert t.payments() == {"pay-T1": (250, 0)}


def refunds(t: Treasury) -> dict[str, Decimal]:
    return {
        str(one["external_id"]): Decimal(one["fields"]["total"]) for one in t.house.made("customerRefund")
    }


@pytest.mark.parametrize("original", ["T1", "0914006001", "ach/1234567890/0914006001"])
def test_a_returned_debit_opens_its_invoice_again_and_uses_the_payment_up(tmp_path: Path, original: str):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(returned("R1", "250.00", original))
        t.house.run()
        assert t.stands("R1") == t.stands("T1") == ("confirmed", "")
        assert t.open_amounts() == {"INV10530": 250}
        assert t.payments() == {"pay-T1": (250, 0)}  # applied, now, to the refund
        assert refunds(t) == {"rf-R1": 250}
        (row,) = [r for r in cash_report(t.house.machine.context, t.desk.all()) if r["cash_in"] != "0.00"]
        assert (row["cash_in"], row["applied"], row["unapplied"], row["returned"]) == (
            "250.00",
            "0.00",
            "0.00",
            "250.00",
        )
        assert t.desk.show("T1").as_json()["returned"] == "250.00"


def test_a_new_payment_settles_the_invoice_that_is_open_again(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        t.bank.put(acme("T2", "250.00", "INV10530", value_date=date(2026, 11, 12)))
        t.house.run()
        assert t.stands("T2") == ("confirmed", "")
        assert t.open_amounts() == {"INV10530": 0}


def test_the_same_return_again_and_a_second_one_take_nothing_back_twice(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        t.bank.put(returned("R1", "250.00", "T1"), returned("R2", "250.00", "T1", code="R24"))
        t.house.run()
        assert refunds(t) == {"rf-R1": 250}
        assert t.stands("R2") == ("case", "payment_returned")
        assert "was taken back already" in t.desk.show("R2").case.finding.found


@pytest.mark.parametrize(
    ("identity", "amount", "original", "why"),
    [
        ("R1", "250.00", "NOBODY", "no receipts go by it"),
        ("R1", "249.99", "T1", "no receipts go by it"),
        ("R1", "250.00", "", "no receipts go by it"),
    ],
)
def test_a_return_of_nothing_we_know_is_a_persons(
    tmp_path: Path, identity: str, amount: str, original: str, why: str
):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(returned(identity, amount, original))
        t.house.run()
        assert t.stands(identity) == ("case", "payment_returned")
        assert why in t.desk.show(identity).case.finding.found
        assert t.open_amounts() == {"INV10530": 0}


def test_a_return_of_our_own_credit_takes_no_receipt_back(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        t.bank.put(returned("R1", "250.00", "T1", kind=MovementKind.RETURN_OF_CREDIT))
        t.house.run()
        assert t.stands("R1") == ("case", "payment_returned")
        assert refunds(t) == {}


@pytest.mark.parametrize("operation", ["create", "update"])
def test_lost_answers_take_nothing_back_twice(tmp_path: Path, operation: str):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        paid(t)
        record = "customerRefund" if operation == "create" else "customerPayment"
        fault("commit_hang", operation=operation, record=record)(t.house)
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        assert refunds(t) == {"rf-R1": 250}
        assert t.open_amounts() == {"INV10530": 250}
        assert t.stands("R1") == ("confirmed", "")


def test_a_return_that_comes_before_its_payment_is_confirmed_waits(tmp_path: Path):
    with treasury(tmp_path, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        t.bank.put(acme("T1", "250.00", "INV10530"), returned("R1", "250.00", "T1"))
        t.house.run()
        assert t.stands("R1") == ("confirmed", "")
        assert t.open_amounts() == {"INV10530": 250}
        assert refunds(t) == {"rf-R1": 250}


def test_money_on_account_that_comes_back_is_used_up(tmp_path: Path):
    with treasury(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "30.00"))
        t.house.run()
        t.bank.put(returned("R1", "30.00", "T1"))
        t.house.run()
        assert refunds(t) == {"rf-R1": 30}
        assert t.stands("R1") == ("confirmed", "")
