"""From a payout in Stripe to a bank deposit in NetSuite that ties to the bank's line to the cent."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.emulators.stripe.support import ACME, KEY
from tests.emulators.stripe.support import Desk as Account
from tests.journeys.test_stripe_cash import SOURCE, Shop
from tests.support.bank_script import payment_canaries
from tests.support.cash_desk import bai2
from tests.support.desk import CONFIGURATION, deal, open_desk
from tests.support.house import CANARIES, dataset

from tieout.domain.ids import RecordType

BANK, UNDEPOSITED, CLEARING, FEES = "101", "111", "112", "611"
CASH = f"""\
cash:
  accounts:
    "stripe:acct_1TieoutEmulator:usd":
      subsidiary: "1"
      currency: USD
      receivables: ["121"]
      payouts: {{bank: "555019900", clearing: "{CLEARING}", fees: {{other: "{FEES}"}}}}
    "stripe:acct_1TieoutEmulator:eur:usd":
      {{account: "{CLEARING}", subsidiary: "1", currency: EUR, receivables: ["121"]}}
    "555019900": {{account: "{BANK}", subsidiary: "1", currency: USD, receivables: ["121"]}}
"""
WATCHED = """\
  bank:
    type: bank
    tag: bk
    cut_over: 2026-10-01
    options:
      folder: "@folder@"
rules:
"""


def configuration(url: str, folder: Path, cash: str = CASH) -> str:
    wanted = (
        RecordType.CUSTOMER_PAYMENT,
        RecordType.CUSTOMER_REFUND,
        RecordType.JOURNAL_ENTRY,
        RecordType.BANK_DEPOSIT,
    )
    canaries = "".join(f'    {one}: {{"1": {CANARIES[one]["1"]}}}\n' for one in wanted)
    text = CONFIGURATION.replace("sources:\n", f"{canaries}sources:\n", 1)
    text = text.replace("rules:\n", SOURCE.replace("@stripe@", url), 1)
    return text.replace("rules:\n", WATCHED.replace("@folder@", str(folder)), 1) + cash


@dataclass
class Till(Shop):
    """A shop whose payouts go to the bank."""

    folder: Path

    def payout(self) -> dict[str, Any]:
        """The day's payout, reconciled and paid."""
        (made,) = self.account.admin("sweep")["payouts"]
        self.account.pass_time(5)
        return dict(self.account.read(f"payouts/{made['id']}"))

    def bank_line(self, minor: int, text: str = "STRIPE PAYOUT", name: str = "1") -> None:
        """The bank's file with one credit."""
        file = self.folder / f"{name}.bai2"
        file.write_text(bai2((str(minor), f"REF{name}", "", text)))
        os.utime(file, (0, 0))  # long enough ago that nobody writes it any more

    def balances(self) -> dict[str, Decimal]:
        """What is on each account by what NetSuite holds: read from the ledger as its own reports would."""
        found: Counter[str] = Counter()
        for one in self.made("customerPayment"):
            found[str(one["fields"]["account"])] += Decimal(one["fields"]["payment"])
        for one in self.made("customerRefund"):
            found[str(one["fields"]["account"])] -= Decimal(one["fields"]["total"])
        for one in self.made("deposit"):
            lines = one["lines"]
            found[str(one["fields"]["account"])] += Decimal(one["fields"]["total"])
            found[UNDEPOSITED] -= sum((Decimal(x["amount"]) for x in lines.get("payment", [])), Decimal(0))
            for name, sign in (("other", -1), ("cashBack", 1)):
                for line in lines.get(name, []):
                    found[str(line["account"])] += sign * Decimal(line["amount"])
        for one in self.made("journalEntry"):
            for line in one["lines"]["line"]:
                amount = Decimal(line.get("debit") or 0) - Decimal(line.get("credit") or 0)
                found[str(line["account"])] += amount
        return {account: amount for account, amount in found.items() if amount}


def settle_at_once(account: Account) -> None:
    account.admin(
        "set_account", settings={"card_available_days": 0, "payout_days": 0, "reconcile_seconds": 1}
    )


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with open_till(tmp_path) as made:
        yield made


@contextmanager
def open_till(tmp_path: Path, cash: str = CASH) -> Iterator[Till]:
    """A shop with one deal billed, whose cash is configured so."""
    data = dataset()
    payment_canaries(data)
    (tmp_path / "stripe.key").write_text(KEY)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    with (
        Account() as account,
        open_desk(tmp_path, configuration(account.emulator.base_url, inbox, cash), data) as desk,
    ):
        settle_at_once(account)
        (tmp_path / "deals.json").write_text(json.dumps([deal(1)]))
        assert desk.run("ingest", str(tmp_path / "deals.json"), "--source", "files").exit_code == 0
        desk.sync()
        yield Till(account, desk, inbox)


