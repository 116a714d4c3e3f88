"""Journal entries: what is sent, and how their lines are read back (reference §6.9; field names are inferred there)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout.connectors.netsuite.client import Row
from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    BODY_SYSTEM,
    Number,
    ref,
    text,
)
from tieout.connectors.netsuite.queries import decimal_of, marks
from tieout.domain.comparison import Observed, ObservedPosting
from tieout.domain.drafts import JournalDraft, JournalLine
from tieout.domain.ids import InternalId


def journal_body(draft: JournalDraft) -> dict[str, Any]:
    """A journal entry. Whether it needs approval is the account's own setting: nothing is said about it."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        "tranDate": draft.transaction_date.isoformat(),
        BODY_SYSTEM: draft.trace.source.system,
        BODY_SOURCE: draft.trace.source.id,
        BODY_INSTALLATION: draft.trace.installation,
        "line": {"items": [_line(one, one.memo or draft.memo) for one in draft.lines]},
    }
    if draft.memo:
        body["memo"] = text(draft.memo)
    return body


def _line(line: JournalLine, memo: str) -> dict[str, Any]:
    body: dict[str, Any] = {"account": ref(line.account)}
    for side, amount in (("debit", line.debit), ("credit", line.credit)):
        if amount is not None:
            body[side] = Number(amount.amount)
    if line.entity:
        body["entity"] = ref(line.entity)
    if memo:
        body["memo"] = text(memo)
    return body


def postings_of(count: Sequence[object]) -> str:
    """All lines of these journal entries, the main one included; the account is on the accounting line."""
    return (
        "SELECT l.transaction, l.linesequencenumber, l.entity, l.foreignamount, a.account"  # noqa: S608
        " FROM transactionline l JOIN transactionaccountingline a"
        " ON a.transaction = l.transaction AND a.transactionline = l.id"
        f" WHERE l.transaction IN ({marks(count)}) ORDER BY l.transaction, l.linesequencenumber"
    )


def with_postings(observed: Observed, rows: Sequence[Row]) -> Observed:
    """A journal entry with its lines (rows of `postings_of`); anything else as it is. An account that keeps several
    accounting books tells a line once for each.
    """
    if not rows:
        return observed
    once = {row.get("linesequencenumber", ""): row for row in reversed(rows)}
    postings = tuple(
        ObservedPosting(
            account=InternalId(row.get("account", "")),
            amount=decimal_of(row, "foreignamount") or Decimal(0),
            entity=InternalId(row["entity"]) if row.get("entity") else None,
        )
        for row in reversed(once.values())
    )
    return replace(observed, lines=(), postings=postings)
