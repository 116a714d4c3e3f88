"""Reads in batches: look-ups with canaries, read-backs, signs of other writers, reference data, customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from tieout.connectors.netsuite.client import NetSuiteClient, Row
from tieout.connectors.netsuite.customers import existing_customers
from tieout.connectors.netsuite.deposits import taken_by
from tieout.connectors.netsuite.journals import postings_of, with_postings
from tieout.connectors.netsuite.mapping import BODY_INSTALLATION, BODY_SOURCE
from tieout.connectors.netsuite.prepayments import with_applications
from tieout.connectors.netsuite.queries import (
    TYPE_CODES,
    applications_of,
    contacts_by_id,
    customers_by_id,
    day_of,
    decimal_of,
    entities_by_external_id,
    group_lines,
    marks,
    observed_contact,
    observed_customer,
    observed_transaction,
    transaction_headers,
    transaction_lines,
    transactions_by_external_id,
)
from tieout.domain.comparison import Observed
from tieout.domain.ids import DocumentNumber, ExternalId, InternalId, RecordGroup, RecordType
from tieout.domain.periods import Period
from tieout.domain.reference import ExistingCustomer, Item, PostingPeriod, Reference
from tieout.flows.errors import LookUpBlind
from tieout.flows.ports import Clock, ForeignQuery, ForeignSign, LookUp, LookUpKey

MAX_LOOK_UP = 500
#: A voided record is kept by NetSuite and bills nobody.
_LIVE = "NVL(t.voided, 'F') = 'F'"


class Reader:
    """Everything we read of one account."""

    def __init__(self, client: NetSuiteClient, clock: Clock) -> None:
        self._client, self._clock, self._config = client, clock, client.config

    # -- look-up -------------------------------------------------------------------------------------------

    def look_up(self, keys: Sequence[LookUpKey]) -> LookUp:
        """Which external ids exist in their groups, proven by canaries seen in the same answers."""
        as_of = self._clock.now()
        found: dict[ExternalId, list[Observed]] = {}
        for group in RecordGroup:
            wanted = [key for key in keys if key.type.group is group]
            try:
                if wanted:
                    self._look_up_group(group, wanted, found)
            except LookUpBlind as error:
                error.keys = tuple(wanted)
                raise
        return LookUp(found={key: tuple(value) for key, value in found.items()}, as_of=as_of)

    def _look_up_group(
        self, group: RecordGroup, keys: Sequence[LookUpKey], found: dict[ExternalId, list[Observed]]
    ) -> None:
        canaries = self._canaries(keys)
        ids = sorted({*(key.external_id for key in keys), *canaries})
        if len(ids) > MAX_LOOK_UP:
            raise ValueError(f"{len(ids)} external ids in one look-up; {MAX_LOOK_UP} at most")
        if group is RecordGroup.ENTITY:
            page = self._client.suiteql_page(entities_by_external_id(ids), [*ids, *ids])
        else:
            page = self._client.suiteql_page(transactions_by_external_id(ids), ids)
        if page.get("hasMore"):
            raise LookUpBlind("a look-up did not fit one page: its answer proves nothing")
        rows: list[Row] = page["items"]
        check_canaries(canaries, {row.get("externalid", "") for row in rows})
        wanted = {key.external_id for key in keys}
        hits = [row for row in rows if row.get("externalid", "") in wanted]
        for one in self._details(group, hits):
            if one.external_id:
                found.setdefault(one.external_id, []).append(one)

    def _canaries(self, keys: Sequence[LookUpKey]) -> dict[ExternalId, str]:
        """External id → what it stands for, for every type × subsidiary of a look-up."""
        canaries = {}
        for key in keys:
            known = self._config.canaries.get(key.type, {}).get(key.subsidiary)
            if known is None:
                raise LookUpBlind(
                    f"no canary is configured for {key.type} in subsidiary {key.subsidiary}:"
                    " a look-up there would prove nothing"
                )
            canaries[known] = f"{key.type} in subsidiary {key.subsidiary}"
        return canaries

    def _details(self, group: RecordGroup, hits: Sequence[Row]) -> list[Observed]:
        if not hits:
            return []
        if group is RecordGroup.TRANSACTION:
            return self._transactions([row["id"] for row in hits])
        customers = [row["id"] for row in hits if row["kind"] == "customer"]
        contacts = [row["id"] for row in hits if row["kind"] == "contact"]
        return [*self._customers(customers), *self._contacts(contacts)]

    def _transactions(self, ids: Sequence[str], where: str = "t.id") -> list[Observed]:
        if not ids:
            return []
        headers = self._client.suiteql(transaction_headers(ids, where), list(ids))
        numbers = [header["id"] for header in headers]
        if not numbers:
            return []
        lines = group_lines(self._client.suiteql(transaction_lines(numbers), numbers))
        payments = [header["id"] for header in headers if header.get("type") in {"CustPymt", "CustRfnd"}]
        applied = (
            group_lines(self._client.suiteql(applications_of(payments), payments), "nextdoc")
            if payments
            else {}
        )
        deposits = [header["id"] for header in headers if header.get("type") == "Deposit"]
        if deposits:
            taken = group_lines(self._client.suiteql(taken_by(deposits), deposits), "nextdoc")
            applied = {**applied, **taken}
        journals = [header["id"] for header in headers if header.get("type") in {"Journal", "Deposit"}]
        postings = group_lines(self._client.suiteql(postings_of(journals), journals)) if journals else {}
        found = [
            observed_transaction(header, lines.get(header["id"], []), applied.get(header["id"], []))
            for header in headers
        ]
        found = with_applications(self._client, found, headers)
        return [with_postings(one, postings.get(one.id, [])) for one in found]

    def _customers(self, ids: Sequence[str]) -> list[Observed]:
        rows = self._client.suiteql(customers_by_id(ids), list(ids)) if ids else []
        return [observed_customer(row) for row in rows]

    def _contacts(self, ids: Sequence[str]) -> list[Observed]:
        rows = self._client.suiteql(contacts_by_id(ids), list(ids)) if ids else []
        return [observed_contact(row) for row in rows]

    # -- read-back -----------------------------------------------------------------------------------------

    def read_back(
        self, records: Sequence[tuple[RecordType, InternalId]]
    ) -> Mapping[tuple[RecordType, InternalId], Observed]:
        """The records as they are now; what is not in the answer is not there for our role."""
        customers = [one for kind, one in records if kind is RecordType.CUSTOMER]
        contacts = [one for kind, one in records if kind is RecordType.CONTACT]
        transactions = [one for kind, one in records if kind.group is RecordGroup.TRANSACTION]
        seen = [*self._customers(customers), *self._contacts(contacts), *self._transactions(transactions)]
        return {(RecordType(one.type), one.id): one for one in seen if one.type in set(RecordType)}

    def payments_now(self, ids: Sequence[InternalId]) -> Mapping[InternalId, Observed]:
        """Customer payments with the ledger lines they post."""
        if not ids:
            return {}
        postings = group_lines(self._client.suiteql(postings_of(ids), list(ids)))
        return {
            one.id: with_postings(one, postings.get(one.id, []))
            for one in self._transactions(ids)
            if one.type == RecordType.CUSTOMER_PAYMENT
        }

    def invoices_of(self, orders: Sequence[InternalId]) -> Mapping[InternalId, list[Observed]]:
        """Invoices that NetSuite made from these sales orders."""
        found: dict[InternalId, list[Observed]] = {}
        for one in self._transactions(orders, "m.createdfrom"):
            if one.type == RecordType.INVOICE and one.created_from is not None:
                found.setdefault(one.created_from, []).append(one)
        return found

    # -- other writers -------------------------------------------------------------------------------------

    def foreign_signs(self, queries: Sequence[ForeignQuery]) -> Mapping[str, list[ForeignSign]]:
        """Records of the same deals, or of the same customer, amount and month, that are not ours."""
        signs: dict[str, list[ForeignSign]] = {}
        for source_id, sign in [*self._certain(queries), *self._suspected(queries)]:
            signs.setdefault(source_id, []).append(sign)
        return signs

    def _certain(self, queries: Sequence[ForeignQuery]) -> Iterable[tuple[str, ForeignSign]]:
        ids = {form: query.source_id for query in queries for form in _forms(query.source_id)}
        if not ids:
            return
        columns = [BODY_SOURCE, *self._config.foreign_fields]
        values = list(ids)
        conditions = " OR ".join(f"t.{column} IN ({marks(values)})" for column in ("externalid", *columns))
        extra = "".join(f", t.{column}" for column in columns)
        rows = self._client.suiteql(
            f"SELECT t.id, t.externalid, t.type, t.tranid, t.{BODY_INSTALLATION}{extra}"  # noqa: S608
            f" FROM transaction t WHERE t.type IN ('CustInvc', 'SalesOrd', 'CashSale') AND {_LIVE} AND ({conditions})",
            values * (len(columns) + 1),
        )
        for row in rows:
            if row.get(BODY_INSTALLATION, "") == self._config.installation:
                continue
            for column in ("externalid", *columns):
                source_id = ids.get(row.get(column, ""))
                if source_id is not None:
                    why = f"{column} = {row[column]}, written by {_writer(row)}"
                    yield source_id, ForeignSign(observed=_slim(row), why=why, certain=True)
                    break

    def _suspected(self, queries: Sequence[ForeignQuery]) -> Iterable[tuple[str, ForeignSign]]:
        customers = sorted({query.customer for query in queries if query.customer})
        if not customers:
            return
        first, last = min(q.day for q in queries).replace(day=1), max(q.day for q in queries)
        rows = self._client.suiteql(
            "SELECT t.id, t.externalid, t.type, t.tranid, t.entity, t.currency, t.foreigntotal, t.taxtotal,"  # noqa: S608
            f" t.{BODY_INSTALLATION}, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate FROM transaction t"
            f" WHERE t.type = 'CustInvc' AND t.entity IN ({marks(customers)})"
            " AND t.trandate >= TO_DATE(?, 'YYYY-MM-DD') AND t.trandate <= TO_DATE(?, 'YYYY-MM-DD')"
            f" AND {_LIVE} AND t.{BODY_INSTALLATION} IS NULL",
            [*customers, first.isoformat(), _month_end(last).isoformat()],
        )
        for row in rows:
            total, tax = decimal_of(row, "foreigntotal"), decimal_of(row, "taxtotal") or Decimal(0)
            day = day_of(row.get("trandate"))
            for query in queries:
                same = (
                    query.customer == row.get("entity")
                    and query.currency_id == row.get("currency")
                    and total is not None
                    and Decimal(query.total) in {total, total - tax}
                    and day is not None
                    and (day.year, day.month) == (query.day.year, query.day.month)
                )
                if same:
                    why = f"same customer, amount {query.total} and month"
                    yield query.source_id, ForeignSign(observed=_slim(row), why=why, certain=False)

    # -- reference data ------------------------------------------------------------------------------------

    def reference(self) -> Reference:
        """Items, subsidiaries, currencies, terms, accounts and periods as of now."""
        as_of = self._clock.now()
        query = self._client.suiteql
        periods = query(
            "SELECT id, periodname, TO_CHAR(startdate, 'YYYY-MM-DD') AS startdate,"
            " TO_CHAR(enddate, 'YYYY-MM-DD') AS enddate, closed, arlocked FROM accountingperiod"
            " WHERE isyear = 'F' AND isquarter = 'F' AND isposting = 'T'"
        )
        return Reference(
            as_of=as_of,
            items=self._items(),
            subsidiaries=_names(query("SELECT id, name, isinactive FROM subsidiary"), "name"),
            currencies={
                row["symbol"]: InternalId(row["id"])
                for row in query("SELECT id, symbol, isinactive FROM currency")
                if row.get("isinactive") != "T"
            },
            terms=_names(query("SELECT id, name, isinactive FROM term"), "name"),
            accounts=_names(
                query("SELECT id, acctname, isinactive FROM account WHERE accttype = 'AcctRec'"), "acctname"
            ),
            periods=tuple(period for row in periods if (period := _period(row)) is not None),
        )

    def _items(self) -> dict[InternalId, Item]:
        rows = [
            row
            for page in self._client.suiteql_by_id(
                "SELECT id, itemid, displayname, isinactive FROM item WHERE 1 = 1 {after}", [], "id"
            )
            for row in page
        ]
        sold_by: dict[str, set[str]] = {}
        for row in self._client.suiteql("SELECT item, subsidiary FROM itemsubsidiarymap"):
            sold_by.setdefault(row["item"], set()).add(row["subsidiary"])
        return {
            InternalId(row["id"]): Item(
                id=InternalId(row["id"]),
                name=row.get("displayname") or row.get("itemid", ""),
                active=row.get("isinactive") != "T",
                subsidiaries=frozenset(sold_by.get(row["id"], ())),
            )
            for row in rows
        }

    def customers(self, after: InternalId | None, since: datetime | None) -> Iterable[list[ExistingCustomer]]:
        """Pages of customers by keyset, optionally only those changed since."""
        del after
        return existing_customers(self._client, since)


def check_canaries(canaries: Mapping[ExternalId, str], seen: set[str]) -> None:
    """A look-up whose canaries are not all in its answer cannot see, whatever else it says."""
    missing = [what for external_id, what in canaries.items() if external_id not in seen]
    if missing:
        raise LookUpBlind(f"our role cannot see {', '.join(missing)}: the canary is missing")


def _names(rows: Sequence[Row], column: str) -> dict[InternalId, str]:
    return {InternalId(row["id"]): row.get(column, "") for row in rows if row.get("isinactive") != "T"}


def _period(row: Row) -> PostingPeriod | None:
    start, end = day_of(row.get("startdate")), day_of(row.get("enddate"))
    if start is None or end is None:
        return None
    locked = any(row.get(name) == "T" for name in ("closed", "arlocked"))
    days = Period(start, end + timedelta(days=1))
    return PostingPeriod(id=InternalId(row["id"]), name=row.get("periodname", ""), days=days, closed=locked)


def _forms(source_id: str) -> set[str]:
    """A source id as other writers may have kept it: Salesforce ids also in their 15-character form."""
    return {source_id, source_id[:15]} if len(source_id) == 18 else {source_id}


def _writer(row: Row) -> str:
    installation = row.get(BODY_INSTALLATION)
    return f"installation {installation}" if installation else "another integration or a person"


def _slim(row: Row) -> Observed:
    external, code = row.get("externalid"), row.get("type", "")
    return Observed(
        id=InternalId(row["id"]),
        external_id=ExternalId(external) if external else None,
        type=TYPE_CODES.get(code, code),
        number=DocumentNumber(row.get("tranid", "")),
    )


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
