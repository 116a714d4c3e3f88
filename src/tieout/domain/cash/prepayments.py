"""Whether a payment that names an order may become a customer deposit for it by itself."""

from __future__ import annotations

from collections.abc import Sequence

from tieout.domain.cash.ledger import OpenItem
from tieout.domain.cash.payments import Payment


def no_deposit(payment: Payment, order: OpenItem, dangling: Sequence[str]) -> str:
    """Why not; empty when it may. `dangling`: what the payment names beside the order and does not exist."""
    if dangling:
        return f"it also names {', '.join(dangling[:3])}, which does not exist"
    if payment.currency != order.currency:
        return f"{order.number} is in {order.currency}, paid was {payment.currency}"
    if payment.subsidiary and order.subsidiary and payment.subsidiary != order.subsidiary:
        return f"{order.number} belongs to subsidiary {order.subsidiary}, the bank account to {payment.subsidiary}"
    if not order.approved:
        return f"{order.number} is not approved, or billed or closed already"
    if payment.amount_minor > order.open_minor:
        return f"{order.open} of {order.number} is still to be paid"
    return ""
