"""API versions, and what an older one shows instead. State is kept in the newest shape.

The break that matters (stripe-billing §1.4): 2025-03-31.basil took `charge`, `payment_intent`, `paid` and
`paid_out_of_band` from the invoice and `invoice` from charges and payment intents, and added invoice payments.
"""

from __future__ import annotations

from collections.abc import Callable

from tieout.emulators.kit.http import Json

NEWEST = "2026-10-28.endive"
CLOVER = "2025-09-30.clover"
ACACIA = "2024-11-20.acacia"
KNOWN = (ACACIA, CLOVER, NEWEST)
_BASIL = "2025-03-31"

Payments = Callable[[str, str], list[Json]]


def is_old(version: str) -> bool:
    """Whether a version is from before invoice payments."""
    return version[:10] < _BASIL


def render(item: Json, version: str, payments: Payments) -> Json:
    """An object as this version shows it. `payments(field, id)` gives the invoice payments of an object."""
    shown = {name: value for name, value in item.items() if not name.startswith("_")}
    kind = shown.get("object")
    if not is_old(version):
        return shown
    if kind == "invoice":
        return shown | _old_invoice(item, payments("invoice", str(item["id"])))
    if kind in {"charge", "payment_intent"}:
        intent = item["id"] if kind == "payment_intent" else item.get("payment_intent")
        found = payments("payment_intent", str(intent)) if intent else []
        shown["invoice"] = found[0]["invoice"] if found else None
    return shown


def _old_invoice(item: Json, paid_by: list[Json]) -> Json:
    default = next((one for one in paid_by if one["payment"]["type"] == "payment_intent"), None)
    intent = default["payment"]["payment_intent"] if default else None
    return {
        "paid": item["status"] == "paid",
        "paid_out_of_band": bool(item.get("_out_of_band")),
        "payment_intent": intent,
        "charge": default["_charge"] if default else None,
        "subscription": None,
        "tax": None,
        "quote": None,
    }
