"""What a payout waits for: in sight at once, and a case when it takes days. Nothing waits silently."""

from __future__ import annotations

from dataclasses import replace

from tieout.flows.cash.remarks import finding
from tieout.flows.cash_storage import MovementRow
from tieout.flows.context import Context
from tieout.flows.rows import SourceRecord
from tieout.flows.storage import Unit

#: How the outcome of what waits begins; after it stands for what. `matched_at` is since when.
WAITS = "waits: "


class Wait(Exception):
    """Something a payout is made of is under way: it is looked at again later. It says what."""


def waits(unit: Unit, record: SourceRecord, row: MovementRow, why: Wait, context: Context) -> None:
    """Note what it waits for. After some days that is a case, which ends by itself when the wait does."""
    assert context.policy.cash is not None
    now, before = context.clock.now(), unit.cash.movement(record.id)
    known = before is not None and before.outcome.startswith(WAITS)
    since = before.matched_at if before is not None and known and before.matched_at is not None else now
    unit.cash.put_movement(replace(row, outcome=f"{WAITS}{why}", matched_at=since))
    if now - since < context.policy.cash.payout_patience:
        return
    found = f"{why}, since {since:%Y-%m-%d}"
    said = finding(
        record, "payout_waits", record.source.id, "everything in it booked, or with a person", found
    )
    unit.cases.open(said, record.id, None, now)
