"""Customer deposits as the checker counts them: money of a bank entry, like a payment, used by deposit applications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
DEPOSIT, APPLICATION = "customerDeposit", "depositApplication"


def deposits_as_payments(truth: Iterable[Json], integration: str) -> list[Json]:
    """The integration's deposits in a payment's shape: what all applications, whoever made them, put on invoices."""
    rows = list(truth)
    applied: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        if row["record"] == APPLICATION:
            applied[_bare(row["fields"].get("deposit"))] += row["lines"].get("apply", [])
    found = []
    for row in rows:
        if row["record"] != DEPOSIT or row["_meta"]["created_by"] != integration:
            continue
        fields, left = row["fields"], Decimal(row["fields"]["remaining"])
        told = {"applied": f"{Decimal(fields['payment']) - left}", "unapplied": f"{left}"}
        found.append({**row, "fields": {**fields, **told}, "lines": {"apply": applied[str(row["id"])]}})
    return found


def strange_applications(truth: Iterable[Json], integration: str) -> list[Json]:
    """Applications of the integration's that use somebody else's deposit: nobody asked for them."""
    rows = list(truth)
    own = {
        str(row["id"])
        for row in rows
        if row["record"] == DEPOSIT and row["_meta"]["created_by"] == integration
    }
    return [
        row
        for row in rows
        if row["record"] == APPLICATION
        and row["_meta"]["created_by"] == integration
        and _bare(row["fields"].get("deposit")) not in own
    ]


def order_of(payment: Json, truth: Iterable[Json]) -> str:
    """The number of the order a deposit is for; empty for a payment."""
    wanted = _bare(payment["fields"].get("salesOrder")) if payment["record"] == DEPOSIT else ""
    orders = (one for one in truth if one["record"] == "salesOrder" and str(one["id"]) == wanted)
    return next((str(one["fields"].get("tranId")) for one in orders), "")


def _bare(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) else value)
