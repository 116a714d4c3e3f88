"""A deal in the documented shape becomes a canonical order, or the findings that say why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tieout.connectors.generic.values import Values, absent, shown
from tieout.domain.documents import (
    Address,
    Contact,
    Customer,
    LineKind,
    Order,
    OrderLine,
    Product,
    StageChange,
)
from tieout.domain.findings import Finding
from tieout.domain.money import is_currency
from tieout.domain.periods import Period
from tieout.domain.sources import SourceRef

#: Key under which the reader of CSV files notes rows that are wrong in themselves, and where lines stood.
CSV_NOTES = "_csv"
_KINDS = {kind.value: kind for kind in LineKind}


def read_deal(
    payload: Mapping[str, Any], source: SourceRef, cut_over: date = date.min
) -> Order | list[Finding]:
    """The order of a deal. Never raises on data.

    A deal that says it is not won, or that closed before the cut-over, needs nothing else to be right: it never
    syncs, and its unfinished fields are nobody's case.
    """
    reading = _Reading(payload, source)
    order = reading.order()
    if reading.values.findings or order is None:
        closed_on = Values(source).day(payload, "close_date", "close_date")
        if reading.won is False or (closed_on is not None and closed_on < cut_over):
            return _unsynced(payload, source, won=reading.won is True)
        return reading.values.findings
    return order


def _unsynced(payload: Mapping[str, Any], source: SourceRef, *, won: bool) -> Order:
    values = Values(source)
    customer = Customer(source=replace(source, object="customer", id="", version=""), name="")
    return Order(
        source=source,
        name=values.text(payload, "name"),
        customer=customer,
        currency="",
        lines=(),
        close_date=values.day(payload, "close_date", "close_date") or date.max,
        won=won,
        closed=won or values.flag(payload, "closed", "closed") is True,
    )


class _Reading:
    def __init__(self, payload: Mapping[str, Any], source: SourceRef) -> None:
        self.payload, self.source = payload, source
        self.values = Values(source)
        self.won = self.values.flag(payload, "won", "won")
        self._file_lines: list[Any] = []

    def order(self) -> Order | None:
        values, payload = self.values, self.payload
        self._csv_notes()
        if self.won is None:
            values.wrong("payload_unreadable", "won", "true or false", shown(payload.get("won")))
        closed = values.flag(payload, "closed", "closed")
        currency = self._currency(payload, "currency", "")
        close_date = values.day(payload, "close_date", "close_date")
        if close_date is None and absent(payload.get("close_date")):
            values.wrong("payload_unreadable", "close_date", "the day the deal was won", "nothing")
        amount, discount = (
            None if absent(payload.get(key)) else values.money(payload, key, key, currency)
            for key in ("amount", "discount")
        )
        customer = self._customer("customer")
        bill_to = self._customer("bill_to") if not absent(payload.get("bill_to")) else None
        history = self._history()
        name, po_number, terms = (values.text(payload, key) for key in ("name", "po_number", "terms"))
        attributes = values.attributes(payload, "attributes")
        confirmed = values.flag(payload, "billing_terms_confirmed", "billing_terms_confirmed")
        lines = self._lines(currency)
        if values.findings or customer is None or close_date is None or self.won is None:
            return None
        return Order(
            source=self.source,
            customer=customer,
            bill_to=bill_to,
            currency=currency,
            lines=lines,
            close_date=close_date,
            won=self.won,
            closed=self.won if closed is None else closed,
            billing_terms_confirmed=confirmed,
            history=history,
            attributes=attributes,
            name=name,
            po_number=po_number,
            terms=terms,
            header_amount=amount,
            header_discount=discount,
        )

    def _csv_notes(self) -> None:
        notes = self.payload.get(CSV_NOTES)
        if not isinstance(notes, Mapping):
            return
        lines, problems = notes.get("lines"), notes.get("problems")
        self._file_lines = lines if isinstance(lines, list) else []
        for problem in problems if isinstance(problems, list) else ():
            if isinstance(problem, Mapping):
                place, expected = f"row {problem.get('line')}", str(problem.get("expected"))
                found = f"{problem.get('found')} (line {problem.get('line')} of the file)"
                raw = str(problem.get("raw", ""))
                self.values.wrong("payload_unreadable", place, expected, found, raw)

    def _currency(self, node: Mapping[str, Any], key: str, default: str) -> str:
        code = self.values.text(node, key).upper() or default
        if not is_currency(code):
            self.values.wrong("currency_unknown", key, "an ISO 4217 code such as USD", shown(node.get(key)))
        return code

    # -- parties -------------------------------------------------------------------------------------------

    def _customer(self, key: str) -> Customer | None:
        values = self.values
        node = values.mapping(self.payload, key, key)
        identifier = values.identifier(node, "id", f"{key}.id")
        name = values.text(node, "name", f"{key}.name")
        if not identifier or not name:
            values.wrong(
                "customer_missing", key, "an account with an id and a name", shown(identifier or name)
            )
            return None
        source = replace(self.source, object="customer", id=identifier, version="")
        return Customer(
            source=source,
            name=name,
            billing=self._address(node, key, "billing"),
            shipping=self._address(node, key, "shipping"),
            parent_id=values.identifier(node, "parent_id", f"{key}.parent_id"),
            contact=self._contact(node, key, source),
            merged_ids=tuple(sorted(set(values.texts(node, "merged_ids", f"{key}.merged_ids")))),
            attributes=values.attributes(node, f"{key}.attributes"),
            currency=values.text(node, "currency", f"{key}.currency").upper(),
            **{
                field: values.text(node, field, f"{key}.{field}")
                for field in ("email", "phone", "website", "tax_id", "terms")
            },
        )

    def _address(self, node: Mapping[str, Any], place: str, key: str) -> Address:
        values = self.values
        place = f"{place}.{key}"
        address = values.mapping(node, key, place)
        names = ("city", "region", "postal_code", "country", "addressee", "attention")
        fields = {name: values.text(address, name, f"{place}.{name}") for name in names}
        country = fields["country"].upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            values.wrong("payload_unreadable", f"{place}.country", "an ISO 3166 code such as US", country)
        fields["country"] = country
        return Address(lines=values.texts(address, "lines", f"{place}.lines"), **fields)

    def _contact(self, node: Mapping[str, Any], place: str, customer: SourceRef) -> Contact | None:
        values = self.values
        place = f"{place}.contact"
        contact = values.mapping(node, "contact", place)
        if not contact:
            return None
        identifier = values.identifier(contact, "id", f"{place}.id")
        names = ("first_name", "last_name", "email", "phone")
        text = {name: values.text(contact, name, f"{place}.{name}") for name in names}
        if not identifier or not text["last_name"]:
            values.wrong("payload_unreadable", place, "an id and a last name", shown(text["last_name"]))
            return None
        return Contact(source=replace(customer, object="contact", id=identifier), **text)

    # -- history and lines ---------------------------------------------------------------------------------

    def _history(self) -> tuple[StageChange, ...]:
        values, changes = self.values, []
        for number, row in enumerate(values.array(self.payload, "history", "history"), start=1):
            place = f"history.{number}"
            if not isinstance(row, Mapping):
                values.wrong("payload_unreadable", place, "an object", shown(row))
                continue
            at, won = values.moment(row, "at", f"{place}.at"), values.flag(row, "won", f"{place}.won")
            if won is None and absent(row.get("won")):
                values.wrong("payload_unreadable", f"{place}.won", "true or false", "nothing")
            if at is not None and won is not None:
                changes.append(StageChange(at=at, won=won, label=values.text(row, "label", place)))
        return tuple(sorted(changes, key=lambda change: change.at))

    def _lines(self, currency: str) -> tuple[OrderLine, ...]:
        values, lines, ids = self.values, [], set()
        for index, node in enumerate(values.array(self.payload, "lines", "lines")):
            known = self._file_lines[index] if index < len(self._file_lines) else None
            values.at(str(index + 1), known if isinstance(known, int) else None)
            if not isinstance(node, Mapping):
                values.wrong("payload_unreadable", "line", "an object", shown(node))
                continue
            identifier = values.identifier(node, "id", "id") or str(index + 1)
            if identifier in ids:
                values.wrong("id_malformed", "id", "an id no other line of the deal has", shown(identifier))
            ids.add(identifier)
            line = self._line(node, identifier, currency)
            if line is not None:
                lines.append(line)
        values.at("", None)
        return tuple(lines)

    def _line(self, node: Mapping[str, Any], identifier: str, currency: str) -> OrderLine | None:
        values = self.values
        own = self._currency(node, "currency", currency) if not absent(node.get("currency")) else currency
        product = values.mapping(node, "product", "product")
        product_id = values.identifier(product, "id", "product.id")
        if not product_id and absent(product.get("id")):
            values.wrong("payload_unreadable", "product.id", "the product's stable id", "nothing")
        quantity = values.number(node, "quantity", "quantity", "quantity_invalid")
        amount = values.money(node, "amount", "amount", own)
        kind = self._kind(node)
        months = values.months(node, "term_months", "term_months")
        service = self._service(node)
        description = values.text(node, "description")
        sku, name = (values.text(product, key, f"product.{key}") for key in ("sku", "name"))
        if not product_id or quantity is None or amount is None or kind is None:
            return None
        return OrderLine(
            source=self.source.at_line(identifier),
            product=Product(id=product_id, sku=sku, name=name),
            quantity=quantity,
            amount=amount,
            kind=kind,
            description=description,
            service=service,
            term_months=months,
        )

    def _kind(self, node: Mapping[str, Any]) -> LineKind | None:
        word = self.values.text(node, "kind").lower() or LineKind.ONE_TIME.value
        if word not in _KINDS:
            self.values.wrong("payload_unreadable", "kind", " or ".join(_KINDS), shown(word))
        return _KINDS.get(word)

    def _service(self, node: Mapping[str, Any]) -> Period | None:
        """From the first to the last day, both given inclusively; the domain's periods are half-open."""
        values = self.values
        start = values.day(node, "service_start", "service_start")
        last = values.day(node, "service_end", "service_end")
        if start is None:
            if last is not None:
                values.wrong(
                    "payload_unreadable", "service_start", "a first day, as there is a last", "nothing"
                )
            return None
        if last is None:
            return Period(start)
        if last < start or last == date.max:
            values.wrong("payload_unreadable", "service_end", f"a day from {start} on", str(last))
            return None
        return Period(start, last + timedelta(days=1))
