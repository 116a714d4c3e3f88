"""From a bank's folder to the books, as accounts receivable does it: with `tieout` and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.desk import CONFIGURATION, Desk, open_desk

from tieout.emulators.scenario.cash.bai2 import write_bai2
from tieout.emulators.scenario.cash.entries import Entry

ACCOUNT, COMPANY = "4455667788", "9123456789"
BANK = f"""\
  bank:
    type: bank
    tag: us
    cut_over: 2026-10-01
    options:
      folder: "@folder@"
cash:
  accounts:
    "{ACCOUNT}": {{account: "101", subsidiary: "1", currency: USD, receivables: ["121"]}}
"""
CANARY = {
    "externalId": "canary-payment-1",
    "customer": {"id": "901"},
    "payment": "1.00",
    "tranDate": "2026-10-01",
}


@pytest.fixture
def treasury(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose bank puts its files into a folder."""
    folder = tmp_path / "bank"
    folder.mkdir()
    text = CONFIGURATION.replace("rules:\n", BANK.replace("@folder@", str(folder)) + "rules:\n")
    text = text.replace("    invoice: {", '    customer_payment: {"1": canary-payment-1}\n    invoice: {')
    with open_desk(tmp_path / "desk", text) as desk:
        desk.control.admin("human_create", record="customerPayment", body=CANARY)
        yield desk


def arrives(desk: Desk, name: str, *entries: Entry, off_by: int = 0) -> None:
    """The bank's file of the day."""
    file = desk.folder.parent / "bank" / name
    file.write_text(write_bai2(ACCOUNT, date(2026, 11, 2), 1, entries, off_by=off_by), encoding="utf-8")
    whole = time.time() - 60
    os.utime(file, (whole, whole))


def pays(reference: str, amount: str, text: str, company: str = COMPANY) -> Entry:
    """A line of the report: an ACH credit."""
    return Entry(reference=reference, amount=Decimal(amount), payer="Acme Inc", identifier=company, text=text)


def owed(desk: Desk, number: str, amount: str) -> dict[str, Any]:
    """A manual invoice of a customer NetSuite has had for long. Returns its customer and itself."""
    fields = {"companyName": f"Acme {number}", "subsidiary": {"id": "1"}, "currency": {"id": "1"}}
    customer = desk.control.admin("human_create", record="customer", body=fields)["id"]
    line = {"item": {"id": "501"}, "quantity": 1, "rate": amount, "amount": amount}
    body = {"tranId": number, "entity": {"id": customer}, "tranDate": "2026-10-10", "item": {"items": [line]}}
    made = desk.control.admin("human_create", record="invoice", body=body)
    return {"customer": customer, "invoice": made["id"]}


def payments(desk: Desk) -> list[tuple[str, Decimal, Decimal]]:
    """What our integration made: bank reference, applied, unapplied."""
    return [
        (one["fields"]["checkNumber"], Decimal(one["fields"]["applied"]), Decimal(one["fields"]["unapplied"]))
        for one in desk.control.truth("customerPayment")
        if one["_meta"]["created_by"] == "tieout"
    ]


@pytest.mark.requirement("R30")
def test_a_file_in_the_folder_becomes_an_applied_payment_and_once_only(treasury: Desk):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    payers = desk.folder / "payers.csv"
    payers.write_text(f"scheme,value,customer,evidence\nach_company,{COMPANY},{known['customer']},mail\n")
    assert desk.run("payments", "teach", str(payers)).exit_code == 0
    entries = pays("US1", "250.00", "INV10530"), pays("US2", "40.00", "hello")
    arrives(desk, "monday.bai", *entries)
    assert desk.sync(code=1)["confirmed"] == 1
    arrives(desk, "monday-again.bai", *entries)
    again = desk.sync(code=1)
    assert (again["inputs"], again["confirmed"], again["case"]) == (2, 1, 1)
    assert sorted(payments(desk)) == [("US1", 250, 0), ("US2", 0, 40)]
    [row] = desk.json("report", "cash")["rows"]
    assert (row["cash_in"], row["applied"], row["unapplied"]) == ("290.00", "250.00", "40.00")
    assert [one["bank_reference"] for one in desk.json("payments", "list", "--open")["payments"]] == ["US2"]


def test_a_file_that_does_not_foot_is_a_case_and_the_correct_one_is_taken(treasury: Desk):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    payers = desk.folder / "payers.csv"
    payers.write_text(f"scheme,value,customer,evidence\nach_company,{COMPANY},{known['customer']},mail\n")
    assert desk.run("payments", "teach", str(payers)).exit_code == 0
    arrives(desk, "broken.bai", pays("US1", "250.00", "INV10530"), off_by=100)
    assert desk.sync(code=1)["inputs"] == 1
    case = desk.case("bank_file_blocked")
    assert "bai2_control_damaged" in str(case)
    assert payments(desk) == []
    arrives(desk, "correct.bai", pays("US1", "250.00", "INV10530"))
    assert desk.sync(code=1)["confirmed"] == 1
    assert payments(desk) == [("US1", 250, 0)]


def test_a_payer_that_is_taught_later_frees_what_waited_for_it(treasury: Desk):
    desk, known = treasury, owed(treasury, "INV10530", "250.00")
    arrives(desk, "monday.bai", pays("US1", "250.00", "INV10530"))
    desk.sync(code=1)
    assert desk.case("payer_unknown")["code"] == "payer_unknown"
    assert payments(desk) == []
    payers = desk.folder / "payers.csv"
    payers.write_text(f"scheme,value,customer,evidence\nach_company,{COMPANY},{known['customer']},mail\n")
    assert desk.run("payments", "teach", str(payers)).exit_code == 0
    retried = desk.run("cases", "retry", "--code", "payer_unknown", "--because", "taught")
    assert retried.exit_code == 0, retried.output
    assert desk.sync()["confirmed"] == 1
    assert payments(desk) == [("US1", 250, 0)]
