"""From a charge in Stripe to the invoice in NetSuite, through the command line: stamped, disputed, refunded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.emulators.stripe.support import ACME, DAY, KEY
from tests.emulators.stripe.support import Desk as Account
from tests.support.bank_script import payment_canaries
from tests.support.desk import CONFIGURATION, Desk, deal, open_desk
from tests.support.house import CANARIES, dataset

from tieout.domain.ids import RecordType

CASH = """\
cash:
  accounts:
    "stripe:acct_1TieoutEmulator:usd": {account: "101", subsidiary: "1", currency: USD, receivables: ["121"]}
"""
SOURCE = """\
  stripe:
    type: stripe
    cut_over: 2026-10-01
    tag: st
    options:
      base_url: "@stripe@"
      api_key: "file:stripe.key"
      account: acct_1TieoutEmulator/test
rules:
"""


def configuration(url: str) -> str:
    wanted = (RecordType.CUSTOMER_PAYMENT, RecordType.CUSTOMER_REFUND, RecordType.JOURNAL_ENTRY)
    canaries = "".join(f'    {one}: {{"1": {CANARIES[one]["1"]}}}\n' for one in wanted)
    text = CONFIGURATION.replace("sources:\n", f"{canaries}sources:\n", 1)
    return text.replace("rules:\n", SOURCE.replace("@stripe@", url), 1) + CASH


@dataclass
class Shop:
    account: Account
    desk: Desk

    def invoice(self) -> tuple[str, str]:
        """External ID and customer of the one invoice Tieout made."""
        (made,) = self.desk.invoices()
        return made["external_id"], made["fields"]["entity"]

    def open_amount(self) -> Decimal:
        (made,) = self.desk.invoices()
        return Decimal(made["fields"]["amountRemaining"])

    def made(self, record: str) -> list[dict[str, Any]]:
        return [one for one in self.desk.control.truth(record) if one["_meta"]["created_by"] == "tieout"]

    def pay(self, **more: Any) -> dict[str, Any]:
        """Somebody pays 250.00 by card, with the stamp our billing code wrote on the payment intent."""
        invoice, customer = self.invoice()
        stamp = {"tieout_invoice": invoice, "tieout_customer": customer}
        intent: dict[str, Any] = self.account.pay(amount=25000, customer=ACME, metadata=stamp, **more)
        return intent


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    data = dataset()
    payment_canaries(data)
    (tmp_path / "stripe.key").write_text(KEY)
    with Account() as account, open_desk(tmp_path, configuration(account.emulator.base_url), data) as desk:
        desk.ingest(deal(1))
        desk.sync()
        yield Shop(account, desk)


@pytest.mark.requirement("R30", "R32", "R39")
def test_a_stamped_charge_is_applied_to_the_invoice_it_names_gross_and_once(shop: Shop):
    charge = shop.pay()["latest_charge"]
    for _ in range(2):
        shop.desk.sync()
    (payment,) = shop.made("customerPayment")
    assert payment["external_id"] == f"pay-st-{charge}"
    assert Decimal(payment["fields"]["applied"]) == 250
    assert payment["fields"]["account"] == "101"
    assert shop.open_amount() == 0


def test_a_dispute_takes_the_payment_off_its_invoice_once(shop: Shop):
    charge = shop.pay()["latest_charge"]
    shop.desk.sync()
    shop.account.admin("dispute", charge=charge, reason="fraudulent")
    shop.account.pass_time(2)
    for _ in range(2):
        shop.desk.sync()
    assert shop.open_amount() == 250
    (refund,) = shop.made("customerRefund")
    (payment,) = shop.made("customerPayment")
    assert Decimal(refund["fields"]["total"]) == 250
    assert Decimal(payment["fields"]["unapplied"]) == 0


def test_a_bank_debit_is_no_cash_before_it_has_succeeded(shop: Shop):
    shop.pay(method="pm_usBankAccount_success")
    shop.desk.sync()
    assert shop.made("customerPayment") == []
    assert shop.open_amount() == 250
    shop.account.pass_time(4 * DAY)
    shop.account.read("balance")
    shop.desk.sync()
    assert shop.open_amount() == 0


def test_a_charge_without_a_stamp_waits_for_a_person_and_nothing_is_guessed(shop: Shop):
    shop.account.pay(amount=25000, customer=ACME)
    shop.desk.sync(1)
    assert shop.made("customerPayment") == []
    assert shop.desk.case("payer_unknown")["source"].startswith("stripe movement ch_")


def test_a_refund_waits_until_somebody_says_what_it_gives_back_and_is_booked_once(shop: Shop):
    charge = shop.pay()["latest_charge"]
    shop.desk.sync()
    refund = shop.account.made("refunds", charge=charge, amount=10000)["id"]
    shop.account.pass_time(2)
    shop.desk.sync(1)
    assert shop.desk.case("refund_open")["source"].startswith(f"stripe movement {refund}")
    assert shop.made("customerRefund") == []
    shop.desk.run("payments", "unapply", charge, "--because", "two seats fewer")
    shop.desk.sync(1)
    shop.desk.run("payments", "refund", refund, "--because", "two seats fewer")
    for _ in range(2):
        shop.desk.sync()
    (made,) = shop.made("customerRefund")
    assert made["external_id"] == f"rf-st-{refund}"
    assert Decimal(made["fields"]["total"]) == 100
    (payment,) = shop.made("customerPayment")
    assert (Decimal(payment["fields"]["unapplied"]), shop.open_amount()) == (150, 250)


def test_a_bank_debit_that_comes_back_late_opens_its_invoice_again(shop: Shop):
    charge = shop.pay(method="pm_usBankAccount_success")["latest_charge"]
    shop.account.admin("end_debit", charge=charge, outcome="succeed")
    shop.desk.sync()
    assert shop.open_amount() == 0
    shop.account.admin("late_return", charge=charge, reason="insufficient_funds")
    shop.account.pass_time(2)
    shop.desk.sync()
    assert shop.open_amount() == 250
    (refund,) = shop.made("customerRefund")
    assert Decimal(refund["fields"]["total"]) == 250


def test_a_dispute_we_win_pays_the_invoice_again(shop: Shop):
    charge = shop.pay()["latest_charge"]
    shop.desk.sync()
    dispute = shop.account.admin("dispute", charge=charge, reason="fraudulent")
    shop.account.pass_time(2)
    shop.desk.sync()
    assert shop.open_amount() == 250
    shop.account.admin("win", dispute=dispute["id"])
    shop.account.pass_time(2)
    for _ in range(2):
        shop.desk.sync()
    assert shop.open_amount() == 0
    sources = [one["fields"]["custbody_tieout_source_id"] for one in shop.made("customerPayment")]
    assert sources == [charge, f"{dispute['id']}-reinstated"]
