"""A house with open invoices of before its time, a bank that tells of money, and everything between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.bank_script import ScriptBank, deposit_canaries, payment_canaries, with_cash
from tests.support.house import House, dataset, house, policy

from tieout.domain.cash.payers import Alias
from tieout.domain.cash.policy import Prepayments
from tieout.domain.ids import InternalId
from tieout.domain.policy import Policy
from tieout.flows.cash.paying_back import RefundDesk

#: Sample account: a checking account in dollars of subsidiary 1, and the A/R account of subsidiary 1.
CHECKING, RECEIVABLES = "101", "121"
ACME, GLOBEX = InternalId("5001"), InternalId("5002")


def company(number: str, name: str) -> dict[str, Any]:
    """A customer of subsidiary 1 in dollars that NetSuite has had for long."""
    return {"id": number, "companyName": name, "subsidiary": {"id": "1"}, "currency": {"id": "1"}}


def invoice(number: str, customer: str, amount: str, **more: Any) -> dict[str, Any]:
    """A manual invoice of October."""
    return {
        "type": "invoice",
        "tranId": number,
        "entity": {"id": customer},
        "tranDate": "2026-10-10",
        "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": amount, "amount": amount}]},
        **more,
    }


def books(*invoices: dict[str, Any]) -> dict[str, Any]:
    """The sample account with two customers, canary payments, and these invoices."""
    data = dataset()
    data["customers"] += [company(ACME, "Acme Inc."), company(GLOBEX, "Globex LLC")]
    payment_canaries(data)
    data["accounts"].append(
        {"id": "125", "number": "1105", "name": "A/R US Legacy", "type": "AcctRec", "subsidiaries": ["1"]}
    )
    data["terms"] += [
        {"id": "8", "name": "2/10 net 30", "days": 30, "discount": "0.02", "discount_days": 10},
        {
            "id": "9",
            "name": "2/10 net 30, told as a percentage",
            "days": 30,
            "discount": "2",
            "discount_days": 10,
        },
    ]
    data["transactions"] += list(invoices)
    return data


@dataclass
class Treasury:
    """A house and its bank."""

    house: House
    bank: ScriptBank

    @property
    def desk(self) -> RefundDesk:
        """What people do about payments."""
        return RefundDesk(self.house.machine.context)

    def payments(self) -> dict[str, tuple[Decimal, Decimal]]:
        """External ID of each payment our integration made → applied, unapplied, by NetSuite's own books."""
        return {
            str(one["external_id"]): (Decimal(one["fields"]["applied"]), Decimal(one["fields"]["unapplied"]))
            for one in self.house.made("customerPayment")
        }

    def open_amounts(self) -> dict[str, Decimal]:
        """Invoice number → what is open, by NetSuite's own books."""
        return {
            one["fields"]["tranId"]: Decimal(one["fields"]["amountRemaining"])
            for one in self.house.ns.control.truth("invoice")
            if one["fields"]["entity"] in {ACME, GLOBEX}
        }

    def stands(self, movement: str) -> tuple[str, str]:
        """Standing and reason of a movement."""
        return self.house.standings()[movement]

    def teach(self, company: str = "9876543210", customer: InternalId = ACME) -> None:
        """An ACH company id stands for a customer."""
        with self.house.store.write("payer_named") as unit:
            unit.cash.teach(
                Alias(
                    scheme="ach_company",
                    value=company,
                    customer=customer,
                    taught_by="ann",
                    taught_at=self.house.clock.now(),
                    evidence="first payment",
                )
            )


@contextmanager
def treasury(folder: Path, *invoices: dict[str, Any], **more: Any) -> Iterator[Treasury]:
    """A treasury with these open invoices; `more` goes to the cash policy and the house."""
    bank = ScriptBank()
    keys = ("opt_ins", "tolerances", "typed_reference", "error_budget", "withholdings", "prepayments")
    deposits = more.get("prepayments") is Prepayments.CUSTOMER_DEPOSIT
    chosen: Policy = with_cash(
        policy(),
        account=more.pop("account", CHECKING),
        subsidiary=more.pop("subsidiary", "1"),
        currency=more.pop("currency", "USD"),
        receivables=more.pop("receivables", RECEIVABLES),
        **{key: more.pop(key) for key in keys if key in more},
    )
    data = books(*invoices)
    if deposits:
        deposit_canaries(data)
    with house(folder, data=data, policy=chosen, bank=bank, **more) as made:
        yield Treasury(made, bank)


__all__ = ["ACME", "CHECKING", "GLOBEX", "Treasury", "books", "invoice", "treasury"]