def test_a_payout_becomes_one_deposit_of_what_the_bank_gets(till: Till):
    charge = till.pay()["latest_charge"]
    payout = till.payout()
    for _ in range(2):
        till.desk.sync()
    (deposit,) = till.made("deposit")
    (payment,) = till.made("customerPayment")
    assert payment["external_id"] == f"pay-st-{charge}"
    assert deposit["external_id"] == f"bd-st-{payout['id']}"
    assert [one["id"] for one in deposit["lines"]["payment"]] == [payment["id"]]
    bank = Decimal(payout["amount"]) / 100
    assert till.balances() == {BANK: bank, FEES: 250 - bank}
    assert till.desk.json("cases", "list") == {"groups": []}


def test_refunds_and_disputes_lessen_the_deposit_and_clearing_comes_to_nothing(till: Till):
    till.account.pay(amount=90000, customer=ACME)  # nobody knows whose it is: held
    charge = till.pay()["latest_charge"]
    till.desk.sync(1)
    till.account.admin("dispute", charge=charge, reason="fraudulent")
    till.account.pass_time(2)
    till.desk.sync(1)
    payout = till.payout()
    till.desk.sync(1)
    (deposit,) = till.made("deposit")
    bank = Decimal(payout["amount"]) / 100
    assert Decimal(deposit["fields"]["total"]) == bank
    found = till.balances()
    assert found[BANK] == bank
    assert UNDEPOSITED not in found
    assert found[CLEARING] == -900


@pytest.mark.requirement("R34")
def test_a_payment_nobody_can_book_holds_its_line_only_and_clears_when_it_is_booked(till: Till):
    till.pay()
    stray = till.account.pay(amount=10000, customer=ACME)["latest_charge"]
    payout = till.payout()
    till.desk.sync(1)
    bank = Decimal(payout["amount"]) / 100
    assert till.desk.case("payer_unknown")["source"].startswith(f"stripe movement {stray}")
    assert till.balances() == {BANK: bank, CLEARING: -100, FEES: 350 - bank}
    _, customer = till.invoice()
    named = till.desk.run("payments", "payer", stray, "--customer", customer, "--because", "they wrote")
    assert named.exit_code == 0
    till.desk.sync(1)
    held = next(one for one in till.made("customerPayment") if one["external_id"].endswith(stray))
    assert held["fields"]["account"] == CLEARING
    assert till.balances() == {BANK: bank, FEES: 350 - bank}
    assert len(till.made("deposit")) == 1


def test_a_payout_that_came_back_is_undone_and_the_next_one_meets_it_on_clearing(till: Till):
    till.pay()
    payout = till.payout()
    till.desk.sync()
    bank = Decimal(payout["amount"]) / 100
    till.account.admin("fail_payout", payout=payout["id"])
    till.account.pass_time(2)
    for _ in range(2):
        till.desk.sync()
    (journal,) = till.made("journalEntry")
    assert journal["external_id"] == f"je-st-{payout['id']}"
    assert till.balances() == {CLEARING: bank, FEES: 250 - bank}
    again = till.payout()
    till.desk.sync()
    assert again["amount"] == payout["amount"]
    assert len(till.made("deposit")) == 2
    assert till.balances() == {BANK: bank, FEES: 250 - bank}


def test_a_payout_that_came_back_before_it_was_deposited_is_in_the_next_one_with_its_payments(till: Till):
    till.pay()
    first = till.payout()
    till.account.admin("fail_payout", payout=first["id"])
    till.account.pass_time(2)
    till.desk.sync()
    assert till.made("deposit") == []
    assert till.desk.json("trace", first["id"])["deals"][0]["reason"] == "payout_failed"
    bank = Decimal(first["amount"]) / 100
    till.payout()
    till.desk.sync()
    assert till.made("journalEntry") == []
    assert till.balances() == {BANK: bank, FEES: 250 - bank}


@pytest.mark.requirement("R35")
@pytest.mark.parametrize("first", ["payout", "bank"])
def test_the_banks_line_of_a_payout_is_tied_to_it_and_never_booked(till: Till, first: str):
    till.pay()
    (swept,) = till.account.admin("sweep")["payouts"]
    if first == "bank":
        till.bank_line(swept["amount"])
        till.desk.sync(1)
        assert till.desk.case("payout_awaited")["source"].startswith("bank movement")
    till.account.pass_time(5)
    if first == "payout":
        till.desk.sync()
        till.bank_line(swept["amount"])
    for _ in range(2):
        till.desk.sync()
    assert till.balances()[BANK] == Decimal(swept["amount"]) / 100
    assert len(till.made("customerPayment")) == 1
    assert till.desk.json("cases", "list") == {"groups": []}
    rows = till.desk.json("payments", "list")["payments"]
    (line,) = [one["id"] for one in rows if one["system"] == "bank"]
    told = json.dumps(till.desk.json("trace", line))
    assert "payout_arrived" in told
    assert swept["id"] in told
    assert "arrival" in told, "and the day it came on"


