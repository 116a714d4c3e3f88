"""Bank deposits: what is sent (reference, "NetSuite shape" of payouts), and what they took, read back.

Positive lines are *other deposits*, negative ones *cash back*: fees, refunds and disputes that lessen what the bank
got.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    BODY_SYSTEM,
    Number,
    ref,
    text,
)
from tieout.connectors.netsuite.queries import marks
from tieout.domain.drafts import DepositDraft, DepositLine


def deposit_body(draft: DepositDraft) -> dict[str, Any]:
    """A bank deposit; NetSuite computes its total from the lines, and the read-back compares it."""
    body: dict[str, Any] = {
        "externalId": draft.external_id,
        "account": ref(draft.account),
        "subsidiary": ref(draft.subsidiary),
        "currency": ref(draft.currency_id),
        "tranDate": draft.transaction_date.isoformat(),
        BODY_SYSTEM: draft.trace.source.system,
        BODY_SOURCE: draft.trace.source.id,
        BODY_INSTALLATION: draft.trace.installation,
    }
    if draft.memo:
        body["memo"] = text(draft.memo)
    if draft.taken:
        body["payment"] = {"items": [{"id": one.payment, "deposit": True} for one in draft.taken]}
    more = [_line(one) for one in draft.lines if one.amount.amount > 0]
    less = [_line(one) for one in draft.lines if one.amount.amount < 0]
    for name, lines in (("other", more), ("cashBack", less)):
        if lines:
            body[name] = {"items": lines}
    return body


def _line(line: DepositLine) -> dict[str, Any]:
    body: dict[str, Any] = {"account": ref(line.account), "amount": Number(abs(line.amount.amount))}
    if line.memo:
        body["memo"] = text(line.memo)
    return body


def taken_by(count: Sequence[object]) -> str:
    """The payments these bank deposits took out of undeposited funds."""
    return (
        "SELECT l.nextdoc, l.previousdoc, l.previousline, l.previoustype, l.foreignamount"  # noqa: S608
        " FROM nexttransactionlinelink l"
        f" WHERE l.linktype = 'DepRcpt' AND l.nextdoc IN ({marks(count)}) ORDER BY l.nextdoc, l.previousdoc"
    )
