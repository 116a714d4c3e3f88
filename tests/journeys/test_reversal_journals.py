"""Money that did not stay, of a payment NetSuite does not let us edit: a journal entry stands in its place."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme, refunds, returned
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, CHECKING, RECEIVABLES, Treasury, invoice, treasury

from tieout.flows.cash.reports import cash_report

#: Undeposited funds of the sample account.
HOLDING = "111"
INVOICE = invoice("INV10530", ACME, "250.00")


def deposited(t: Treasury, *payments: str) -> None:
    """A person takes payments out of undeposited funds to the bank."""
    ids = {one["external_id"]: one["id"] for one in t.house.made("customerPayment")}
    chosen = [{"id": ids[one], "deposit": True} for one in payments]
    body = {"account": {"id": CHECKING}, "payment": {"items": chosen}, "tranDate": "2026-11-03"}
    t.house.ns.control.admin("human_create", record="deposit", body=body)


def journals(t: Treasury) -> dict[str, list[tuple[str, str, Decimal, str]]]:
    """External ID → (side, account, amount, customer) of each line, by NetSuite's own books."""
    found = {}
    for one in t.house.made("journalEntry"):
        found[str(one["external_id"])] = [
            ("Dr" if line.get("debit") else "Cr", line["account"],
             Decimal(line.get("debit") or line["credit"]), line.get("entity") or "")
            for line in one["lines"]["line"]
        ]  # fmt: skip
    return found


def report(t: Treasury) -> dict[str, str]:
    rows = cash_report(t.house.machine.context, t.desk.all())
    (row,) = [one for one in rows if one["cash_in"] != "0.00"]
    parts = ("applied", "unapplied", "returned", "refunded")
    assert Decimal(row["cash_in"]) == sum(Decimal(row[one]) for one in parts)
    return {name: row[name] for name in ("cash_in", *parts)}


def taken(t: Treasury, *texts: str, amount: str = "250.00", **changes: Any) -> None:
    t.teach()
    t.bank.put(acme("T1", amount, *(texts or ("INV10530",)), **changes))
    t.house.run()


def entry(account: str, amount: int = 250) -> list[tuple[str, str, Decimal, str]]:
    return [("Dr", RECEIVABLES, Decimal(amount), ACME), ("Cr", account, Decimal(amount), "")]


def test_a_payment_that_a_bank_deposit_took_is_reversed_by_a_journal(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        taken(t)
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        assert t.stands("R1") == t.stands("T1") == ("confirmed", "")
        assert journals(t) == {"je-R1": entry(HOLDING)}
        assert (t.open_amounts(), t.payments(), refunds(t)) == ({"INV10530": 0}, {"pay-T1": (250, 0)}, {})
        (made,) = t.house.made("journalEntry")
        assert made["fields"]["tranDate"] == "2026-11-05"
        assert made["fields"]["memo"] == "returned R01 insufficient funds"
        assert made["lines"]["line"][0]["memo"] == "INV10530 returned R01 insufficient funds"
        assert report(t)["returned"] == "250.00"


def test_a_payment_of_undeposited_funds_that_nobody_deposited_is_unapplied(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        taken(t)
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        assert (journals(t), refunds(t), t.open_amounts()) == ({}, {"rf-R1": 250}, {"INV10530": 250})


def test_the_journals_line_stands_for_the_invoice_and_can_be_paid(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        taken(t)
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        (made,) = t.house.made("journalEntry")
        t.house.advance(timedelta(hours=1))
        t.bank.put(acme("T2", "250.00", made["fields"]["tranId"], value_date=date(2026, 11, 12)))
        t.house.run()
        assert t.stands("T2") == ("confirmed", "")
        assert t.payments()["pay-T2"] == (250, 0)


@pytest.mark.parametrize("known", [True, False])
def test_a_closed_period_is_not_written_into(tmp_path: Path, known: bool):
    """Whether we know already that the period is closed, or NetSuite has to refuse first and a person asks again."""
    with treasury(tmp_path, INVOICE) as t:
        taken(t, value_date=date(2026, 10, 20))
        t.house.ns.control.admin("close_period", date="2026-10-31")
        if known:
            t.house.machine.keeper.mark_stale()
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        if not known:
            (case,) = t.house.cases.open_cases()
            assert case.case.finding.code == "period_closed"
            assert journals(t) == {}
            t.house.cases.retry(case.case.id, by="ann")
            t.house.run()
        assert journals(t) == {"je-R1": entry(CHECKING)}
        assert (t.open_amounts(), refunds(t)) == ({"INV10530": 0}, {})
        assert t.stands("R1") == t.stands("T1") == ("confirmed", "")
        assert t.house.cases.open_cases() == []
        assert report(t) == {
            "cash_in": "250.00", "applied": "0.00", "unapplied": "0.00", "returned": "250.00", "refunded": "0.00",
        }  # fmt: skip


def test_what_was_on_account_of_it_is_refunded_and_only_the_rest_is_a_journal(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        t.teach()
        t.bank.put(acme("T1", "300.00"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "250.00"}, by="ann", because="remittance")
        t.house.run()
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "300.00", "T1"))
        t.house.run()
        assert journals(t) == {"je-R1": entry(HOLDING)}
        assert refunds(t) == {"rf-R1": 50}
        assert t.payments() == {"pay-T1": (300, 0)}
        assert report(t)["returned"] == "300.00"


def test_the_same_return_again_and_a_second_one_make_no_second_journal(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        taken(t)
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        t.bank.put(returned("R1", "250.00", "T1"), returned("R2", "250.00", "T1", code="R24"))
        t.house.run()
        assert set(journals(t)) == {"je-R1"}
        assert t.stands("R2") == ("case", "payment_returned")


def test_a_lost_answer_makes_no_second_journal(tmp_path: Path):
    with treasury(tmp_path, INVOICE, account="") as t:
        taken(t)
        deposited(t, "pay-T1")
        fault("commit_hang", operation="create", record="journalEntry")(t.house)
        t.bank.put(returned("R1", "250.00", "T1"))
        t.house.run()
        assert journals(t) == {"je-R1": entry(HOLDING)}
        assert t.stands("R1") == ("confirmed", "")


def test_accounts_that_are_not_certain_are_a_persons(tmp_path: Path):
    """The discount is as much as the money: what the payment posts does not say where the money is."""
    with treasury(tmp_path, INVOICE, account="") as t:
        t.teach()
        t.bank.put(acme("T1", "125.00"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "125.00+125.00"}, by="ann", because="agreed")
        t.house.run()
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "125.00", "T1"))
        t.house.run()
        assert t.stands("R1") == ("case", "reversal_accounts_unknown")
        assert (journals(t), t.open_amounts()) == ({}, {"INV10530": 0})


def test_two_documents_are_two_open_lines(tmp_path: Path):
    other = invoice("INV10531", ACME, "80.00")
    with treasury(tmp_path, INVOICE, other, account="") as t:
        t.teach()
        t.bank.put(acme("T1", "330.00"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "", "INV10531": ""}, by="ann", because="remittance")
        t.house.run()
        deposited(t, "pay-T1")
        t.bank.put(returned("R1", "330.00", "T1"))
        t.house.run()
        (lines,) = journals(t).values()
        assert sorted(lines) == sorted(
            [
                ("Dr", RECEIVABLES, Decimal(250), ACME),
                ("Dr", RECEIVABLES, Decimal(80), ACME),
                ("Cr", HOLDING, Decimal(330), ""),
            ]
        )
