"""Items and payments in the trade's own language: tests start from what was written and end in applications."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tieout.domain.cash.decisions import Decision
from tieout.domain.cash.ledger import ItemKind, OpenItem, OpenLedger
from tieout.domain.cash.matching import Matcher
from tieout.domain.cash.movements import Payer, Place, RemittanceReference
from tieout.domain.cash.payments import Payment
from tieout.domain.cash.policy import CashPolicy
from tieout.domain.ids import InternalId
from tieout.domain.money import Money

AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
PAID = date(2026, 10, 20)
PLACE = Place(file="test", where="entry 1")
ACME, GLOBEX = InternalId("100"), InternalId("200")


def invoice(number: str, minor: int = 100_00, customer: str = ACME, **more: Any) -> OpenItem:
    """An open invoice of September, due in October."""
    values: dict[str, Any] = {
        "id": InternalId(f"i{number}"),
        "kind": ItemKind.INVOICE,
        "customer": InternalId(customer),
        "number": number,
        "external_id": f"inv-{number}",
        "currency": "USD",
        "total_minor": minor,
        "open_minor": minor,
        "day": date(2026, 9, 15),
        "due": date(2026, 10, 15),
        "subsidiary": "1",
        "receivables": "119",
    }
    return OpenItem(**{**values, **more})


def text(*lines: str) -> tuple[RemittanceReference, ...]:
    """Free text as it came with the money."""
    return tuple(RemittanceReference(text=line, place=PLACE) for line in lines)


def stamped(external_id: str) -> tuple[RemittanceReference, ...]:
    """Our own external ID in the processor's metadata."""
    return (RemittanceReference(text=external_id, place=PLACE, qualifier="tieout_invoice"),)


def line(number: str, paid: str, currency: str = "USD") -> RemittanceReference:
    """A structured line: a document and what is paid for it."""
    from decimal import Decimal

    return RemittanceReference(text=number, place=PLACE, qualifier="IV", paid=Money(Decimal(paid), currency))


def payment(
    minor: int = 100_00, *references: RemittanceReference, customer: str | None = ACME, **more: Any
) -> Payment:
    """A payment of ACME's, unless said otherwise."""
    values: dict[str, Any] = {
        "identity": "P1",
        "amount_minor": minor,
        "currency": "USD",
        "paid": PAID,
        "customers": frozenset({InternalId(customer)} if customer else ()),
        "references": references,
        "payer": Payer(),
    }
    return Payment(**{**values, **more})


def ledger(
    *items: OpenItem, parents: dict[str, str] | None = None, names: dict[str, str] | None = None
) -> OpenLedger:
    """A ledger of these items."""
    return OpenLedger.of(
        items,
        AS_OF,
        {InternalId(c): InternalId(p) for c, p in (parents or {}).items()},
        {InternalId(c): name for c, name in (names or {}).items()},
    )


def decide(paid: Payment, *items: OpenItem, policy: CashPolicy | None = None, **more: Any) -> Decision:
    """What the payment comes to against these items."""
    return Matcher(ledger(*items, **more), policy or CashPolicy(version="test")).match(paid)


def applied(decision: Decision) -> dict[str, int]:
    """Item number → minor units applied."""
    return {one.item.number: one.amount_minor for one in decision.applications}


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)
