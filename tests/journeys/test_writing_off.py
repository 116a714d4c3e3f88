"""A small rest that a person writes off: a journal entry on the tolerance's account, used up by the payment."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme, refunds, returned
from tests.journeys.test_reversal_journals import deposited, journals, report
from tests.support.crash_scenarios import fault
from tests.support.treasury import ACME, RECEIVABLES, Treasury, invoice, treasury

from tieout.domain.cash.policy import Tolerance
from tieout.domain.ids import InternalId
from tieout.flows.cash.parts import PaymentError
from tieout.flows.cash.writing_off import WriteOffDesk

FEES = InternalId("611")
CENTS = Tolerance(name="cents", currency="USD", account=FEES, short_minor=500, over_minor=500)
EUROS = Tolerance(name="euros", currency="EUR", account=FEES, short_minor=500, over_minor=500)
INVOICE, SECOND = invoice("INV10530", ACME, "250.00"), invoice("INV10531", ACME, "80.00")
WHY = "bank charges of theirs"


def desk(t: Treasury) -> WriteOffDesk:
    return WriteOffDesk(t.house.machine.context)


def house(folder: Path, *invoices: dict[str, Any], **more: Any) -> Any:
    return treasury(folder, *(invoices or (INVOICE, SECOND)), tolerances=(CENTS, EUROS), **more)


def paid(t: Treasury, amount: str, **applied: str) -> None:
    """A payment of Acme's that a person has applied so."""
    t.teach()
    t.bank.put(acme("T1", amount, "thank you", value_date=date(2026, 11, 2)))
    t.house.run()
    t.desk.apply("T1", applied, "ann", "by mail")
    t.house.run()


def short(t: Treasury, **more: str) -> None:
    desk(t).write_off("T1", "cents", "ann", WHY, document="INV10530", **more)


def over(t: Treasury, **more: str) -> None:
    desk(t).write_off("T1", "cents", "ann", WHY, **more)


def entry(side: str, amount: str) -> list[tuple[str, str, Decimal, str]]:
    """The lines of an entry: the receivable's, with the customer, on this side."""
    other = "Cr" if side == "Dr" else "Dr"
    return [(side, RECEIVABLES, Decimal(amount), ACME), (other, FEES, Decimal(amount), "")]


