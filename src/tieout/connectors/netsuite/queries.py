"""SuiteQL texts and how their rows are read. Everything comes back as strings with lower-case names; NULL
members are missing (reference §2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from tieout.connectors.netsuite.client import Row
from tieout.connectors.netsuite.mapping import (
    BODY_INSTALLATION,
    BODY_SOURCE,
    ENTITY_INSTALLATION,
    ENTITY_SOURCE,
    LINE_SOURCE,
)
from tieout.domain.comparison import Observed, ObservedApplication, ObservedLine
from tieout.domain.ids import DocumentNumber, ExternalId, InternalId, RecordType
from tieout.domain.open_lines import line_key

#: `transaction.type` codes of the records we write; any other code stays as it is.
TYPE_CODES = {
    "CustInvc": RecordType.INVOICE,
    "SalesOrd": RecordType.SALES_ORDER,
    "CustPymt": RecordType.CUSTOMER_PAYMENT,
    "CustRfnd": RecordType.CUSTOMER_REFUND,
    "Journal": RecordType.JOURNAL_ENTRY,
    "Deposit": RecordType.BANK_DEPOSIT,
    "CustDep": RecordType.CUSTOMER_DEPOSIT,
    "DepAppl": RecordType.DEPOSIT_APPLICATION,
}


#: Links from a credit to the payment that uses it.
_CREDIT_LINK = "ApplyCred"


def marks(values: Sequence[object]) -> str:
    """As many `?` as there are values."""
    return ", ".join("?" * len(values))


def transactions_by_external_id(count: Sequence[object]) -> str:
    """Which transactions, of whatever type, carry these external ids."""
    return f"SELECT id, externalid, type FROM transaction WHERE externalid IN ({marks(count)})"  # noqa: S608


def entities_by_external_id(count: Sequence[object]) -> str:
    """Which customers and contacts carry these external ids."""
    inside = marks(count)
    return (
        f"SELECT id, externalid, 'customer' AS kind FROM customer WHERE externalid IN ({inside})"  # noqa: S608
        f" UNION ALL SELECT id, externalid, 'contact' AS kind FROM contact WHERE externalid IN ({inside})"
    )


def transaction_headers(count: Sequence[object], where: str = "t.id") -> str:
    """Headers, with subsidiary and origin from the main line (they are not on the header)."""
    return (
        "SELECT t.id, t.externalid, t.type, t.entity, t.currency,"  # noqa: S608
        " TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate, t.otherrefnum, t.status, t.approvalstatus, t.tranid,"
        f" t.foreigntotal, t.taxtotal, t.voided, t.foreignpaymentamountunused, t.{BODY_INSTALLATION}, t.{BODY_SOURCE},"
        " m.subsidiary, m.createdfrom"
        " FROM transaction t JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T'"
        f" WHERE {where} IN ({marks(count)}) ORDER BY t.id"
    )


def transaction_lines(count: Sequence[object]) -> str:
    """Item lines; revenue is negative in `transactionline`."""
    return (
        "SELECT l.transaction, l.linesequencenumber, l.item, l.quantity, l.foreignamount,"  # noqa: S608
        f" l.{LINE_SOURCE} FROM transactionline l"
        f" WHERE l.mainline = 'F' AND l.taxline = 'F' AND l.transaction IN ({marks(count)})"
        " ORDER BY l.transaction, l.linesequencenumber"
    )


def applications_of(count: Sequence[object]) -> str:
    """What these payments are applied to, and the credits they use. How NetSuite links a credit is not in our sources:
    a link of another name shows as a credit that is not used, which is a case and never a silent success.
    """
    return (
        "SELECT l.nextdoc, l.previousdoc, l.previousline, l.previoustype, l.linktype, l.foreignamount"  # noqa: S608
        " FROM nexttransactionlinelink l"
        f" WHERE l.linktype IN ('Payment', '{_CREDIT_LINK}') AND l.nextdoc IN ({marks(count)})"
        " ORDER BY l.nextdoc, l.previousdoc"
    )


def customers_by_id(count: Sequence[object]) -> str:
    """Customers with their trace and primary subsidiary."""
    return (
        "SELECT c.id, c.externalid, c.companyname, c.entityid, c.email, c.isinactive, s.subsidiary,"  # noqa: S608
        f" c.{ENTITY_INSTALLATION}, c.{ENTITY_SOURCE} FROM customer c"
        " LEFT JOIN customersubsidiaryrelationship s ON s.entity = c.id AND s.isprimarysub = 'T'"
        f" WHERE c.id IN ({marks(count)})"
    )


def contacts_by_id(count: Sequence[object]) -> str:
    """Contacts with their trace and company."""
    return (
        "SELECT c.id, c.externalid, c.entityid, c.company,"  # noqa: S608
        f" c.{ENTITY_INSTALLATION}, c.custentity_tieout_source_id, c.{ENTITY_SOURCE} FROM contact c"
        f" WHERE c.id IN ({marks(count)})"
    )


def decimal_of(row: Row, column: str) -> Decimal | None:
    """A number, or None."""
    try:
        return Decimal(row[column])
    except (KeyError, InvalidOperation):
        return None


def day_of(text: str | None) -> date | None:
    """An ISO day, or None."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def observed_transaction(header: Row, lines: Sequence[Row], applied: Sequence[Row] = ()) -> Observed:
    """A transaction as NetSuite has it; `applied`: rows of `applications_of`, for a payment."""
    external = header.get("externalid")
    created_from = header.get("createdfrom")
    code = header.get("type", "")
    pending = header.get("status") == ("A" if code in {"SalesOrd", "Journal"} else "D")
    return Observed(
        id=InternalId(header["id"]),
        external_id=ExternalId(external) if external else None,
        type=TYPE_CODES.get(code, code),
        installation=header.get(BODY_INSTALLATION, ""),
        source_id=header.get(BODY_SOURCE, ""),
        customer=InternalId(header.get("entity", "")),
        subsidiary=header.get("subsidiary", ""),
        currency_id=header.get("currency", ""),
        transaction_date=day_of(header.get("trandate")),
        po_number=header.get("otherrefnum", ""),
        lines=tuple(observed_line(line) for line in lines),
        status=header.get("status", ""),
        voided=header.get("voided") == "T" or header.get("status") == "V",
        approved=not pending,
        number=DocumentNumber(header.get("tranid", "")),
        total=decimal_of(header, "foreigntotal"),
        tax_total=decimal_of(header, "taxtotal"),
        created_from=InternalId(created_from) if created_from else None,
        applied=tuple(_application(row) for row in applied if row.get("linktype") != _CREDIT_LINK),
        credits=tuple(_application(row) for row in applied if row.get("linktype") == _CREDIT_LINK),
        unapplied=decimal_of(header, "foreignpaymentamountunused"),
    )


