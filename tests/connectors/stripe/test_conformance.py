"""Stripe passes the shared suite of sources of movements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.stripe.support import ACCOUNT, ACME, KEY, SECRET, SECRETS, USD, Till, usd
from tests.connectors.stripe.test_hooks import hook, request

from tieout.connectors.kit.conformance import GoldenMovement, MovementConformance
from tieout.connectors.stripe import StripeSource
from tieout.connectors.stripe.facts import Books, Facts
from tieout.connectors.stripe.movements import movements_of
from tieout.connectors.stripe.polling import sighting_of
from tieout.domain.cash.movements import Movement, MovementKind, Payer, Place, Rail, ReturnOf
from tieout.domain.money import Money
from tieout.flows.errors import CallError, HookRefused
from tieout.flows.ports import Sighting

SHAPES = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "stripe" / "openapi" / "fixtures3.cut.json").read_text()
)["resources"]
BOOKS = Books(account=ACCOUNT, zone=UTC, customer_key="tieout_customer", by_availability=False)
DAY = date(2009, 2, 13)


def shaped(kind: str, **changes: Any) -> dict[str, Any]:
    """A published shape, with the few values that make it one certain case."""
    return {"kind": kind, "item": {**SHAPES[kind], **changes}}


def place(kind: str) -> Place:
    return Place(file=ACCOUNT, where=f"{kind} {SHAPES[kind]['id']}")


CHARGE = shaped("charge", status="succeeded", captured=True, amount_captured=100,
                balance_transaction={**SHAPES["balance_transaction"], "fee": 33})  # fmt: skip
REFUND = shaped("refund", balance_transaction={**SHAPES["balance_transaction"], "amount": -100})
DISPUTE = shaped(
    "dispute", balance_transactions=[{**SHAPES["balance_transaction"], "amount": -1000, "fee": 1500}]
)
GOLDENS = [
    GoldenMovement(
        "a charge that succeeded",
        CHARGE,
        Movement(
            place=place("charge"), kind=MovementKind.RECEIPT, credit=True, amount=usd(100), account=USD,
            identity="ch_1PgafuB7WZ01zgkWXYmPNZs8", booked=DAY, value_date=DAY, rail=Rail.CARD, code="charge",
            payer=Payer(names=("Jenny Rosen",)), texts=("My First Test Charge (created for API docs)",),
        ),
    ),
    GoldenMovement(
        "a refund",
        REFUND,
        Movement(
            place=place("refund"), kind=MovementKind.DISBURSEMENT, credit=False, amount=usd(100), account=USD,
            identity="re_1Pgc72B7WZ01zgkWqPvrRrPE", booked=DAY, value_date=DAY, code="refund",
            returned=ReturnOf(code="refund", original="ch_1PgafuB7WZ01zgkWXYmPNZs8"),
        ),
    ),
    GoldenMovement(
        "a dispute that took the money",
        DISPUTE,
        Movement(
            place=place("dispute"), kind=MovementKind.RETURNED_RECEIPT, credit=False, amount=usd(1000), account=USD,
            identity="dp_1Pgc71B7WZ01zgkWMevJiAUx", booked=DAY, value_date=DAY, code="general",
            returned=ReturnOf(
                code="general", original="ch_1PgafuB7WZ01zgkWXYmPNZs8", reason="dispute warning_needs_response"
            ),
        ),
    ),
    GoldenMovement(
        "a transfer that waits on a cash balance",
        shaped("customer_cash_balance_transaction"),
        Movement(
            place=place("customer_cash_balance_transaction"), kind=MovementKind.INFORMATION, credit=True,
            amount=Money.from_minor(5000, "EUR"), account=f"stripe:{ACCOUNT}:eur",
            identity="ccsbtxn_1Pgc75B7WZ01zgkWzdJj4ufI", booked=DAY, value_date=DAY, rail=Rail.TRANSFER,
            code="cash balance funded", texts=("Payment for Invoice 7FE1103-155",),
            payer=Payer(
                names=("Sample Business GmbH",), identifiers=(("stripe_customer", "cus_QXg1o8vcGmoR32"),)
            ),
        ),
    ),
    GoldenMovement(
        "a balance transaction of a kind nobody knows",
        shaped("balance_transaction", type="novelty"),
        "balance_transaction txn_1PgaxNB7WZ01zgkWEV3TLf40: expected a type of balance transaction this version knows,"
        " found 'novelty'",
    ),
]  # fmt: skip


class TestStripe(MovementConformance):
    secrets = tuple(SECRETS.values())
    unknown = ("x_colour", "mauve")

    @pytest.fixture(autouse=True)
    def _till(self):
        with Till() as till:
            self.till = till
            yield

    def source(self) -> StripeSource:
        return self.till.source

    def goldens(self) -> Sequence[GoldenMovement]:
        return GOLDENS

    def translate(self, payload: Any) -> Sequence[Sighting]:
        kind, item = payload.get("kind"), payload.get("item")
        if not isinstance(kind, str) or not isinstance(item, dict):
            return []
        return [
            sighting_of(one, "2026-11-02T12:00:00.000000Z")
            for one in movements_of(Facts(kind=kind, item=item), BOOKS)
        ]

    def versions(self) -> Sequence[Sighting]:
        till = self.till
        found = []
        intent = till.pay(method="pm_usBankAccount_success", customer=ACME)
        for seconds in (0, 4 * 86400):
            till.pass_time(seconds)
            found += [one for one in till.poll() if one.object_id == intent["latest_charge"]][-1:]
        till.made(f"charges/{intent['latest_charge']}", metadata={"tieout_invoice": "inv-1"})
        found += [one for one in till.poll() if one.object_id == intent["latest_charge"]][-1:]
        return found

    def deliver(self) -> Iterable[Sighting]:
        self.till.pay(metadata={"x_colour": "mauve"})
        return self.till.poll()

    def exercise(self) -> Iterable[object]:
        kept: list[object] = []
        self.till.pay()
        kept += self.till.poll()
        for fault in ("unauthorized", "html_502", "error_500", "throttle"):
            self.till.control.faults({"kind": fault, "times": 9})
            try:
                self.till.source.poll(self.till.cursor)
            except CallError as error:
                kept.append(error)
            self.till.control.clear_faults()
        self.till.admin("set_account", settings={"keys": ["sk_test_other"]})
        for attempt in (self.till.source.fingerprint, self.till.source.warnings):
            try:
                kept.append(attempt())
            except CallError as error:
                kept.append(error)
        try:
            hook().verify(request(header="t=1,v1=2"))
        except HookRefused as error:
            kept.append(error)
        assert KEY in self.secrets
        assert SECRET in self.secrets
        return [*kept, self.till.source._options]
