"""A raw aggregate as a canonical order: pure, and never an exception on data (crm-cpq §8, §9.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from tieout.connectors.hubspot.lines import LineReader
from tieout.connectors.hubspot.options import HubSpotOptions
from tieout.connectors.hubspot.parties import Parties
from tieout.connectors.hubspot.properties import DEAL, KINDS, LINE, STAGE, foreign_properties
from tieout.connectors.hubspot.values import (
    EMPTY,
    day_of,
    flag_of,
    instant_of,
    is_id,
    mapping_of,
    number_of,
    prop,
    rows_of,
    text_of,
    zone_of,
)
from tieout.domain.documents import Order, OrderLine, StageChange
from tieout.domain.findings import Finding
from tieout.domain.money import Money, MoneyError, is_currency
from tieout.domain.sources import SourceRef
from tieout.flows.ports import Sighting


class Reader:
    """Reads payloads of one configured portal."""

    def __init__(
        self, options: HubSpotOptions, name: str, environment: str, cut_over: date = date.min
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
        self.deal: Mapping[str, Any] = sighting.payload if isinstance(sighting.payload, Mapping) else EMPTY
        self.source = SourceRef(
            system=reader.name,
            environment=reader.environment,
            object=sighting.object,
            id=sighting.object_id,
            version=sighting.version,
        )
        self.findings: list[Finding] = []
        # A deal without a currency of its own is in the company currency of the portal.
        portal = mapping_of(self.deal, "portal")
        self.currency = prop(self.deal, "deal_currency_code") or text_of(portal, "companyCurrency")
        self.zone = zone_of(text_of(portal, "timeZone"))

    def result(self) -> Order | list[Finding]:
        won, closed = self.won()
        close_date = day_of(prop(self.deal, "closedate"), self.zone)
        if won is None or (won and close_date is None):
            stage, day = prop(self.deal, STAGE), prop(self.deal, "closedate")
            expected = "a stage of a known pipeline and a close date"
            self.add("payload_unreadable", self.source.id, expected, f"stage {stage!r}, close date {day!r}")
            return self.findings
        given = text_of(self.deal, "id")
        if not is_id(self.source.id) or given != self.source.id:
            self.malformed("deal", given or self.source.id)
        if not is_currency(self.currency):
            expected = "an ISO 4217 code, or a portal with a company currency"
            self.add("currency_unknown", self.currency, expected, self.currency or "no currency")
        options = self.options
        parties = Parties(self.deal, options, self.source, self.findings)
        customer = parties.customer()
        order = Order(
            source=self.source,
            name=prop(self.deal, "dealname"),
            customer=customer,
            currency=self.currency,
            lines=tuple(self.lines()),
            close_date=close_date or date.min,
            won=won,
            closed=closed,
            bill_to=parties.bill_to(customer),
            header_amount=self.money("amount"),
            header_discount=self.money(options.header_discount_property),
            po_number=prop(self.deal, options.po_number_property),
            billing_terms_confirmed=flag_of(
                mapping_of(self.deal, "properties"), options.billing_terms_confirmed_property
            ),
            history=tuple(self.history()),
            attributes=self.attributes(),
            foreign_marks=tuple(self.foreign_marks()),
        )
        matters = won and close_date is not None and close_date >= self.cut_over
        return self.findings if matters and self.findings else order

    def add(self, code: str, cause: str, expected: str, found: str) -> None:
        self.findings.append(
            Finding(code=code, cause=cause, expected=expected, found=found, source=self.source)
        )

    def malformed(self, what: str, given: str) -> None:
        expected = f"an id of a {what} as HubSpot issues them (a number)"
        self.add("id_malformed", given, expected, given or "none")

    def won(self) -> tuple[bool | None, bool]:
        """Won and closed, by what the pipeline says of the stage; by HubSpot's own flags where the stage is gone
        from every pipeline. Never by the stage's label or its literal id.
        """
        stage, properties = mapping_of(self.deal, "stage"), mapping_of(self.deal, "properties")
        won, closed = flag_of(stage, "won"), flag_of(stage, "closed")
        if won is None or closed is None:
            won, closed = flag_of(properties, "hs_is_closed_won"), flag_of(properties, "hs_is_closed")
        return won, closed is True or won is True

    def lines(self) -> Iterator[OrderLine]:
        missing = mapping_of(self.deal, "missing").get(KINDS[LINE])
        for line in missing if isinstance(missing, list) else ():
            expected = f"line item {line}, which the deal names"
            self.add("payload_unreadable", str(line), expected, "HubSpot does not find it")
        given = self.deal.get("lineItems")
        rows = rows_of(self.deal, "lineItems")
        if given is not None and (not isinstance(given, list) or len(rows) != len(given)):
            self.add("payload_unreadable", "lineItems", "a list of line items", type(given).__name__)
        seen: set[str] = set()
        for place, row in enumerate(rows, start=1):
            source = self.source.at_line(text_of(row, "id") or str(place))
            reader = LineReader(row, source, self.currency, self.options)
            if source.line in seen:
                reader.add("payload_unreadable", source.line, "each line once", "twice")
                self.findings += reader.findings
                continue
            seen.add(source.line)
            line = reader.line()
            self.findings += reader.findings
            if line is not None:
                yield line

    def money(self, name: str) -> Money | None:
        """An amount of the deal's header; None when there is none, or none that can be used."""
        text = prop(self.deal, name)
        if not text or not is_currency(self.currency):
            return None
        exact = number_of(text)
        try:
            if exact is not None:
                return Money(exact, self.currency)
            reason = "not a number"
        except MoneyError as error:
            reason = str(error)
        self.add("amount_invalid", name, f"an amount of {self.currency}", f"{name} {text!r}: {reason}")
        return None

    def history(self) -> Iterator[StageChange]:
        """The deal's stages. One nobody knows any more counts as not won: better a person looks at a deal once
        too often.
        """
        for row in rows_of(mapping_of(self.deal, "propertiesWithHistory"), STAGE):
            at = instant_of(text_of(row, "timestamp"))
            if at is not None:
                label = text_of(row, "label") or text_of(row, "value")
                yield StageChange(at=at, won=flag_of(row, "won") is True, label=label)

    def attributes(self) -> dict[str, str]:
        names = (STAGE, "pipeline", *self.options.deal_attribute_properties)
        return {name: text for name in names if (text := prop(self.deal, name))}

    def foreign_marks(self) -> Iterator[str]:
        """Other NetSuite connectors' properties that hold something: on the deal and on its lines."""
        yield from self._marks(self.deal, DEAL, "")
        for row in rows_of(self.deal, "lineItems"):
            yield from self._marks(row, LINE, f"{text_of(row, 'id')}.")

    def _marks(self, row: Mapping[str, Any], kind: str, place: str) -> Iterator[str]:
        for name in foreign_properties(mapping_of(row, "properties"), kind, self.options):
            value = prop(row, name)
            # An unticked checkbox says that nothing was done.
            if value and value.lower() != "false":
                yield f"{place}{name}={value}"
