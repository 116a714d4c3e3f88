"""Receivable lines of journal entries with a customer: each is open like a document (reference §6.9, rule NS-45).

A debit is a debt like an invoice, a credit is money of the customer's like a credit memo. What is open is told per
accounting line, and in base currency only (reference §2): it is converted by the entry's rate, to the nearest unit;
what is wholly open or wholly settled, and an entry in base currency, are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tieout.connectors.netsuite.client import Row
from tieout.connectors.netsuite.queries import day_of, decimal_of, marks
from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.ids import InternalId
from tieout.domain.money import Money, MoneyError, Rounding
from tieout.domain.open_lines import line_key

_ZERO = Decimal(0)

SELECT = (
    "SELECT l.uniquekey AS id, t.id AS journal, l.id AS line, t.tranid, t.externalid, l.entity, c.symbol,"
    " t.exchangerate, l.foreignamount, a.amount AS base, a.amountunpaid, a.paymentamountunused,"
    " TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate, t.posting, t.voided, l.subsidiary, a.account"
    " FROM transactionline l JOIN transaction t ON t.id = l.transaction"
    " JOIN currency c ON c.id = t.currency"
    " JOIN transactionaccountingline a ON a.transaction = l.transaction AND a.transactionline = l.id"
    " JOIN account x ON x.id = a.account"
    " WHERE t.type = 'Journal' AND x.accttype = 'AcctRec' AND l.entity IS NOT NULL"
)
#: Keyset paging goes by the line's own key: a page may end within an entry.
KEY = "l.uniquekey"
#: What is added for the first reading: recent entries, and whatever is open of older ones (one parameter, a day).
OPEN_OR_SINCE = (
    " AND (t.trandate >= TO_DATE(?, 'YYYY-MM-DD') OR a.amountunpaid <> 0 OR a.paymentamountunused <> 0)"
)


def of_entries(entries: Sequence[object]) -> str:
    """The lines of these journal entries."""
    return f"{SELECT} AND t.id IN ({marks(entries)})"


def journal_items(rows: Iterable[Row]) -> list[OpenItem]:
    """Rows as open items."""
    return [item for row in rows if (item := _item(row)) is not None]


def _item(row: Row) -> OpenItem | None:
    """One line; None for one without an amount, and for a currency nobody knows."""
    amount, day = decimal_of(row, "foreignamount") or _ZERO, day_of(row.get("trandate"))
    currency = row.get("symbol", "")
    if not amount or day is None:
        return None
    try:
        total = Money(abs(amount), currency)
        rest = _open(row, total, debit=amount > 0)
    except MoneyError:
        return None
    return OpenItem(
        id=line_key(row["journal"], row["line"]),
        kind=ItemKind.JOURNAL if amount > 0 else ItemKind.JOURNAL_CREDIT,
        customer=InternalId(row.get("entity", "")),
        number=row.get("tranid", ""),
        currency=currency,
        total_minor=total.minor,
        open_minor=0 if row.get("voided") == "T" else rest.minor,
        day=day,
        external_id=row.get("externalid", ""),
        subsidiary=row.get("subsidiary", ""),
        receivables=row.get("account", ""),
        # An entry that waits for approval does not post, and cannot be settled.
        approved=row.get("posting") == "T",
    )


def _open(row: Row, total: Money, *, debit: bool) -> Money:
    rest = abs(decimal_of(row, "amountunpaid" if debit else "paymentamountunused") or _ZERO)
    base = abs(decimal_of(row, "base") or _ZERO)
    if rest == base:
        return total
    rate = decimal_of(row, "exchangerate") or Decimal(1)
    return Money.rounded(min(rest / rate, total.amount), total.currency, Rounding.HALF_UP)
