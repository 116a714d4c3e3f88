"""A raw aggregate as a canonical order: pure, and never an exception on data (crm-cpq §4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connectors.kit.countries import country_code
from tieout.connectors.salesforce.cursor import read_instant
from tieout.connectors.salesforce.fields import ACCOUNT, HISTORIES, LINES
from tieout.connectors.salesforce.ids import full_id
from tieout.connectors.salesforce.options import SalesforceOptions
from tieout.domain.documents import Address, Customer, LineKind, Order, OrderLine, Product, StageChange
from tieout.domain.findings import Finding
from tieout.domain.money import Money, MoneyError, is_currency, parse_decimal
from tieout.domain.sources import SourceRef
from tieout.flows.ports import Sighting

_EMPTY: Mapping[str, Any] = {}
_SCHEDULES = ("HasRevenueSchedule", "HasQuantitySchedule", "HasSchedule")


class Reader:
    """Reads payloads of one configured org."""

    def __init__(
        self, options: SalesforceOptions, name: str, environment: str, cut_over: date = date.min
    ) -> None:
        self.options, self.name, self.environment, self.cut_over = options, name, environment, cut_over

    def read(self, sighting: Sighting) -> Order | list[Finding]:
        """The order, or every reason why the payload is none.

        What is not won, or closed before the cut-over, never syncs: such a deal is an order even where parts of
        it are unusable.
        """
        return _Reading(self, sighting).result()


class _Reading:
    """One pass over one payload; collects findings and what can be used."""

    def __init__(self, reader: Reader, sighting: Sighting) -> None:
        self.options, self.cut_over = reader.options, reader.cut_over
        self.deal: Mapping[str, Any] = sighting.payload if isinstance(sighting.payload, Mapping) else _EMPTY
        self.source = SourceRef(
            system=reader.name,
            environment=reader.environment,
            object=sighting.object,
            id=sighting.object_id,
            version=sighting.version,
        )
        self.findings: list[Finding] = []
        self.currency = text_of(self.deal, "CurrencyIsoCode") or self.options.default_currency

    def result(self) -> Order | list[Finding]:
        won, closed = flag(self.deal, "IsWon"), flag(self.deal, "IsClosed")
        close_date = _day(text_of(self.deal, "CloseDate"))
        if won is None or close_date is None:
            found = f"IsWon {self.deal.get('IsWon')!r}, CloseDate {self.deal.get('CloseDate')!r}"
            self.add("payload_unreadable", self.source.id, "IsWon and a CloseDate", found)
            return self.findings
        given = self.deal.get("Id")
        if full_id(self.source.id) is None or (isinstance(given, str) and full_id(given) != self.source.id):
            self.malformed("Opportunity", given if isinstance(given, str) else self.source.id)
        if not is_currency(self.currency):
            known = "an ISO 4217 code (options.default_currency, where the org has one currency)"
            self.add("currency_unknown", self.currency, known, self.currency or "no currency")
        options = self.options
        order = Order(
            source=self.source,
            name=text_of(self.deal, "Name"),
            customer=self.customer(mapping_of(self.deal, "Account"), text_of(self.deal, "AccountId")),
            currency=self.currency,
            lines=tuple(self.lines()),
            close_date=close_date,
            won=won,
            closed=bool(closed),
            bill_to=self.bill_to(),
            header_amount=self.money(self.deal.get("Amount"), "Amount", self.source),
            header_discount=self.money(
                self.deal.get(options.header_discount_field), options.header_discount_field, self.source
            ),
            po_number=text_of(self.deal, options.po_number_field),
            billing_terms_confirmed=flag(self.deal, options.billing_terms_confirmed_field),
            history=tuple(self.history()),
            attributes=self.attributes(),
            foreign_marks=tuple(self.foreign_marks()),
        )
        matters = won and close_date >= self.cut_over
        return self.findings if matters and self.findings else order

    def add(self, code: str, cause: str, expected: str, found: str, source: SourceRef | None = None) -> None:
        self.findings.append(
            Finding(code=code, cause=cause, expected=expected, found=found, source=source or self.source)
        )

    def malformed(self, what: str, given: str, source: SourceRef | None = None) -> None:
        expected = f"an id of {what} as Salesforce issues them (15 or 18 characters)"
        self.add("id_malformed", given, expected, given or "none", source)

    # -- parties -------------------------------------------------------------------------------------------

    def customer(self, account: Mapping[str, Any], account_id: str) -> Customer:
        """The account; without one the customer has neither id nor name, and the check says so."""
        options = self.options
        given = account_id or text_of(account, "Id")
        known = full_id(given)
        if given and known is None:
            self.malformed(ACCOUNT, given)
        elif given and not account:
            expected = "an account the integration user can read"
            self.add("customer_missing", given, expected, f"account {given}, which it cannot")
        names = [*options.account_attribute_fields, "BillingCountry"]
        billing = _address(account, "Billing")
        return Customer(
            source=SourceRef(
                system=self.source.system,
                environment=self.source.environment,
                object=ACCOUNT,
                id=known or given,
            ),
            name=text_of(account, "Name"),
            email=text_of(account, options.account_billing_email_field),
            phone=text_of(account, "Phone"),
            website=text_of(account, "Website"),
            tax_id=text_of(account, options.account_tax_id_field),
            currency=text_of(account, "CurrencyIsoCode") if options.account_currency_is_rule else "",
            terms=text_of(account, options.account_terms_field),
            billing=billing,
            shipping=_address(account, "Shipping"),
            parent_id=full_id(text_of(account, "ParentId")) or "",
            attributes={name: text for name in names if (text := text_of(account, name))},
        )

    def bill_to(self) -> Customer | None:
        name = self.options.bill_to_field
        given = text_of(self.deal, name)
        if not name or not given or full_id(given) == full_id(text_of(self.deal, "AccountId")):
            return None
        account = next(
            (
                value
                for value in self.deal.values()
                if isinstance(value, Mapping) and full_id(text_of(value, "Id")) == full_id(given)
            ),
            _EMPTY,
        )
        return self.customer(account, given)

    # -- lines ---------------------------------------------------------------------------------------------

    def lines(self) -> Iterator[OrderLine]:
        seen: set[str] = set()
        for place, row in enumerate(self.rows(LINES), start=1):
            given = text_of(row, "Id")
            line_id = full_id(given)
            source = self.source.at_line(line_id or given or str(place))
            if line_id is None:
                self.malformed("OpportunityLineItem", given, source)
            if source.line in seen:
                self.add("payload_unreadable", source.line, "each line once", "twice", source)
                continue
            seen.add(source.line)
            line = self.line(row, source)
            if line is not None:
                yield line

    def line(self, row: Mapping[str, Any], source: SourceRef) -> OrderLine | None:
        product = mapping_of(row, "Product2")
        given = text_of(row, "Product2Id")
        product_id = full_id(given)
        if product_id is None:
            self.malformed("Product2", given, source)
        # TotalPrice is net of the line's own discount; taking `Discount` off again would give it twice.
        amount = self.money(row.get("TotalPrice"), "TotalPrice", source)
        if amount is None and is_currency(self.currency) and row.get("TotalPrice") is None:
            self.add("amount_invalid", "TotalPrice", "a TotalPrice", "none", source)
        quantity = number_of(row.get("Quantity"))
        if quantity is None:
            self.add("quantity_invalid", source.line, "a number", repr(row.get("Quantity")), source)
        kind, months = self.kind(row, source), self.months(row, source)
        if amount is None or quantity is None or kind is None:
            return None
        return OrderLine(
            source=source,
            product=Product(
                id=product_id or given,
                sku=text_of(product, "ProductCode") or text_of(row, "ProductCode"),
                name=text_of(product, "Name") or text_of(row, "Name"),
            ),
            quantity=quantity,
            amount=amount,
            kind=kind,
            description=text_of(row, "Description"),
            term_months=months,
        )

    def kind(self, row: Mapping[str, Any], source: SourceRef) -> LineKind | None:
        """How the line is billed. A schedule of the CRM spreads its money over time, so it is never one-time."""
        if any(flag(row, name) for name in _SCHEDULES):
            return LineKind.RECURRING
        path = self.options.line_kind_field
        if not path:
            return LineKind.ONE_TIME
        value = text_of(*_walk(row, path))
        found = self.options.line_kinds.get(value)
        if found is None:
            known = ", ".join(repr(name) for name in self.options.line_kinds) or "nothing"
            expected = f"one of {known} (options.line_kinds)"
            self.add("payload_unreadable", f"{path} {value!r}", expected, f"{path} is {value!r}", source)
        return found

    def months(self, row: Mapping[str, Any], source: SourceRef) -> int | None:
        path = self.options.line_term_months_field
        if not path:
            return None
        holder, name = _walk(row, path)
        raw = holder.get(name)
        if raw is None or raw == "":
            return None
        months = number_of(raw)
        if months is None or months != int(months) or not 0 < months < 1200:
            self.add("payload_unreadable", f"{path} {raw!r}", "a whole number of months", repr(raw), source)
            return None
        return int(months)

    def money(self, raw: Any, what: str, source: SourceRef) -> Money | None:
        """An amount of the deal's currency; None when there is none, or none that can be used."""
        if raw is None or raw == "" or not is_currency(self.currency):
            return None
        exact = number_of(raw)
        try:
            if exact is not None:
                return Money(exact, self.currency)
            reason = "not a number"
        except MoneyError as error:
            reason = str(error)
        self.add("amount_invalid", what, f"an amount of {self.currency}", f"{what} {raw!r}: {reason}", source)
        return None

    # -- the rest ------------------------------------------------------------------------------------------

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        given = self.deal.get(name)
        if given is None:
            return []
        if isinstance(given, list) and all(isinstance(row, Mapping) for row in given):
            return given
        self.add("payload_unreadable", name, f"{name} as a list of records", type(given).__name__)
        return []

    def history(self) -> Iterator[StageChange]:
        """Changes of stage, amount or date. A stage nobody knows any more counts as not won: better a person
        looks at a deal once too often.
        """
        for row in self.rows(HISTORIES):
            at = read_instant(row.get("CreatedDate"))
            if at is not None:
                yield StageChange(at=at, won=flag(row, "IsWon") is True, label=text_of(row, "StageName"))

    def attributes(self) -> dict[str, str]:
        found = {}
        for path in ("StageName", *self.options.deal_attribute_fields):
            value = text_of(*_walk(self.deal, path))
            if value:
                found[path] = value
        return found

    def foreign_marks(self) -> Iterator[str]:
        """Other NetSuite connectors' fields that hold something: on the deal, its lines, its account."""
        yield from self._marks(self.deal, "")
        yield from self._marks(mapping_of(self.deal, "Account"), "Account.")
        for row in self.rows(LINES):
            yield from self._marks(row, f"{text_of(row, 'Id')}.")

    def _marks(self, row: Mapping[str, Any], place: str) -> Iterator[str]:
        prefixes = tuple(prefix.lower() for prefix in self.options.foreign_field_prefixes)
        for name in sorted(map(str, row)):
            value = text_of(row, name)
            # An unticked checkbox says that nothing was done.
            if value and value.lower() != "false" and prefixes and name.lower().startswith(prefixes):
                yield f"{place}{name}={value}"


