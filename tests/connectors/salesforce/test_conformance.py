"""The Salesforce connector passes the suite every connector passes."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.connectors.salesforce.support import ACME, LINE, NOW, SECRET, WON, Org, note, options
from tests.connectors.salesforce.test_reading import DEAL, PRODUCT

from tieout.connectors.kit.conformance import ConnectorConformance, Golden
from tieout.connectors.kit.registration import Setup
from tieout.connectors.salesforce.source import build
from tieout.domain.documents import Address, Customer, Order, OrderLine, Product, StageChange
from tieout.domain.money import Money
from tieout.domain.sources import SourceRef
from tieout.flows.errors import CallError
from tieout.flows.ports import Sighting
from tieout.runner.clock import ManualClock


def seen(payload, version="2026-11-01T00:00:00.000000Z"):
    return Sighting(object="Opportunity", object_id=WON, version=version, payload=deepcopy(payload))


def small():
    """One line, nothing optional."""
    lines = [{**DEAL["OpportunityLineItems"][0], "TotalPrice": "11000.00"}]
    return {
        **DEAL,
        "Amount": "11000.00",
        "OpportunityLineItems": lines,
        "Account": {"Id": ACME, "Name": "Acme"},
    }


def as_order(version):
    source = SourceRef(system="sf", environment="sandbox", object="Opportunity", id=WON, version=version)
    money = Money(Decimal(11000), "EUR")
    at = [row["CreatedDate"] for row in DEAL["OpportunityHistories"]]
    return Order(
        source=source,
        name="Acme platform",
        customer=Customer(
            source=replace(source, object="Account", id=ACME, version=""), name="Acme", billing=Address()
        ),
        currency="EUR",
        lines=(
            OrderLine(
                source=source.at_line(LINE),
                product=Product(id=PRODUCT, sku="PLAT-01", name="Platform"),
                quantity=Decimal("10.0"),
                amount=money,
            ),
        ),
        close_date=date(2026, 10, 15),
        won=True,
        closed=True,
        header_amount=money,
        history=tuple(
            StageChange(at=datetime.fromisoformat(moment), won=won, label=label)
            for moment, won, label in zip(at, (False, True), ("Verhandlung", "Auftrag erteilt"), strict=True)
        ),
        attributes={"StageName": "Auftrag erteilt"},
    )


class TestSalesforce(ConnectorConformance):
    secrets = (SECRET,)
    #: Salesforce answers with what was asked for; the list price of a line is, and nothing maps it
    unknown = ("UnitPrice", "1100.0")

    @pytest.fixture(autouse=True)
    def _org(self):
        with Org(deal_attribute_fields=["NextStep"]) as org:
            self.org = org
            yield

    def source(self):
        given = options("http://127.0.0.1:9", deal_attribute_fields=["NextStep"])
        return build(Setup("sf", "sandbox", date(2000, 1, 1), given, lambda _: SECRET, ManualClock(NOW)))

    def goldens(self):
        version = "2026-11-01T00:00:00.000000Z"
        bare = {
            "Id": WON,
            "IsWon": True,
            "CloseDate": "2026-10-15",
            "AccountId": "x",
            "CurrencyIsoCode": "??",
        }
        return [
            Golden("one line", seen(small()), as_order(version)),
            Golden(
                "nearly nothing",
                seen(bare),
                frozenset({"id_malformed", "currency_unknown"}),
            ),
        ]

    def versions(self):
        found = []
        for step in ("a", "b", "c"):
            self.org.update(WON, NextStep=step)
            found += [one for one in self.org.poll() if one.object_id == WON]
            self.org.advance(minutes=10)
        return found

    def deliver(self):
        return self.org.poll()

    def exercise(self):
        org = self.org
        kept = [*org.poll(), *org.source.warnings(), *org.source.write_back([note()])]
        for fault in ("unauthorized", "html_502", "cut_answer", "throttle"):
            for operation in ("token", "query", "writeback"):
                org.admin("expire_tokens")
                org.control.faults({"kind": fault, "match": {"operation": operation}, "times": 2})
                for call in (
                    lambda: org.source.poll(None),
                    lambda: org.source.write_back([note(status="again")]),
                ):
                    try:
                        kept.append(call())
                    except CallError as error:
                        kept.append(error)
                org.control.clear_faults()
        with Org(secret=SECRET + "-revoked") as refused, suppress(CallError):
            refused.source.poll(None)
        kept.append(org.source)
        return kept
