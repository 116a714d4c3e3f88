"""The HubSpot connector passes the suite every connector passes."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.connectors.hubspot.support import NOW, OAUTH, SECRETS, Portal, connect, note
from tests.connectors.hubspot.test_reading import DEAL

from tieout.connectors.kit.conformance import ConnectorConformance, Golden
from tieout.domain.documents import Address, Customer, Order, OrderLine, Product, StageChange
from tieout.domain.money import Money
from tieout.domain.sources import SourceRef
from tieout.emulators.hubspot.sample import WON
from tieout.flows.errors import CallError
from tieout.flows.ports import Sighting
from tieout.runner.clock import ManualClock

VERSION = "2026-11-01T00:00:00.000000Z/2026-10-15T10:00:00.000Z"


def seen(payload, version=VERSION):
    return Sighting(object="deal", object_id=WON, version=version, payload=deepcopy(payload))


def as_order(version):
    source = SourceRef(system="hs", environment="sandbox", object="deal", id=WON, version=version)
    money = Money(Decimal("1876.48"), "EUR")
    return Order(
        source=source,
        name="Acme support",
        customer=Customer(
            source=replace(source, object="company", id="30001", version=""),
            name="Acme GmbH",
            website="acme.example",
            terms="NET30",
            billing=Address(
                lines=("Hauptstraße 1", "Hinterhaus", "3. Stock"),
                city="Berlin",
                postal_code="10115",
                country="DE",
            ),
        ),
        currency="EUR",
        lines=(
            OrderLine(
                source=source.at_line("50001"),
                product=Product(id="70002", sku="SUP-01", name="Support"),
                quantity=Decimal(10),
                amount=money,
            ),
        ),
        close_date=date(2026, 10, 15),
        won=True,
        closed=True,
        header_amount=money,
        po_number="PO-7",
        history=(
            StageChange(at=datetime.fromisoformat("2026-09-01T08:00:00Z"), won=False, label="Verhandlung"),
            StageChange(at=datetime.fromisoformat("2026-10-15T10:00:00.5Z"), won=True, label="Erteilt"),
        ),
        attributes={"dealstage": "98765433", "pipeline": "98765430"},
    )


class TestHubSpot(ConnectorConformance):
    secrets = (SECRETS["env:CLIENT"], SECRETS["env:REFRESH"])
    #: HubSpot answers with what was asked for; a tax group is, and nothing maps it
    unknown = ("hs_tax_rate_group_id", "17")

    @pytest.fixture(autouse=True)
    def _portal(self):
        with Portal(auth=OAUTH) as portal:
            portal.update("50001", "line_items", hs_tax_rate_group_id="17")
            self.portal = portal
            yield

    def source(self):
        return connect("http://127.0.0.1:9", ManualClock(NOW), auth=OAUTH)

    def goldens(self):
        bare = {
            "id": WON,
            "stage": {"won": True, "closed": True},
            "properties": {"closedate": "2026-10-15", "deal_currency_code": "??"},
            "companies": [{"id": "1", "associationTypes": []}, {"id": "2", "associationTypes": []}],
        }
        return [
            Golden("one line", seen(DEAL), as_order(VERSION)),
            Golden("nearly nothing", seen(bare), frozenset({"currency_unknown", "customer_missing"})),
        ]

    def versions(self):
        found = []
        for step in ("a", "b", "c"):
            self.portal.update(WON, po_number=step)
            self.portal.advance(minutes=10)
            found += [one for one in self.portal.poll() if one.object_id == WON]
        return found

    def deliver(self):
        return self.portal.poll()

    def exercise(self):
        portal = self.portal
        kept = [*portal.poll(), *portal.source.warnings(), *portal.source.write_back([note(WON)])]
        for fault in ("unauthorized", "html_502", "cut_answer", "throttle"):
            for operation in ("token", "list", "query", "update"):
                portal.admin("expire_tokens")
                portal.control.faults({"kind": fault, "match": {"operation": operation}, "times": 2})
                for call in (
                    lambda: portal.source.poll(None),
                    lambda: portal.source.write_back([note(WON, status="again")]),
                ):
                    try:
                        kept.append(call())
                    except CallError as error:
                        kept.append(error)
                portal.control.clear_faults()
        revoked = {**SECRETS, "env:REFRESH": SECRETS["env:REFRESH"] + "-revoked"}
        with Portal(auth=OAUTH, secrets=revoked) as refused, suppress(CallError):
            refused.source.poll(None)
        kept.append(portal.source)
        return kept
