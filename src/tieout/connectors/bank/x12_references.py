"""From an 820's items to remittance references, and what does not add up in them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tieout.connectors.bank.collecting import Collector
from tieout.connectors.bank.x12 import Advice, Item
from tieout.domain.cash.movements import Place, RemittanceReference
from tieout.domain.money import Money

Placer = Callable[[int], Place]


def references(
    advice: Advice, currency: str, place: Placer, found: Collector
) -> tuple[RemittanceReference, ...]:
    """The references of an advice, in its order: each item, then what its `REF` segments add."""
    kept: list[RemittanceReference] = []
    for item in advice.items:
        here = place(item.segment.offset)
        if item.reference or item.paid is not None:
            kept.append(_reference(item, currency, here, found))
        for qualifier, value in item.others:
            kept.append(RemittanceReference(text=value, place=here, qualifier=f"REF:{qualifier}"))
    return tuple(kept)


def texts(advice: Advice) -> tuple[str, ...]:
    """What an advice says a payment is for: its items' references, and its notes."""
    return tuple([item.reference for item in advice.items if item.reference] + advice.notes)


def _reference(item: Item, currency: str, here: Place, found: Collector) -> RemittanceReference:
    extra = [one.amount for one in item.adjustments if one.amount is not None]
    adjustment = item.adjustment
    if adjustment is None and extra:
        adjustment = sum(extra, Decimal(0))
    reason = item.reason or next((one.reason for one in item.adjustments if one.reason), "")
    paid, gross, discount = item.paid, item.gross, item.discount
    if paid is not None and gross is not None and (discount is not None or adjustment is not None):
        net = gross - (discount or 0) + (adjustment or 0)
        if net != paid:
            found.note("x12_item_differs", f"{paid} paid for {item.reference}", f"{net} by its parts", here)
    return RemittanceReference(
        text=item.reference,
        place=here,
        qualifier=item.qualifier,
        paid=_money(paid, currency, here, found),
        gross=_money(gross, currency, here, found),
        discount=_money(discount, currency, here, found),
        adjustment=_money(adjustment, currency, here, found),
        adjustment_reason=reason,
    )


def _money(amount: Decimal | None, currency: str, here: Place, found: Collector) -> Money | None:
    return None if amount is None else found.money(amount, currency, here, loud=False)


def check_sum(advice: Advice, amount: Decimal | None, what: str, here: Place, found: Collector) -> None:
    """Compare the items with the payment, and the payment with the money that came."""
    total = advice.items_total
    stated = advice.amount
    if total is not None and stated is not None and total != stated:
        found.note("x12_sum_differs", f"items that come to BPR02, {stated}", f"{total}", here)
    reference = stated if stated is not None else total
    if amount is not None and reference is not None and reference != amount:
        found.note("x12_sum_differs", f"{what}: {amount}", f"{reference} in the remittance", here)
