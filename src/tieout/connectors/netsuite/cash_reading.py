"""Open items, balances and other writers' payments, read in batches by SuiteQL.

Columns: reference §2 (`foreignamountunpaid`, `foreignpaymentamountunused`; the A/R account is on the accounting line of
the main line). Whether an application stamps the invoice is not known (§12), so documents that payments and credits
changed since are asked for through the links, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout.connectors.netsuite import journal_lines
from tieout.connectors.netsuite.client import NetSuiteClient, Row
from tieout.connectors.netsuite.mapping import BODY_INSTALLATION
from tieout.connectors.netsuite.prepayments import paid_for
from tieout.connectors.netsuite.queries import TYPE_CODES, day_of, decimal_of, marks
from tieout.domain.cash.ledger import ItemKind, OpenItem
from tieout.domain.comparison import Observed
from tieout.domain.ids import DocumentNumber, ExternalId, InternalId, RecordType
from tieout.domain.money import Money, MoneyError, Rounding
from tieout.domain.open_lines import key_parts
from tieout.flows.ports import Clock, ForeignPaymentQuery, ForeignSign

_KINDS = {
    "CustInvc": ItemKind.INVOICE,
    "CustCred": ItemKind.CREDIT_MEMO,
    "CustPymt": ItemKind.PAYMENT,
    "SalesOrd": ItemKind.SALES_ORDER,
    "CustDep": ItemKind.CUSTOMER_DEPOSIT,
}
#: Settled documents of so long are kept in the picture: a reference to one of them is stale, not unknown.
_SETTLED_FOR = timedelta(days=400)
#: A payment that somebody entered is dated within so many days of the bank's.
_ENTERED_WITHIN = timedelta(days=7)
#: Letters of orders nothing can be billed of any more, and of documents that are not (or no longer) to be paid.
_ENDED_ORDERS = frozenset({"C", "G", "H"})
_NO_MONEY = _ENDED_ORDERS | {"A"}
_NOT_APPROVED = frozenset({"D", "E", "V"})
#: Money of a customer's: the number beside it is a cheque's, and nobody approves it as a document.
_MONEY = frozenset({ItemKind.PAYMENT, ItemKind.CUSTOMER_DEPOSIT})
_MADE_FROM = frozenset({ItemKind.CREDIT_MEMO, ItemKind.INVOICE, ItemKind.CUSTOMER_DEPOSIT})
_NONE = Decimal(0)
_BATCH = 400
_WHOLE = Decimal(100)

_SELECT = (
    "SELECT t.id, t.type, t.tranid, t.externalid, t.entity, c.symbol, t.foreigntotal, t.foreignamountunpaid,"
    " t.foreignpaymentamountunused, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate,"
    " TO_CHAR(t.duedate, 'YYYY-MM-DD') AS duedate, t.otherrefnum, t.status, t.voided, m.subsidiary, m.createdfrom,"
    " a.account, d.discountpercent, d.daysuntilexpiry"
    " FROM transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'"
    " JOIN currency c ON c.id = t.currency"
    " LEFT JOIN transactionaccountingline a ON a.transaction = t.id AND a.transactionline = m.id"
    " LEFT JOIN term d ON d.id = t.terms"
    " WHERE t.type IN ('CustInvc', 'CustCred', 'CustPymt', 'SalesOrd', 'CustDep')"
)


class CashReader:
    """What cash application reads of one account."""

    def __init__(self, client: NetSuiteClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    def open_items(self, since: datetime | None) -> Iterator[list[OpenItem]]:
        """Everything open, and settled not long ago; with `since`, what changed since. Raises `CallError`s."""
        if since is None:
            first = (self._clock.now() - _SETTLED_FOR).date().isoformat()
            condition = (
                " AND (t.trandate >= TO_DATE(?, 'YYYY-MM-DD') OR t.foreignamountunpaid <> 0"
                " OR t.foreignpaymentamountunused <> 0)"
            )
            params, of_journals = [first], journal_lines.OPEN_OR_SINCE
        else:
            # Stamps are read as days: what is asked for twice is written once.
            day = (since - timedelta(days=1)).date().isoformat()
            condition = (
                " AND (t.lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD') OR t.id IN (SELECT l.previousdoc"
                " FROM nexttransactionlinelink l JOIN transaction p ON p.id = l.nextdoc"
                " WHERE p.lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD'))"
            )
            params, of_journals = [day, day], f"{condition})"
            # What an order still has to be paid moves with its deposits.
            condition += (
                " OR t.id IN (SELECT o.createdfrom FROM transactionline o JOIN transaction d ON d.id = o.transaction"
                " WHERE d.type = 'CustDep' AND d.lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD')))"
            )
        of_all = params if since is None else [*params, params[0]]
        for page in self._client.suiteql_by_id(_SELECT + condition + " {after}", of_all, "t.id"):
            yield self._items(page)
        journals = journal_lines.SELECT + of_journals + " {after}"
        for page in self._client.suiteql_by_id(journals, params, journal_lines.KEY):
            yield journal_lines.journal_items(page)

    def items_now(self, ids: Sequence[InternalId]) -> list[OpenItem]:
        """These documents, and lines of journal entries, as they are now. Raises `CallError`s."""
        documents = [one for one in ids if key_parts(one)[1] is None]
        entries = sorted({key_parts(one)[0] for one in ids if key_parts(one)[1] is not None})
        found: list[OpenItem] = []
        for some in _batches(documents):
            found += self._items(self._client.suiteql(f"{_SELECT} AND t.id IN ({marks(some)})", some))
        for some in _batches(entries):
            rows = self._client.suiteql(journal_lines.of_entries(some), some)
            found += [item for item in journal_lines.journal_items(rows) if item.id in ids]
        return found

    def _items(self, rows: Sequence[Row]) -> list[OpenItem]:
        """Rows as open items; what was paid for an order in advance is read beside it."""
        orders = [
            row["id"] for row in rows if row["type"] == "SalesOrd" and row.get("status") not in _ENDED_ORDERS
        ]
        paid: dict[str, Decimal] = {}
        for some in _batches([InternalId(one) for one in orders]):
            paid |= paid_for(self._client, some)
        return [item for row in rows if (item := _item(row, paid)) is not None]

    def foreign_payments(self, queries: Sequence[ForeignPaymentQuery]) -> Mapping[str, list[ForeignSign]]:
        """Payments and customer deposits that are not ours, of the same customer, currency and amount about the day, or
        with the bank's reference as their check number.
        """
        customers = sorted({query.customer for query in queries})
        if not customers:
            return {}
        first = min(query.day for query in queries) - _ENTERED_WITHIN
        last = max(query.day for query in queries) + _ENTERED_WITHIN
        rows = self._client.suiteql(
            "SELECT t.id, t.externalid, t.type, t.tranid, t.otherrefnum, t.entity, t.currency, t.foreigntotal,"  # noqa: S608
            f" TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate, t.{BODY_INSTALLATION} FROM transaction t"
            " WHERE t.type IN ('CustPymt', 'CustDep') AND NVL(t.voided, 'F') = 'F'"
            f" AND t.entity IN ({marks(customers)})"
            " AND t.trandate >= TO_DATE(?, 'YYYY-MM-DD') AND t.trandate <= TO_DATE(?, 'YYYY-MM-DD')"
            f" AND t.{BODY_INSTALLATION} IS NULL",
            [*customers, first.isoformat(), last.isoformat()],
        )
        signs: dict[str, list[ForeignSign]] = {}
        for row in rows:
            for query in queries:
                why = _same_payment(row, query)
                if why:
                    sign = ForeignSign(observed=_slim(row), why=why, certain=False)
                    signs.setdefault(query.source_id, []).append(sign)
        return signs


def _batches(ids: Sequence[InternalId]) -> Iterator[list[InternalId]]:
    for start in range(0, len(ids), _BATCH):
        yield list(ids[start : start + _BATCH])


def _same_payment(row: Row, query: ForeignPaymentQuery) -> str:
    """Why a row may be the payment that is asked about; empty when it cannot be."""
    if query.customer != row.get("entity") or query.currency_id != row.get("currency"):
        return ""
    if decimal_of(row, "foreigntotal") != Decimal(query.total):
        return ""
    day = day_of(row.get("trandate"))
    if day is None or abs(day - query.day) > _ENTERED_WITHIN:
        return ""
    if query.reference and row.get("otherrefnum") == query.reference:
        return f"same customer, amount {query.total} and check number {query.reference}"
    return f"same customer and amount {query.total}, dated {day}"


def _slim(row: Row) -> Observed:
    external = row.get("externalid")
    return Observed(
        id=InternalId(row["id"]),
        external_id=ExternalId(external) if external else None,
        type=TYPE_CODES.get(row.get("type", ""), RecordType.CUSTOMER_PAYMENT),
        number=DocumentNumber(row.get("tranid", "")),
        customer=InternalId(row.get("entity", "")),
    )


def _item(row: Row, paid: Mapping[str, Decimal]) -> OpenItem | None:
    """A row as an open item; None for a currency nobody knows, which no payment of ours can be in either."""
    kind, currency = _KINDS[row["type"]], row.get("symbol", "")
    status, voided = row.get("status", ""), row.get("voided") == "T"
    total = abs(decimal_of(row, "foreigntotal") or Decimal(0))
    unused = kind in {ItemKind.CREDIT_MEMO, ItemKind.PAYMENT, ItemKind.CUSTOMER_DEPOSIT}
    rest = abs(
        decimal_of(row, "foreignpaymentamountunused" if unused else "foreignamountunpaid") or Decimal(0)
    )
    if kind is ItemKind.SALES_ORDER:
        rest = Decimal(0) if status in _ENDED_ORDERS else max(total - paid.get(row["id"], _NONE), _NONE)
    day = day_of(row.get("trandate"))
    try:
        total_minor = Money(total, currency).minor
        open_minor = 0 if voided else Money(rest, currency).minor
    except MoneyError:
        return None
    if day is None:
        return None
    discount, until = _discount(row, total, currency, day) if kind is ItemKind.INVOICE else (0, None)
    return OpenItem(
        id=InternalId(row["id"]),
        kind=kind,
        customer=InternalId(row.get("entity", "")),
        number=row.get("tranid", ""),
        currency=currency,
        total_minor=total_minor,
        open_minor=open_minor,
        day=day,
        due=day_of(row.get("duedate")),
        external_id=row.get("externalid", ""),
        po_number="" if kind in _MONEY else row.get("otherrefnum", ""),
        subsidiary=row.get("subsidiary", ""),
        receivables=row.get("account", ""),
        approved=status not in (_NO_MONEY if kind is ItemKind.SALES_ORDER else _NOT_APPROVED),
        discount_minor=discount,
        discount_until=until,
        made_from=InternalId(row["createdfrom"]) if kind in _MADE_FROM and "createdfrom" in row else None,
    )


def _discount(row: Row, total: Decimal, currency: str, day: date) -> tuple[int, date | None]:
    """What the terms let an early payer deduct, and until when. Whether SuiteQL tells 2 % as 0.02 or as 2 our sources
    do not say: below one it is read as a share. A wrong reading only fails to explain a difference: a discount counts
    when what is missing is exactly it.
    """
    told, days = decimal_of(row, "discountpercent"), decimal_of(row, "daysuntilexpiry")
    if not told or days is None or not 0 < told < _WHOLE:
        return 0, None
    share = told if told < 1 else told / _WHOLE
    return Money.rounded(total * share, currency, Rounding.HALF_UP).minor, day + timedelta(days=int(days))
