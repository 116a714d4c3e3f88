"""The guards of cash application, one by one; NetSuite's own rules are off where they would hide one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.bank_script import receipt
from tests.support.treasury import ACME, Treasury, invoice, treasury

from tieout.connectors.netsuite.gateway import NetSuiteGateway
from tieout.domain.cash import matching
from tieout.domain.cash.policy import OptIn
from tieout.domain.cash.subsets import Proof, Subset
from tieout.store.cash_rows import Cash

COMPANY = "9876543210"


def _pay(t: Treasury, identity: str, amount: str, *texts: str, route: str = "bai2") -> None:
    t.bank.put(receipt(identity, amount, *texts, company=COMPANY), route=route)


def _applied(t: Treasury, number: str) -> Decimal:
    """What our payments have applied to a document, by NetSuite's own books."""
    (document,) = [
        one["id"] for one in t.house.ns.control.truth("invoice") if one["fields"]["tranId"] == number
    ]
    return sum(
        (
            Decimal(line["amount"])
            for one in t.house.made("customerPayment")
            for line in one["lines"]["apply"]
            if line["doc"] == document and line["apply"]
        ),
        Decimal(0),
    )


def play_reservation(folder: Path) -> int:
    """Two payments of one balance are judged together; NetSuite would take both."""
    with treasury(folder, invoice("INV10530", ACME, "250.00")) as t:
        t.house.ns.control.switches({"NS-17": "off", "NS-18b": "off"})
        t.teach()
        _pay(t, "T1", "250.00", "INV10530")
        _pay(t, "T2", "250.00", "INV10530")
        t.house.run()
        return int(max(Decimal(0), _applied(t, "INV10530") - 250) / 250)


def play_second_sighting(folder: Path) -> int:
    """A lockbox line and the bank's own line of the same cheque."""
    with treasury(folder, invoice("INV10530", ACME, "250.00")) as t:
        t.teach()
        _pay(t, "LB-7", "250.00", "INV10530", route="lockbox")
        t.house.run()
        _pay(t, "BAI-9", "250.00", route="bai2")
        t.house.run()
        return len(t.payments()) - 1


def play_entered_by_hand(folder: Path) -> int:
    """Somebody entered the payment before the bank's file came."""
    body: dict[str, Any] = {
        "type": "customerPayment",
        "customer": {"id": ACME},
        "payment": "250.00",
        "tranDate": "2026-11-02",
        "arAcct": {"id": "121"},
        "account": {"id": "101"},
    }
    with treasury(folder, invoice("INV10530", ACME, "250.00"), body) as t:
        t.teach()
        _pay(t, "T1", "250.00", "INV10530")
        t.house.run()
        return len(t.payments())


def play_uniqueness(folder: Path) -> int:
    """A payment of two invoices whose sum is what a third one is open for."""
    items = (
        invoice("INV10530", ACME, "100.00"),
        invoice("INV10531", ACME, "60.00"),
        invoice("INV10532", ACME, "40.00"),
    )
    with treasury(folder, *items, opt_ins=frozenset({OptIn.AMOUNT_ONLY})) as t:
        t.teach()
        _pay(t, "T1", "100.00")
        t.house.run()
        return int(_applied(t, "INV10530") / 100)


def play_receivables(folder: Path) -> int:
    """The invoice is on an A/R account the bank account does not serve: a mapping is missing."""
    with treasury(folder, invoice("INV10530", ACME, "250.00", account={"id": "125"})) as t:
        t.teach()
        _pay(t, "T1", "250.00", "INV10530")
        t.house.run()
        return sum(one["fields"]["arAcct"] == "125" for one in t.house.made("customerPayment"))


def _not_reserved(*_: object) -> None:
    return None


#: (name, rule, scenario, what is counted, play, what is taken away)
CASH_GUARDS: tuple[tuple[Any, ...], ...] = (
    (
        "reservation",
        "a planned application reserves what it takes, so that no two payments plan one balance",
        "two payments of one invoice are judged together, and NetSuite does not mind",
        "invoices paid twice",
        play_reservation,
        ((Cash, "reserve", _not_reserved),),
    ),
    (
        "second sighting",
        "the same money told by another route is not booked before a person says that it is other money",
        "a lockbox line and the bank's own line of the same cheque",
        "payments booked twice",
        play_second_sighting,
        ((Cash, "sighted_elsewhere", lambda *_: []),),
    ),
    (
        "foreign payment",
        "payments of other writers are looked for before each payment",
        "somebody entered the payment by hand before the bank's file came",
        "payments booked beside the one that is there",
        play_entered_by_hand,
        ((NetSuiteGateway, "foreign_payments", lambda *_: {}),),
    ),
    (
        "proof of uniqueness",
        "an amount alone matches only when no other set of open invoices sums to it",
        "a payment of two invoices whose sum is what a third one is open for",
        "invoices paid with money for others",
        play_uniqueness,
        ((matching, "find_subset", lambda *_, **__: Subset(Proof.UNIQUE)),),
    ),
    (
        "A/R account",
        "payment and invoice must agree on A/R account and subsidiary before the call",
        "a payment names an invoice on an A/R account that the bank account does not serve",
        "payments booked on an A/R account nobody mapped",
        play_receivables,
        ((matching, "_wrong_entity", lambda *_: ""),),
    ),
)
