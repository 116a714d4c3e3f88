"""What is read together to say what one object is: pure containers, filled by `gathering`, judged by `movements`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from tieout.connectors.stripe.values import EMPTY, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """How the account's movements are named and dated."""

    account: str
    zone: tzinfo
    customer_key: str
    by_availability: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An object as it is now, with what belongs to it: everything is read, nothing comes from an event."""

    kind: str
    item: Record
    #: of a charge: what paid which invoice, those invoices, the Checkout session, rows of the customer's cash balance
    invoice_payments: tuple[Record, ...] = ()
    invoices: tuple[Record, ...] = ()
    session: Record = field(default_factory=lambda: EMPTY)
    transfers: tuple[Record, ...] = ()
    #: of a refund or dispute: the charge it is about
    charge: Record = field(default_factory=lambda: EMPTY)
    #: of a payout: what is in it; None where Stripe cannot say. Not kept beside the lines it is read into.
    inside: tuple[Record, ...] | None = None

    def as_raw(self) -> dict[str, Any]:
        """What was read, by name, for the exception queue."""
        parts: dict[str, Any] = {
            "invoice_payments": list(self.invoice_payments),
            "invoices": list(self.invoices),
            "checkout_session": self.session,
            "cash_balance_transactions": list(self.transfers),
            "charge": self.charge,
        }
        whole = {self.kind: self.item, **{name: value for name, value in parts.items() if value}}
        return {name: _kept(value) for name, value in whole.items()}


#: Keys to other doors, and addresses that are made anew at every look: neither belongs in evidence.
_LEFT_OUT = frozenset({"client_secret", "receipt_url", "hosted_invoice_url", "invoice_pdf"})


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _kept(inner) for name, inner in value.items() if name not in _LEFT_OUT}
    return [_kept(one) for one in value] if isinstance(value, list | tuple) else value
