"""Customer deposits of an order, taken up by an invoice that is made from it (rules NS-48b, NS-48c)."""

from __future__ import annotations

from dataclasses import replace

from tieout.emulators.netsuite.balances import left
from tieout.emulators.netsuite.cash_transforms import transform_cash
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.state import Record

#: Who made what the platform makes by itself.
_PLATFORM = "netsuite"


def take_up(context: SaveContext, invoice: Record) -> None:
    """Apply what is left of the order's deposits to an invoice that was just saved, the oldest first (NS-48c)."""
    order, state = invoice.fields.get("createdFrom"), context.state
    if not order or not context.strict or not context.on("NS-48c"):
        return
    if invoice.fields.get("approvalStatus", "2") != "2" or invoice.fields.get("voided"):
        return
    paid = [
        one
        for one in state.of_entity.get(str(invoice.fields["entity"]), {}).values()
        if one.type == "customerDeposit"
        and one.fields.get("salesOrder") == order
        and not one.fields.get("voided")
    ]
    for deposit in sorted(paid, key=lambda one: int(one.id)):
        if left(state, deposit) <= 0 or left(state, invoice) <= 0:
            continue
        own = replace(
            context,
            actor=_PLATFORM,
            strict=False,
            sent={},
            given=frozenset(),
            replace=frozenset(),
            warnings=[],
        )
        body = {
            "tranDate": invoice.fields["tranDate"],
            "apply": {"items": [{"doc": {"id": invoice.id}}]},
        }
        transform_cash(own, deposit, "depositApplication", body)