def _application(row: Row) -> ObservedApplication:
    return ObservedApplication(
        document=settled_key(row), amount=abs(decimal_of(row, "foreignamount") or Decimal(0))
    )


def settled_key(row: Row) -> InternalId:
    """What a payment's link points at: a document as a whole, or one line of a journal entry."""
    if row.get("previoustype") == "Journal":
        return line_key(row["previousdoc"], row.get("previousline", "0"))
    return InternalId(row["previousdoc"])


def observed_line(row: Row) -> ObservedLine:
    """A line in the sign a person sees: revenue lines are stored negative."""
    return ObservedLine(
        item=InternalId(row.get("item", "")),
        quantity=-(decimal_of(row, "quantity") or Decimal(0)),
        amount=-(decimal_of(row, "foreignamount") or Decimal(0)),
        source_line=row.get(LINE_SOURCE, ""),
    )


def observed_customer(row: Row) -> Observed:
    """A customer as NetSuite has it."""
    external = row.get("externalid")
    return Observed(
        id=InternalId(row["id"]),
        external_id=ExternalId(external) if external else None,
        type=RecordType.CUSTOMER,
        installation=row.get(ENTITY_INSTALLATION, ""),
        source_id=row.get(ENTITY_SOURCE, ""),
        name=row.get("companyname") or row.get("entityid", ""),
        email=row.get("email", ""),
        subsidiary=row.get("subsidiary", ""),
        number=DocumentNumber(row.get("entityid", "")),
    )


def observed_contact(row: Row) -> Observed:
    """A contact as NetSuite has it."""
    external = row.get("externalid")
    return Observed(
        id=InternalId(row["id"]),
        external_id=ExternalId(external) if external else None,
        type=RecordType.CONTACT,
        installation=row.get(ENTITY_INSTALLATION, ""),
        source_id=row.get(ENTITY_SOURCE, ""),
        name=row.get("entityid", ""),
        customer=InternalId(row.get("company", "")),
    )


def group_lines(rows: Sequence[Row], by: str = "transaction") -> Mapping[str, list[Row]]:
    """Rows by transaction."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[by], []).append(row)
    return grouped
