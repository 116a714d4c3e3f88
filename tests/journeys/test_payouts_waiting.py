"""Payouts that wait, that nobody can tell apart, or that go the other way: nothing is silent, nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.bank_script import OUR_ACCOUNT, ScriptBank, receipt, with_cash
from tests.support.house import policy
from tests.support.treasury import ACME, Treasury, books, house, invoice

from tieout.domain.cash.movements import MovementKind
from tieout.domain.cash.payouts import LineKind, Payout, PayoutAccounts, PayoutFee, PayoutLine
from tieout.domain.cash.policy import BankAccount
from tieout.domain.ids import InternalId
from tieout.domain.money import Money
from tieout.flows.cash.reports import cash_report

BANK = "US-BANK"
ACCOUNTS = PayoutAccounts(
    bank=BANK, account=InternalId("101"), clearing=InternalId("112"), fees={"other": InternalId("611")}
)
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


def paid_out(identity: str, amount: str, of: str, gross: str, day: date = MONDAY, **more: Any) -> Any:
    """A payout of one payment, less its fee; below zero when the bank is debited."""
    signed = usd(amount)
    line = PayoutLine(
        kind=LineKind.PAYMENT if signed.minor > 0 else LineKind.OTHER,
        identity=of,
        gross=usd(gross),
        category="charge" if signed.minor > 0 else "refund",
        fees=(PayoutFee(type="fee", amount=usd(gross) - signed),),
    )
    content = Payout(state="paid", arrival=day, paid=True, lines=(line,))
    values = {"customer_reference": "STRIPE PAYOUT", "bank_reference": "", "texts": ()}
    return receipt(
        identity,
        amount.lstrip("-"),
        kind=MovementKind.DISBURSEMENT,
        credit=signed.minor < 0,
        payout=content,
        value_date=day,
        **{**values, **more},
    )


def arrives(identity: str, amount: str, day: date, text: str = "STRIPE PAYOUT") -> Any:
    return receipt(identity, amount, text, account=BANK, value_date=day, booked=day)


@contextmanager
def shop(folder: Path, form: bool = False) -> Iterator[Treasury]:
    """A house with a processor's balance and the bank it pays out to."""
    bank, data = ScriptBank(), books(invoice("INV10530", ACME, "100.00"))
    if form:
        data["forms"].append({"id": "131", "record": "customerPayment", "name": "Payment", "preferred": True})
    chosen = with_cash(policy(), account="", receivables="121", payouts=ACCOUNTS)
    assert chosen.cash is not None
    row = BankAccount(account=InternalId("101"), subsidiary=InternalId("1"), currency="USD")
    cash = replace(chosen.cash, accounts={**chosen.cash.accounts, BANK: row})
    with house(folder, data=data, policy=replace(chosen, cash=cash), bank=bank) as made:
        found = Treasury(made, bank)
        found.teach()
        yield found


def turn(treasury: Treasury, rounds: int = 40) -> None:
    """Some rounds; what waits goes on waiting."""
    for _ in range(rounds):
        treasury.house.machine.poll()
        if not treasury.house.machine.step():
            treasury.house.advance(timedelta(seconds=20))


def why(treasury: Treasury, identity: str) -> str:
    return str(treasury.desk.show(identity).as_json()["outcome"])


@pytest.mark.requirement("R35", "R41")
def test_a_payout_whose_payment_is_in_a_case_says_so_becomes_a_case_and_goes_on_by_itself(tmp_path: Path):
    with shop(tmp_path, form=True) as t:
        h = t.house
        h.ns.control.switches({"NS-13": "off"})
        h.ns.control.admin("hide_custom_field", form="131", field="custbody_tieout_source_id")
        t.bank.put(receipt("T1", "100.00", "INV10530", company="9876543210"))
        turn(t)
        assert h.case_codes() == ["readback_mismatch"]
        t.bank.put(paid_out("P1", "97.00", "T1", "100.00"))
        turn(t)
        assert why(t, "P1") == "waits: T1 is in NetSuite, and in a case"
        assert h.case_codes() == ["readback_mismatch"]
        h.advance(timedelta(days=4))
        turn(t)
        assert sorted(h.case_codes()) == ["payout_waits", "readback_mismatch"]
        assert h.made("deposit") == []
        [view] = h.cases.open_cases(code="readback_mismatch")
        h.ns.control.admin("show_custom_field", form="131", field="custbody_tieout_source_id")
        (payment,) = h.made("customerPayment")
        fields = {"custbody_tieout_source_id": "T1"}
        h.ns.control.admin("human_edit", record="customerPayment", id=payment["id"], fields=fields)
        h.cases.retry(view.case.id, by="ann")
        turn(t)
        assert h.case_codes() == []
        assert len(h.made("deposit")) == 1
        assert why(t, "P1") == ""


