"""Journal lines that stand for an invoice are paid like one, from the bank's line to NetSuite's books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.bank_script import receipt
from tests.support.treasury import ACME, CHECKING, RECEIVABLES, Treasury, treasury

COMPANY = "9876543210"


def again(number: str, *amounts: str, customer: str = ACME) -> dict[str, Any]:
    """A journal that books returned money: each debit on the receivable stands for an invoice again."""
    lines: list[dict[str, Any]] = [
        {"account": {"id": RECEIVABLES}, "debit": amount, "entity": {"id": customer}} for amount in amounts
    ]
    total = sum(map(Decimal, amounts))
    lines.append({"account": {"id": CHECKING}, "credit": str(total)})
    return {
        "type": "journalEntry",
        "id": "7001",
        "tranId": number,
        "subsidiary": {"id": "1"},
        "currency": {"id": "1"},
        "tranDate": "2026-10-12",
        "line": {"items": lines},
    }


def settled(t: Treasury) -> dict[tuple[str, int], Decimal]:
    """What our payments settle, by document and line, from NetSuite's own books."""
    return {
        (line["doc"], line["line"]): Decimal(line["amount"])
        for made in t.house.made("customerPayment")
        for line in made["lines"].get("apply", [])
    }


def test_a_payment_that_names_the_journal_is_applied_to_its_line(tmp_path: Path):
    with treasury(tmp_path, again("JE10530", "250.00")) as t:
        t.teach()
        t.bank.put(receipt("T1", "250.00", "JE10530", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert settled(t) == {("7001", 1): 250}


def test_of_several_lines_a_person_names_the_one_that_is_meant(tmp_path: Path):
    with treasury(tmp_path, again("JE10530", "250.00", "80.00")) as t:
        t.teach()
        t.bank.put(receipt("T1", "80.00", "thank you", company=COMPANY))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_amount_only")
        t.desk.apply("T1", {"7001.2": ""}, "ann", "the returned debit")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert settled(t) == {("7001", 2): 80}
        t.desk.unapply("T1", [], "ann", "wrong one")
        t.house.run()
        assert t.payments() == {"pay-T1": (0, 80)}
