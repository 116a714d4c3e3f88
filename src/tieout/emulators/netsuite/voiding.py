"""Voiding: amounts go to zero, the record stays (reference 6.10; rules NS-21, NS-21b).

No REST call voids; people and scripts do, so the control API does (`void_record`).
"""

from __future__ import annotations

from typing import Any

from tieout.emulators.netsuite.balances import ZERO, is_settled, settle
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.errors import (
    ALREADY_VOIDED,
    CLOSED_EDIT,
    REFERRED_TO,
    VOID_BY_JOURNAL,
    user_error,
)
from tieout.emulators.netsuite.state import Record

DIRECT = ("invoice", "customerPayment", "creditMemo", "customerDeposit", "customerRefund")
_AMOUNTS = (
    "payment", "total", "subtotal", "discountTotal", "taxTotal", "applied", "unapplied", "amountPaid",
    "amountRemaining", "remaining",
)  # fmt: skip
# What may be changed on a voided record: nothing that posts.
_HARMLESS = frozenset({"memo", "externalId", "customForm", "checkNumber", "message", "email"})


def void(context: SaveContext, record: Record) -> None:
    """Void a transaction. Raises NsError when it cannot be voided."""
    state, fields = context.state, record.fields
    if record.type not in DIRECT:
        raise user_error(f"A {record.type} cannot be voided; reverse it.")
    if fields.get("voided"):
        raise user_error(ALREADY_VOIDED)
    if (
        state.account.get("void_by_reversing_journal")
        and record.type != "customerRefund"
        and context.on("NS-21b")
    ):
        raise user_error(VOID_BY_JOURNAL)
    period = state.get("accountingPeriod", fields.get("postingPeriod") or "")
    if period is not None and period.fields["closed"] and context.on("NS-16b"):
        raise user_error(CLOSED_EDIT)
    if is_settled(state, record) or fields.get("bankDeposit"):
        raise user_error(REFERRED_TO)
    for name in _AMOUNTS:
        if name in fields:
            fields[name] = ZERO
    for name in ("apply", "credit", "deposit"):
        if name in record.lines:
            record.lines[name] = []
    for line in record.lines.get("item", []):
        line["amount"] = line["rate"] = ZERO
    fields["voided"], fields["memo"] = True, "VOID"
    if record.type in ("invoice", "creditMemo", "customerRefund"):
        fields["status"] = "V"
    record.meta["modified_at"], record.meta["modified_by"] = state.clock.now(), context.actor
    state.changed(record, record.external_id)
    settle(context, record)


def touches_ledger(given: set[str], sublists: dict[str, Any]) -> bool:
    """Whether a change of these fields and sublists would change what is posted."""
    return bool(sublists) or any(name not in _HARMLESS and not name.startswith("custbody_") for name in given)