@pytest.mark.requirement("R34")
def test_two_equal_payouts_that_nothing_tells_apart_are_a_persons(tmp_path: Path):
    with shop(tmp_path) as t:
        t.bank.put(
            paid_out("P1", "97.00", "T1", "100.00", MONDAY), paid_out("P2", "97.00", "T2", "100.00", TUESDAY)
        )
        t.bank.put(arrives("L1", "97.00", WEDNESDAY))
        turn(t)
        assert t.house.case_codes() == ["payout_ambiguous"]
        [view] = t.house.cases.open_cases(code="payout_ambiguous")
        assert "P1 of 2026-11-02 and P2 of 2026-11-03" in view.case.finding.found
        assert t.house.made("customerPayment") == []


def test_days_that_name_one_payout_each_tell_equal_ones_apart_and_none_is_taken_twice(tmp_path: Path):
    with shop(tmp_path) as t:
        t.bank.put(
            paid_out("P1", "97.00", "T1", "100.00", MONDAY), paid_out("P2", "97.00", "T2", "100.00", TUESDAY)
        )
        t.bank.put(arrives("L1", "97.00", MONDAY), arrives("L2", "97.00", WEDNESDAY))
        turn(t)
        assert t.house.case_codes() == []
        assert t.stands("L1") == t.stands("L2") == ("ignored", "payout_arrived")
        t.bank.put(arrives("L3", "97.00", WEDNESDAY))
        turn(t)
        assert t.house.case_codes() == ["payout_awaited"]


@pytest.mark.parametrize(("text", "more"), [("TRACE 0091", {"bank_reference": "0091"}), ("PAID P2", {})])
def test_a_reference_in_the_banks_line_names_its_payout(tmp_path: Path, text: str, more: dict[str, Any]):
    with shop(tmp_path) as t:
        t.bank.put(paid_out("P1", "97.00", "T1", "100.00"), paid_out("P2", "97.00", "T2", "100.00", **more))
        t.bank.put(arrives("L1", "97.00", WEDNESDAY, f"STRIPE PAYOUT {text}"))
        turn(t)
        assert t.house.case_codes() == []
        with t.house.store.read() as unit:
            (line,) = unit.records.by_source_id("L1")
        assert line.override["payout"] == "P2"


def test_a_payout_below_zero_is_a_case_that_says_what_to_do_and_its_money_is_in_the_report(tmp_path: Path):
    with shop(tmp_path) as t:
        t.bank.put(paid_out("P1", "-40.00", "R1", "-40.00"))
        turn(t)
        [view] = t.house.cases.open_cases(code="payout_negative")
        assert "Dr 112 and the fee accounts, Cr 101" in view.case.finding.found
        assert t.house.made("deposit") == []
        context = t.house.machine.context
        [row] = cash_report(context, t.desk.all())
        assert (row["bank_account"], row["payouts_open"], row["cash_in"]) == (OUR_ACCOUNT, "-40.00", "0.00")


def test_what_is_paid_out_leaves_the_report_once_it_is_deposited(tmp_path: Path):
    with shop(tmp_path) as t:
        t.bank.put(receipt("T1", "100.00", "INV10530", company="9876543210"))
        turn(t)
        t.bank.put(paid_out("P1", "97.00", "T1", "100.00"))
        turn(t)
        assert len(t.house.made("deposit")) == 1
        assert {row["payouts_open"] for row in cash_report(t.house.machine.context, t.desk.all())} == {"0.00"}