def test_a_line_of_another_amount_than_any_payout_stays_with_a_person(till: Till):
    till.pay()
    payout = till.payout()
    till.desk.sync()
    till.bank_line(payout["amount"] - 1)
    till.desk.sync(1)
    assert till.desk.case("payout_awaited")["source"].startswith("bank movement")
    assert len(till.made("customerPayment")) == 1


@pytest.mark.requirement("R34")
def test_a_payout_made_by_hand_is_a_persons_and_nothing_is_guessed(till: Till):
    till.pay()
    till.account.made("payouts", amount=10000, currency="usd")
    till.account.pass_time(5)
    till.desk.sync(1)
    assert till.desk.case("payout_manual")
    assert till.made("deposit") == []


def test_a_deposit_whose_answer_is_lost_is_found_again_and_not_made_twice(till: Till):
    till.pay()
    till.payout()
    till.desk.control.faults(
        {"kind": "commit_reset", "match": {"operation": "create", "record": "deposit"}, "times": 1}
    )
    for _ in range(2):
        till.desk.sync()
    assert len(till.made("deposit")) == 1
    assert UNDEPOSITED not in till.balances()


def test_what_comes_back_after_its_payout_is_taken_from_clearing_and_the_next_payout_meets_it(till: Till):
    charge = till.pay()["latest_charge"]
    first = till.payout()
    till.desk.sync()
    till.account.admin("dispute", charge=charge, reason="fraudulent")
    till.account.pay(amount=90000, customer=ACME)
    till.account.pass_time(2)
    till.desk.sync(1)
    assert till.balances()[CLEARING] == -250
    assert (
        till.open_amount() == 0
    )  # a deposited payment is not edited: its reversal is open in the invoice's place
    second = till.payout()
    till.desk.sync(1)
    found = till.balances()
    assert found[BANK] == Decimal(first["amount"] + second["amount"]) / 100
    assert found[CLEARING] == -900  # the payment nobody knows, and nothing else
    assert UNDEPOSITED not in found


TOLERANT = """\
  switched_on: [within_tolerance]
  tolerances: [{name: cents, currency: USD, account: "611", short: "5.00", over: "5.00"}]
"""


def test_a_payout_waits_until_a_small_rest_of_its_payment_is_written_off(tmp_path: Path):
    """Once the deposit has taken the payment, NetSuite lets nobody apply it any more."""
    with open_till(tmp_path, CASH + TOLERANT) as till:
        invoice, customer = till.invoice()
        stamp = {"tieout_invoice": invoice, "tieout_customer": customer}
        till.account.pay(amount=24600, customer=ACME, metadata=stamp)
        till.payout()
        for _ in range(2):
            till.desk.sync()
        assert (till.open_amount(), len(till.made("deposit")), len(till.made("journalEntry"))) == (0, 1, 1)
        assert till.desk.json("cases", "list") == {"groups": []}


def test_a_payment_somebody_has_deposited_is_not_taken_twice(till: Till):
    till.pay()
    till.desk.sync()
    (payment,) = till.made("customerPayment")
    body = {
        "account": {"id": BANK},
        "subsidiary": {"id": "1"},
        "tranDate": "2026-11-02",
        "payment": {"items": [{"id": payment["id"], "deposit": True}]},
    }
    till.desk.control.admin("human_create", record="deposit", body=body)
    till.payout()
    till.desk.sync(1)
    assert payment["external_id"].removeprefix("pay-st-") in till.desk.case("already_deposited")["found"]
    assert till.made("deposit") == []


def test_a_converted_charge_meets_its_payout_on_clearing_and_only_the_difference_of_rates_stays(till: Till):
    euros = deal(2, currency="EUR")
    (till.desk.folder.parent / "euros.json").write_text(json.dumps([euros]))
    file = str(till.desk.folder.parent / "euros.json")
    assert till.desk.run("ingest", file, "--source", "files").exit_code == 0
    till.desk.sync()
    (invoice,) = [one for one in till.desk.invoices() if one["external_id"].endswith("D-2")]
    stamp = {"tieout_invoice": invoice["external_id"], "tieout_customer": invoice["fields"]["entity"]}
    charge = till.account.pay(amount=25000, currency="eur", customer=ACME, metadata=stamp)["latest_charge"]
    payout = till.payout()
    till.desk.sync()
    (payment,) = till.made("customerPayment")
    assert (payment["external_id"], payment["fields"]["account"]) == (f"pay-st-{charge}", CLEARING)
    assert Decimal(payment["fields"]["applied"]) == 250
    (deposit,) = till.made("deposit")
    [line] = deposit["lines"]["other"]
    assert (line["account"], Decimal(line["amount"]), line["memo"]) == (CLEARING, 270, f"charge {charge}")
    assert Decimal(deposit["fields"]["total"]) == Decimal(payout["amount"]) / 100
    # 250.00 EUR came on clearing and 270.00 USD left it: at NetSuite's rate of the day, the difference stays.
    assert deposit["lines"].get("payment", []) == []
    assert till.desk.json("cases", "list") == {"groups": []}
