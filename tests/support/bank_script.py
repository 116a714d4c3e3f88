"""A bank whose entries a test writes down, and a company that takes them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout.domain.cash.movements import Movement, MovementKind, Payer, Place, Rail
from tieout.domain.cash.payouts import PayoutAccounts
from tieout.domain.cash.policy import BankAccount, CashPolicy
from tieout.domain.documents import Order
from tieout.domain.findings import Finding
from tieout.domain.ids import InternalId
from tieout.domain.money import Money
from tieout.domain.policy import Policy, SourcePolicy
from tieout.flows.codec import encode
from tieout.flows.ports import Batch, Note, NoteResult, Sighting, Stamped, Unstamped

SYSTEM = "bank"
OUR_ACCOUNT = "US-CHECKING"


def receipt(identity: str, amount: str, *texts: str, company: str = "", **changes: Any) -> Movement:
    """Money that came in; `company` is the payer's ACH company id."""
    currency = changes.pop("currency", "USD")
    values: dict[str, Any] = {
        "place": Place(file="test", where=f"entry {identity}"),
        "kind": MovementKind.RECEIPT,
        "credit": True,
        "amount": Money(Decimal(amount), currency),
        "account": OUR_ACCOUNT,
        "identity": identity,
        "booked": date(2026, 11, 2),
        "value_date": date(2026, 11, 2),
        "rail": Rail.ACH,
        "bank_reference": identity,
        "payer": Payer(names=("SOMEBODY",), identifiers=(("ach_company", company),) if company else ()),
        "texts": texts,
    }
    return Movement(**{**values, **changes})


class ScriptBank:
    """Delivers movements as a bank connector does, in the order they were put in. With a `folder` it survives the
    process that made it.
    """

    name = SYSTEM
    environment = "test"
    writes_back = False

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "bank.json" if folder else None
        self._queue: list[Sighting] = []
        if self._file is not None and self._file.exists():
            self._queue = [Sighting(**row) for row in json.loads(self._file.read_text())]

    def put(self, *movements: Movement, route: str = "bai2") -> None:
        """Deliver these at the next poll."""
        for movement in movements:
            self._queue.append(
                Sighting(
                    object="movement",
                    object_id=movement.identity,
                    version=f"{len(self._queue):06d}",
                    payload={"movement": json.loads(encode(movement)), "route": route},
                )
            )
        if self._file is not None:
            self._file.write_text(json.dumps([asdict(one) for one in self._queue]))

    def has(self, identity: str) -> bool:
        """Whether this was put in."""
        return any(one.object_id == identity for one in self._queue)

    def fingerprint(self) -> str:
        """Always the same."""
        return SYSTEM

    def warnings(self) -> list[str]:
        """None."""
        return []

    def poll(self, cursor: str | None) -> Batch:
        """Everything after the cursor."""
        start = int(cursor or 0)
        return Batch(sightings=tuple(self._queue[start:]), cursor=str(len(self._queue)), more=False)

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """A movement is no order."""
        raise AssertionError(f"{sighting.object_id} was read as an order")

    def write_back(self, notes: Sequence[Note]) -> list[NoteResult]:
        """Nothing to write to."""
        return [NoteResult(target=note.target, done=False) for note in notes]

    def stamp_for(self, invoices: Sequence[str], customer: str) -> Mapping[str, str]:
        """What a stamp says."""
        return {"invoices": ",".join(invoices), "customer": customer}

    def stamp(self, object_id: str, invoices: Sequence[str], customer: str) -> Stamped:
        """Every payment takes its stamp."""
        return Stamped(object_id=object_id, metadata=self.stamp_for(invoices, customer), in_time=True)

    def unstamped(self, since: date, most: int) -> Sequence[Unstamped]:
        """None."""
        return ()

    def close(self) -> None:
        """Nothing is open."""


def with_cash(
    policy: Policy,
    *,
    account: str,
    receivables: str = "",
    subsidiary: str = "1",
    currency: str = "USD",
    payouts: PayoutAccounts | None = None,
    **changes: Any,
) -> Policy:
    """The policy of a company that takes in payments of one bank account."""
    bank = BankAccount(
        account=InternalId(account),
        subsidiary=InternalId(subsidiary),
        currency=currency,
        receivables=frozenset({InternalId(receivables)} if receivables else ()),
        payouts=payouts,
    )
    return replace(
        policy,
        sources={**policy.sources, SYSTEM: SourcePolicy(name=SYSTEM, cut_over=date(2026, 10, 1))},
        cash=CashPolicy(version="test", accounts={OUR_ACCOUNT: bank}, **changes),
    )


def payment_canaries(data: dict[str, Any]) -> None:
    """Payments, refunds, journal entries and bank deposits that our role must see, one in each subsidiary."""
    for place in ("1", "2"):
        data["transactions"].append(
            {
                "type": "customerPayment",
                "externalId": f"canary-customer_payment-{place}",
                "customer": {"id": f"90{place}"},
                "payment": "1.00",
                "tranDate": "2026-10-01",
            }
        )
        data["transactions"].append(
            {
                "type": "creditMemo",
                "externalId": f"credit-{place}",
                "entity": {"id": f"90{place}"},
                "tranDate": "2026-10-01",
                "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 1, "amount": 1}]},
            }
        )
        data["transactions"].append(
            {
                "type": "customerRefund",
                "externalId": f"canary-customer_refund-{place}",
                "customer": {"id": f"90{place}"},
                "account": {"id": "101" if place == "1" else "102"},
                "tranDate": "2026-10-01",
                "apply": {"items": [{"doc": {"externalId": f"credit-{place}"}, "apply": True, "amount": 1}]},
            }
        )
        cash = {"id": "101" if place == "1" else "102"}
        data["transactions"].append(
            {
                "type": "journalEntry",
                "externalId": f"canary-journal_entry-{place}",
                "subsidiary": {"id": place},
                "tranDate": "2026-10-01",
                "line": {"items": [{"account": cash, "debit": 1}, {"account": cash, "credit": 1}]},
            }
        )
        data["transactions"].append(
            {
                "type": "deposit",
                "externalId": f"canary-bank_deposit-{place}",
                "subsidiary": {"id": place},
                "account": cash,
                "tranDate": "2026-10-01",
                "other": {"items": [{"account": cash, "amount": 1}]},
            }
        )


def deposit_canaries(data: dict[str, Any]) -> None:
    """Customer deposits and deposit applications that our role must see, one in each subsidiary."""
    for place in ("1", "2"):
        data["transactions"].append(
            {
                "type": "customerDeposit",
                "externalId": f"canary-customer_deposit-{place}",
                "customer": {"id": f"90{place}"},
                "payment": "2.00",
                "tranDate": "2026-10-01",
            }
        )
        data["transactions"].append(
            {
                "type": "depositApplication",
                "externalId": f"canary-deposit_application-{place}",
                "deposit": {"externalId": f"canary-customer_deposit-{place}"},
                "tranDate": "2026-10-01",
                "apply": {
                    "items": [{"doc": {"externalId": f"canary-invoice-{place}"}, "apply": True, "amount": 1}]
                },
            }
        )
