"""What is settled of which document: the one place that maintains open amounts and status letters.

A payment, credit memo, refund or deposit application *settles* documents by its chosen lines. `settle` keeps, for every
document, who settles how much of it, and brings the documents' own fields up to date (reference 6.6; rule NS-18).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.emulators.netsuite.catalog import STATIC
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.state import Record, State, Target

ZERO = Decimal(0)


def key_of(line: dict[str, Any]) -> Target:
    """What a chosen line settles."""
    return (str(line["doc"]), int(line.get("line") or 0))


def sum_of(record: Record, name: str) -> Decimal:
    """The amounts of a sublist's chosen lines."""
    return sum((line["amount"] for line in record.lines.get(name, []) if line.get("apply")), ZERO)


def amounts(record: Record) -> dict[Target, Decimal]:
    """What a record settles; a discount counts toward the document (rule NS-18c keeps it out when off)."""
    found: dict[Target, Decimal] = {}
    for name in STATIC.get(record.type, ()):
        for line in record.lines.get(name, []):
            if line.get("apply"):
                key = key_of(line)
                found[key] = found.get(key, ZERO) + line["amount"] + (line.get("disc") or ZERO)
    if record.type == "depositApplication" and record.fields.get("deposit"):
        found[str(record.fields["deposit"]), 0] = sum_of(record, "apply")
    return found


def settled(state: State, document: str, line: int = 0) -> Decimal:
    """What all others together settle of a document."""
    return sum(state.applied.get((document, line), {}).values(), ZERO)


def is_settled(state: State, document: Record) -> bool:
    """Whether anything is applied to a document or to one of its lines."""
    lines = [0, *(line["line"] for line in document.lines.get("line", []))]
    return any(settled(state, document.id, line) for line in lines)


def face(record: Record, line: int = 0) -> Decimal:
    """What there is to settle in all."""
    if record.type == "journalEntry":
        for row in record.lines.get("line", []):
            if row["line"] == line:
                return Decimal(row.get("debit") or row.get("credit") or ZERO)
        return ZERO
    return Decimal(record.fields["total"])


def left(state: State, record: Record, line: int = 0) -> Decimal:
    """What is still open of a document: an invoice's debt, a credit's or a payment's rest."""
    own = sum_of(record, "apply") if record.type in ("customerPayment", "creditMemo") else ZERO
    return face(record, line) - own - settled(state, record.id, line)


def derive(state: State, record: Record) -> None:
    """Bring amounts and status letter in step with what is settled."""
    if record.fields.get("voided"):
        return
    fields = record.fields
    if record.type == "invoice":
        fields["amountPaid"] = settled(state, record.id)
        fields["amountRemaining"] = fields["total"] - fields["amountPaid"]
        fields["status"] = invoice_status(fields)
    elif record.type == "creditMemo":
        rest = left(state, record)
        fields["applied"] = fields["amountPaid"] = fields["total"] - rest
        fields["unapplied"] = fields["amountRemaining"] = rest
        fields["status"] = "A" if rest > 0 else "B"
    elif record.type == "customerPayment":
        fields["unapplied"] = left(state, record)
        fields["applied"] = fields["total"] - fields["unapplied"]
        fields["status"] = "B" if in_undeposited_funds(record) else "C"
    elif record.type == "customerDeposit":
        fields["remaining"] = left(state, record)
        waiting = in_undeposited_funds(record)
        fields["status"] = "C" if fields["remaining"] <= 0 else "A" if waiting else "B"


def in_undeposited_funds(record: Record) -> bool:
    """Whether money waits for a bank deposit to take it."""
    return record.fields.get("undepFunds") == "T" and not record.fields.get("bankDeposit")


def invoice_status(fields: dict[str, Any]) -> str:
    """A open, B paid in full, D pending approval, E rejected, V voided."""
    if fields.get("voided"):
        return "V"
    if fields["approvalStatus"] == "1":
        return "D"
    if fields["approvalStatus"] == "3":
        return "E"
    return "A" if fields["amountRemaining"] > 0 else "B"


def settle(context: SaveContext, record: Record, *, removed: bool = False) -> None:
    """Take over what a stored record settles now (nothing when it was removed) and update the documents."""
    state = context.state
    if record.type == "deposit":
        _bank(state, record, removed=removed)
        return
    before = state.applications.get(record.id, {})
    after = {} if removed else amounts(record)
    if before == after:
        return
    _remember(state, record.id, after)
    touched = {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    for document in sorted(touched, key=int):
        found = state.groups["transaction"].get(document)
        if found is None:
            continue
        derive(state, found)
        if not context.on("NS-18d"):
            found.meta["modified_at"], found.meta["modified_by"] = state.clock.now(), context.actor
        state.changed(found, found.external_id)


def _bank(state: State, deposit: Record, *, removed: bool) -> None:
    """Mark the payments that a bank deposit holds now."""
    before = state.banked.pop(deposit.id, set())
    after = set() if removed else {line["id"] for line in deposit.lines.get("payment", [])}
    if after:
        state.banked[deposit.id] = after
    for number in sorted(before ^ after, key=int):
        payment = state.groups["transaction"].get(number)
        if payment is None:
            continue
        if number in after:
            payment.fields["bankDeposit"] = deposit.id
        else:
            payment.fields.pop("bankDeposit", None)
        derive(state, payment)
        state.changed(payment, payment.external_id)


def _remember(state: State, applier: str, after: dict[Target, Decimal]) -> None:
    for key in state.applications.pop(applier, {}):
        state.applied[key].pop(applier, None)
    if after:
        state.applications[applier] = after
    for key, amount in after.items():
        state.applied.setdefault(key, {})[applier] = amount


def remember_all(state: State) -> None:
    """Rebuild who settles what from the records themselves, as after loading a saved state."""
    state.applications.clear()
    state.applied.clear()
    state.banked.clear()
    for record in state.groups.get("transaction", {}).values():
        if record.type == "deposit" and record.lines.get("payment"):
            state.banked[record.id] = {line["id"] for line in record.lines["payment"]}
        _remember(state, record.id, amounts(record))