def test_what_is_missing_on_an_invoice_is_written_off(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        assert t.open_amounts() == {"INV10530": 5}
        short(t)
        assert journals(t) == {}
        (planned,) = t.desk.show("T1").as_json()["write_offs"]
        assert (planned["kind"], planned["number"], planned["amount"]) == ("short", "INV10530", "5.00")
        assert (planned["state"], planned["account"], planned["tolerance"]) == ("ready", FEES, "cents")
        t.house.run()
        assert journals(t) == {"je-T1-wo1": entry("Cr", "5")}
        assert (t.open_amounts(), t.payments()) == ({"INV10530": 0}, {"pay-T1": (250, 0)})
        (made,) = t.house.made("journalEntry")
        assert made["fields"]["tranDate"] == "2026-11-02"
        assert made["fields"]["memo"] == f"write-off of INV10530 (cents): {WHY}"
        assert t.stands("T1") == ("confirmed", "")
        assert t.house.cases.open_cases() == []
        view = t.desk.show("T1")
        assert (str(view.applied), str(view.unapplied)) == ("245.00 USD", "0.00 USD")
        assert (str(view.written_off(over=False)), str(view.written_off(over=True))) == (
            "5.00 USD",
            "0.00 USD",
        )
        assert report(t)["applied"] == "245.00"


@pytest.mark.requirement("R35")
def test_who_wrote_it_off_and_why_is_kept(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        t.house.run()
        with t.house.store.read() as unit:
            events = unit.journal.events_of(t.desk.show("T1").record.id, [])
        (told,) = [json.loads(one["data"]) for one in events if one["kind"] == "payment_write_off"]
        assert (told["by"], told["because"], told["before"]) == ("ann", WHY, "5.00 USD open")
        assert told["after"] == "5.00 USD short on INV10530 to account 611 (cents)"


def test_what_was_paid_too_much_is_written_off(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "255.00", INV10530="250.00")
        assert t.payments() == {"pay-T1": (250, 5)}
        over(t)
        t.house.run()
        assert journals(t) == {"je-T1-wo1": entry("Dr", "5")}
        assert t.payments() == {"pay-T1": (255, 0)}
        assert t.stands("T1") == ("confirmed", "")
        view = t.desk.show("T1")
        assert (str(view.applied), str(view.unapplied)) == ("255.00 USD", "0.00 USD")
        assert (str(view.written_off(over=True)), str(view.written_off(over=False))) == (
            "5.00 USD",
            "0.00 USD",
        )
        told = report(t)
        assert (told["applied"], told["unapplied"]) == ("255.00", "0.00")


def test_applied_and_written_off_before_either_has_left(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        t.teach()
        t.bank.put(acme("T1", "245.00", "thank you"))
        t.house.run()
        t.desk.apply("T1", {"INV10530": "245.00"}, "ann", "by mail")
        short(t)
        t.house.run()
        assert (t.open_amounts(), t.payments()) == ({"INV10530": 0}, {"pay-T1": (250, 0)})
        assert journals(t) == {"je-T1-wo1": entry("Cr", "5")}


def test_the_case_of_a_payment_with_a_rest_is_closed_by_it(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        t.teach()
        t.bank.put(acme("T1", "245.00", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_within_tolerance")
        t.desk.apply("T1", {"INV10530": "245.00"}, "ann", "as proposed")
        short(t)
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert t.house.cases.open_cases() == []


@pytest.mark.parametrize("amount", ["", "5.00", "3.00"])
def test_the_same_decision_again_changes_nothing(tmp_path: Path, amount: str):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        for _ in range(3):
            short(t, amount=amount)
            t.house.run()
        short(t, amount=amount)
        t.house.run()
        written = Decimal(amount or "5.00")
        assert journals(t) == {"je-T1-wo1": entry("Cr", str(written))}
        assert t.open_amounts() == {"INV10530": 5 - written}
        with pytest.raises(
            PaymentError, match=r"was written off by je-T1-wo1 \(cents\); take that back first"
        ):
            short(t, amount="1.00")


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (
            {"tolerance": "dollars"},
            r"expected a tolerance of `cash.tolerances` \(cents, euros\), found 'dollars'",
        ),
        ({"tolerance": "euros"}, "tolerance 'euros' is in EUR, the payment in USD"),
        ({"amount": "5.01"}, "5.01 USD was to be written off"),
        ({"amount": "0"}, "expected an amount above zero"),
        ({"amount": "1.001"}, "INV10530"),
        ({"document": "INV10531"}, r"is applied to \(INV10530\), found INV10531; apply it first"),
        ({"document": "INV999"}, "expected one document"),
        ({"document": ""}, "0.00 USD is left of"),
        ({"because": " "}, "needs a reason"),
    ],
)
def test_what_cannot_be_written_off_is_refused(tmp_path: Path, wish: dict[str, str], why: str):
    with house(tmp_path) as t:
        paid(t, "245.00", INV10530="245.00")
        asked = {"tolerance": "cents", "by": "ann", "because": WHY, "document": "INV10530", **wish}
        with pytest.raises(PaymentError, match=why):
            desk(t).write_off("T1", **asked)
        t.house.run()
        assert (journals(t), t.open_amounts()["INV10530"]) == ({}, 5)


@pytest.mark.parametrize(("amount", "on_invoice"), [("244.99", "244.99"), ("255.01", "250.00")])
def test_beyond_the_limit_is_refused(tmp_path: Path, amount: str, on_invoice: str):
    with house(tmp_path, INVOICE) as t:
        paid(t, amount, INV10530=on_invoice)
        with pytest.raises(PaymentError, match=r"5\.01 USD would be written off .* 'cents' allows 5\.00 USD"):
            desk(t).write_off("T1", "cents", "ann", WHY, document="INV10530" if amount < "250" else "")
        t.house.run()
        assert journals(t) == {}


def test_paying_in_pieces_does_not_make_the_limit_larger(tmp_path: Path):
    """Neither several payments of one invoice, nor several invoices of one payment."""
    with house(tmp_path) as t:
        paid(t, "317.00", INV10530="240.00", INV10531="77.00")
        short(t, amount="3.00")
        with pytest.raises(PaymentError, match=r"6\.00 USD \(1 earlier\) would be written off for pay-T1"):
            desk(t).write_off("T1", "cents", "ann", WHY, document="INV10531")
        t.house.run()
        t.bank.put(acme("T2", "4.00", "more"))
        t.house.run()
        t.desk.apply("T2", {"INV10530": "4.00"}, "ann", "by mail")
        t.house.run()
        with pytest.raises(PaymentError, match=r"6\.00 USD \(1 earlier\) would be written off for INV10530"):
            desk(t).write_off("T2", "cents", "ann", WHY, document="INV10530")
        desk(t).write_off("T2", "cents", "ann", WHY, document="INV10530", amount="2.00")
        t.house.run()
        assert journals(t) == {"je-T1-wo1": entry("Cr", "3"), "je-T2-wo1": entry("Cr", "2")}
        assert t.open_amounts() == {"INV10530": 1, "INV10531": 3}


def test_before_the_payment_is_in_netsuite_nothing_can_be_written_off(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        t.bank.put(acme("T1", "245.00", "INV10530"))
        t.house.run()
        with pytest.raises(PaymentError, match="expected a payment that NetSuite has"):
            short(t)


def test_of_a_paid_invoice_nothing_is_written_off(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "255.00", INV10530="250.00")
        with pytest.raises(PaymentError, match=r"0\.00 USD is open on INV10530"):
            short(t)


def test_a_payment_in_undeposited_funds_is_asked_about_first(tmp_path: Path):
    with house(tmp_path, INVOICE, account="") as t:
        paid(t, "245.00", INV10530="245.00")
        fault("error_500", operation="suiteql")(t.house)
        with pytest.raises(PaymentError, match="whether T1 was deposited cannot be asked now"):
            short(t)
        short(t)
        t.house.run()
        assert journals(t) == {"je-T1-wo1": entry("Cr", "5")}
        assert t.open_amounts() == {"INV10530": 0}


def test_a_payment_of_a_closed_period_is_left_alone(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        t.house.ns.control.admin("close_period", date="2026-11-30")
        t.house.machine.keeper.mark_stale()
        t.house.machine.keeper.surroundings()
        with pytest.raises(PaymentError, match="Nov 2026, which is closed"):
            short(t)


def test_a_payment_that_a_bank_deposit_took_is_left_alone(tmp_path: Path):
    with house(tmp_path, INVOICE, account="") as t:
        paid(t, "245.00", INV10530="245.00")
        deposited(t, "pay-T1")
        with pytest.raises(PaymentError, match="a bank deposit has taken pay-T1"):
            short(t)
        t.house.run()
        assert journals(t) == {}


def test_what_was_written_off_is_taken_back_with_the_application_and_used_again(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        t.house.run()
        t.desk.unapply("T1", [], "ann", "wrong invoice")
        t.house.run()
        assert (t.open_amounts(), t.payments()) == ({"INV10530": 250}, {"pay-T1": (0, 245)})
        assert str(t.desk.show("T1").written_off(over=False)) == "0.00 USD"
        t.house.machine.ledger.refresh(good_for=-t.house.machine.context.limits.open_items_good_for)
        (made,) = t.house.made("journalEntry")
        number = made["fields"]["tranId"]
        t.desk.apply("T1", {"INV10530": ""}, "ann", "it was right", credit={number: ""})
        t.house.run()
        assert (t.open_amounts(), t.payments()) == ({"INV10530": 0}, {"pay-T1": (250, 0)})
        assert str(t.desk.show("T1").written_off(over=False)) == "5.00 USD"
        assert set(journals(t)) == {"je-T1-wo1"}


def test_money_that_did_not_stay_opens_the_invoice_again_as_a_whole(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        t.house.run()
        t.bank.put(returned("R1", "245.00", "T1"))
        t.house.run()
        assert (t.open_amounts(), refunds(t)) == ({"INV10530": 250}, {"rf-R1": 245})
        assert t.stands("T1") == ("confirmed", "")
        assert report(t)["returned"] == "245.00"
