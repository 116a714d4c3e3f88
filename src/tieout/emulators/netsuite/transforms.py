"""`!transform`: sales order to invoice, and the pairs of `cash_transforms` (reference 1.10; rule NS-24)."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.advances import take_up
from tieout.emulators.netsuite.cash_transforms import knows, transform_cash
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import NsError, user_error
from tieout.emulators.netsuite.saving import create
from tieout.emulators.netsuite.state import Record, State
from tieout.emulators.netsuite.transactions import order_status

_TAKEN = (
    "entity", "subsidiary", "currency", "terms", "otherRefNum", "memo", "startDate", "endDate", "department", "class",
    "location", "salesRep", "billingAddress", "shippingAddress", "discountItem", "discountRate", "email", "message",
)  # fmt: skip
BILLABLE = ("B", "D", "E", "F")


def transform(context: SaveContext, source: Record, target: str, body: Any, *, keep: bool = True) -> Record:
    """Make the target record from the source. Raises NsError for a pair the platform does not know."""
    wanted = context.state.type_of(target)
    if wanted is not None and knows(source.type, wanted.name):
        return transform_cash(context, source, wanted.name, body, keep=keep)
    if source.type != "salesOrder" or target.lower() != "invoice":
        raise NsError(
            400, "INVALID_REQUEST", f"Transformation from {source.type} to {target} is not supported."
        )
    return bill_order(context, source, body, keep=keep)


def bill_order(context: SaveContext, order: Record, body: Any, *, keep: bool = True) -> Record:
    """Invoice what is left to bill of an order."""
    _check_billable(context, order)
    preset = Record(
        "invoice", "0", {name: order.fields[name] for name in _TAKEN if order.fields.get(name) is not None}
    )
    preset.fields["createdFrom"] = order.id
    preset.fields.update(
        {
            name: value
            for name, value in order.fields.items()
            if name.startswith("custbody_") and value is not None
        }
    )
    preset.lines["item"] = [
        _remaining(order, line) for line in order.lines["item"] if _left(line) or not line["amount"]
    ]
    invoice = create(context, context.state.types["invoice"], body, preset=preset, keep=keep)
    if keep:
        _mark_billed(context, order, invoice)
        take_up(context, invoice)
    return invoice


def _check_billable(context: SaveContext, order: Record) -> None:
    if not context.on("NS-24"):
        return
    status = order.fields["status"]
    if status in ("H", "C"):
        raise user_error(f"You have an invalid sales order {order.id} or the order is already closed.")
    if status not in BILLABLE or not any(_left(line) for line in order.lines.get("item", [])):
        raise user_error(f"You have an invalid sales order {order.id} or the order is already billed")


def _left(line: dict[str, Any]) -> Decimal:
    if line.get("isClosed"):
        return Decimal(0)
    left: Decimal = (
        line["quantity"] - line.get("quantityBilled", Decimal(0)) if line.get("quantity") else Decimal(0)
    )
    return left


def _remaining(order: Record, line: dict[str, Any]) -> dict[str, Any]:
    copied = {
        name: copy.copy(value)
        for name, value in line.items()
        if name not in ("line", "lineUniqueKey", "quantityBilled", "itemType", "isClosed", "billingSchedule")
    }
    left = _left(line)
    if line.get("quantity") and left != line["quantity"]:
        copied["quantity"] = left
        copied.pop("amount", None)
    copied["orderDoc"], copied["orderLine"] = order.id, line["line"]
    return copied


def _mark_billed(context: SaveContext, order: Record, invoice: Record) -> None:
    by_line = {line["line"]: line for line in order.lines["item"]}
    for line in invoice.lines["item"]:
        source = by_line.get(line.get("orderLine"))
        if source is None or line.get("orderDoc") != order.id:
            continue
        source["quantityBilled"] = source.get("quantityBilled", Decimal(0)) + (
            line.get("quantity") or Decimal(0)
        )
        context.state.link(order.id, source["line"], invoice.id, line["line"])
    order.fields["status"] = order.fields["orderStatus"] = order_status(context, order)
    order.meta["modified_at"], order.meta["modified_by"] = context.state.clock.now(), context.actor
    context.state.changed(order, order.external_id)
    context.state.changed(invoice, invoice.external_id)


def unbill(state: State, invoice: Record, context: SaveContext) -> None:
    """An invoice made from an order was deleted: its lines can be billed again."""
    order = state.get("salesOrder", invoice.fields.get("createdFrom") or "")
    if order is None:
        return
    by_line = {line["line"]: line for line in order.lines["item"]}
    for line in invoice.lines["item"]:
        source = by_line.get(line.get("orderLine"))
        if source is not None:
            source["quantityBilled"] = source.get("quantityBilled", Decimal(0)) - (
                line.get("quantity") or Decimal(0)
            )
    order.fields["status"] = order.fields["orderStatus"] = order_status(context, order)
    state.changed(order, order.external_id)
