"""The generic source passes the suite of all connectors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from tieout.connectors.generic.source import GenericConfig, GenericSource
from tieout.connectors.kit.conformance import ConnectorConformance, Golden
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
from tieout.domain.money import Money
from tieout.domain.periods import Period
from tieout.domain.sources import SourceRef

FIXTURES = Path(__file__).parents[2] / "fixtures" / "generic"
TOKEN = "sk_live_51H8x-never-shown"


def ref(object_: str, id_: str, *, line: str = "", version: str = "") -> SourceRef:
    return SourceRef(
        system="generic", environment="production", object=object_, id=id_, line=line, version=version
    )


def lindqvist(version: str) -> Order:
    deal = ref("deal", "D-1001", version=version)
    usd = "USD"
    return Order(
        source=deal,
        name="Lindqvist rollout",
        customer=Customer(
            source=ref("customer", "A-7"),
            name="Lindqvist & Daughters, Inc.",
            email="ap@lindqvist.example",
            currency=usd,
            terms="Net 30",
            billing=Address(
                lines=("1 Harbour Way", "Floor 3"),
                city="Oakland",
                region="CA",
                postal_code="94607",
                country="US",
            ),
            contact=Contact(
                source=ref("contact", "C-1"),
                first_name="Ida",
                last_name="Lindqvist",
                email="ida@lindqvist.example",
            ),
            merged_ids=("A-2", "A-3"),
            attributes={"segment": "mid"},
        ),
        currency=usd,
        lines=(
            OrderLine(
                source=deal.at_line("L1"),
                product=Product(id="P-1", sku="CORE", name="Core"),
                quantity=Decimal(2),
                amount=Money(Decimal(2400), usd),
            ),
            OrderLine(
                source=deal.at_line("2"),
                product=Product(id="P-2"),
                quantity=Decimal(1),
                amount=Money(Decimal(1200), usd),
                service=Period(date(2026, 10, 1), date(2026, 11, 1)),
                term_months=1,
            ),
        ),
        close_date=date(2026, 10, 2),
        won=True,
        closed=True,
        header_amount=Money(Decimal(3600), usd),
        header_discount=Money(Decimal("99.99"), usd),
        po_number="PO-77",
        billing_terms_confirmed=True,
        history=(StageChange(at=datetime(2026, 10, 2, 16, tzinfo=UTC), won=True, label="Closed Won"),),
        attributes={"region": "West", "priority": "3"},
    )


def kitahama() -> Order:
    deal = ref("deal", "1002")
    return Order(
        source=deal,
        name="",
        customer=Customer(source=ref("customer", "A-8"), name="北浜株式会社"),
        bill_to=Customer(source=ref("customer", "A-9"), name="北浜ホールディングス"),
        currency="JPY",
        lines=(
            OrderLine(
                source=deal.at_line("1"),
                product=Product(id="P-1"),
                quantity=Decimal(1),
                amount=Money(Decimal(150000), "JPY"),
                kind=LineKind.RECURRING,
                term_months=36,
            ),
        ),
        close_date=date(2026, 10, 9),
        won=True,
        closed=True,
    )


class TestGeneric(ConnectorConformance):
    secrets = (TOKEN,)
    unknown = ("x_colour", "mauve")

    def source(self):
        return GenericSource(GenericConfig())

    def goldens(self):
        source = self.source()
        first, second, _ = source.parse_file(FIXTURES / "deals.json").sightings
        [from_csv] = source.parse_file(FIXTURES / "deals.csv").sightings
        broken = source.parse_file(b'{"id": "D-9", "won": true}', "one.json").sightings[0]
        expected = lindqvist("2026-10-05T07:30:00.000000Z")
        csv_expected = replace(expected, history=())
        return [
            Golden("JSON, everything", first, expected),
            Golden("JSON, bill-to, yen, recurring", second, kitahama()),
            Golden("CSV, everything", replace(from_csv, object_id="D-1001c"), _renamed(csv_expected)),
            Golden(
                "nearly nothing",
                broken,
                frozenset({"currency_unknown", "customer_missing", "payload_unreadable"}),
            ),
        ]

    def versions(self):
        text = '{"id": "D-1", "version": %s, "won": true, "name": "v%s", "close_date": "2026-10-0%d"}'
        stamps = ["2026-09-30T23:59:59-08:00", "2026-10-01T10:00:00+02:00", "2026-10-01T08:00:01Z"]
        files = [text % (f'"{stamp}"', n, n) for n, stamp in enumerate(stamps, start=1)]
        return [self.source().parse_file(one.encode()).sightings[0] for one in files]

    def deliver(self):
        return [
            sighting
            for name in ("deals.json", "deals.csv")
            for sighting in self.source().parse_file(FIXTURES / name).sightings
        ]

    def exercise(self):
        source = self.source()
        deal = f'{{"id": "D-9", "won": true, "api_token": "{TOKEN}", "amount": "NaN"}}'
        bad = deal + '\n{"api_token": 1}\n{'
        parsed = source.parse_file(bad.encode(), "bad.jsonl")
        yield from parsed.notes
        yield from (rejection.reason for rejection in parsed.rejected)
        for sighting in parsed.sightings:
            yield from source.read(sighting)


def _renamed(order: Order) -> Order:
    """The same order under the id the CSV's sighting was given, since one record has one payload."""
    deal = replace(order.source, id="D-1001c")
    lines = tuple(replace(line, source=deal.at_line(line.source.line)) for line in order.lines)
    return replace(order, source=deal, lines=lines)


def test_versions_are_instants_not_texts():
    versions = [one.version for one in TestGeneric().versions()]
    assert versions == sorted(versions)
    assert versions[0] == "2026-10-01T07:59:59.000000Z"


def test_both_forms_of_a_deal_say_the_same():
    source = GenericSource(GenericConfig())
    from_json = source.read(source.parse_file(FIXTURES / "deals.json").sightings[0])
    [from_csv] = source.parse_file(FIXTURES / "deals.csv").sightings
    assert isinstance(from_json, Order)
    assert source.read(from_csv) == replace(from_json, history=())