def _walk(row: Mapping[str, Any], path: str) -> tuple[Mapping[str, Any], str]:
    """The record at the end of a path's parents, and the field's name."""
    *parents, name = path.split(".")
    for parent in parents:
        row = mapping_of(row, parent)
    return row, name


def _address(account: Mapping[str, Any], kind: str) -> Address:
    street = text_of(account, f"{kind}Street")
    code = text_of(account, f"{kind}CountryCode")
    return Address(
        lines=tuple(line.strip() for line in street.splitlines() if line.strip()),
        city=text_of(account, f"{kind}City"),
        region=text_of(account, f"{kind}StateCode") or text_of(account, f"{kind}State"),
        postal_code=text_of(account, f"{kind}PostalCode"),
        country=country_code(code) or country_code(text_of(account, f"{kind}Country")),
    )


def mapping_of(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A nested record, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else _EMPTY


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A field as text: empty for null, for what is no scalar, and for a field that is not mapped."""
    value = row.get(name) if name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | Decimal) else ""


def flag(row: Mapping[str, Any], name: str) -> bool | None:
    """A checkbox; None when the field holds none."""
    return {"true": True, "false": False}.get(text_of(row, name).lower())


def number_of(value: Any) -> Decimal | None:
    """A finite decimal; None for anything else. Money never passes through a binary float."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return parse_decimal(str(value))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
