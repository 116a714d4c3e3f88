"""Making a scenario: ordinary deals, plants, data sets, facts and expectations, all from the seed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tieout.emulators.scenario import company, expectations, netsuite_data, salesforce_data
from tieout.emulators.scenario.builder import LOST_STAGE, OPEN_STAGE, WON_STAGE, Builder
from tieout.emulators.scenario.cash.month import cash_month
from tieout.emulators.scenario.cash_model import CASH_RECORDS
from tieout.emulators.scenario.model import IGNORED, Json, Scenario
from tieout.emulators.scenario.plants import PLANTS, Plant, smallest

START = date(2026, 10, 1)
#: a plant appears once for each so many deals
DEALS_PER_PLANT = 400
HANDOFFS = ("invoice", "sales_order")


def generate(
    seed: int,
    deals: int = 300,
    *,
    start: date = START,
    plants: Iterable[str] | None = None,
    handoff: str = "invoice",
    live_share_percent: int = 10,
    cash: bool = False,
) -> Scenario:
    """A month of a software company's deals; equal arguments give equal bytes.

    `deals` counts opportunities, planted ones included. `plants` narrows what is planted (default: everything
    that fits the size). `live_share_percent` of the ordinary deals are won while the run is going on. With `cash`, the
    bank tells of payments afterwards.
    Raises ValueError when the deals cannot hold the plants, a plant is unknown, or `start` is no first of a month.
    """
    chosen = _chosen(deals, plants)
    if start.day != 1:
        raise ValueError(f"a scenario starts on the first of a month, not on {start}")
    if handoff not in HANDOFFS:
        raise ValueError(f"unknown hand-off {handoff!r}; known: {', '.join(HANDOFFS)}")
    if deals <= smallest(chosen):
        raise ValueError(f"{len(chosen)} plants need more than {smallest(chosen)} deals, not {deals}")
    builder = Builder(seed=seed, start=start, handoff=handoff)
    times = max(1, min(deals // DEALS_PER_PLANT, deals // (2 * smallest(chosen)) if chosen else 1))
    planted = smallest(chosen) * times
    _ordinary(builder, deals - planted, live_share_percent)
    for _ in range(times):
        for name, plant in chosen.items():
            _plant(builder, name, plant)
    bank = cash_month(builder) if cash else None
    return Scenario(
        seed=seed,
        start=start.isoformat(),
        clock_start=builder.clock_start.isoformat(),
        handoff=handoff,
        netsuite=netsuite_data.dataset(builder),
        salesforce=salesforce_data.dataset(builder),
        facts=_facts(builder),
        timeline=tuple(builder.timeline),
        faults=builder.faults,
        rows=tuple(expectations.row(builder, deal) for deal in builder.deals),
        cash=bank,
    )


def _chosen(deals: int, plants: Iterable[str] | None) -> dict[str, Plant]:
    if plants is None:
        return {name: plant for name, plant in PLANTS.items() if deals >= plant.from_deals}
    names = list(plants)
    unknown = sorted(set(names) - set(PLANTS))
    if unknown:
        raise ValueError(f"unknown plants {', '.join(unknown)}; known: {', '.join(PLANTS)}")
    return {name: PLANTS[name] for name in PLANTS if name in names}


def _plant(builder: Builder, name: str, plant: Plant) -> None:
    before = len(builder.deals)
    plant.make(builder, name)
    made = builder.deals[before:]
    if len(made) != plant.deals or any(
        (deal.outcome, deal.code) != (plant.outcome, plant.code) for deal in made
    ):
        raise AssertionError(f"plant {name} does not make what it promises")


def _ordinary(builder: Builder, count: int, live_share_percent: int) -> None:
    draw = builder.random("ordinary")
    accounts = [builder.directory.new() for _ in range(max(1, count * 2 // 5))]
    for account in accounts:
        if draw.random() < 0.15:  # about every seventh customer was there before Tieout
            builder.known_customer(account)
    for place in range(count):
        deal = builder.deal(accounts[place] if place < len(accounts) else draw.choice(accounts))
        fate = draw.randrange(100)
        if fate < 5:  # one deal in twenty is still open, three in a hundred are lost
            deal.stage, deal.won_at, deal.outcome, deal.code = OPEN_STAGE, None, IGNORED, "not_won"
        elif fate < 8:
            deal.stage, deal.outcome, deal.code = LOST_STAGE, IGNORED, "not_won"
        elif fate < 8 + live_share_percent:
            builder.win_later(deal, seconds=draw.randint(20, 600))


def _facts(builder: Builder) -> Json:
    """What the company's administrators know and put into configuration and crosswalks."""
    private_pem, _ = netsuite_data.key_pair(builder.seed)
    subsidiaries = [row["id"] for row in company.SUBSIDIARIES]
    return {
        "cut_over": builder.cut_over.isoformat(),
        "netsuite": {
            "account": company.NETSUITE_ACCOUNT,
            "integration": company.INTEGRATION,
            "client_id": company.CLIENT_ID,
            "certificate_id": company.CERTIFICATE_ID,
            "private_key_pem": private_pem,
            "algorithm": "ES256",
        },
        "salesforce": {
            "org_id": company.ORG_ID,
            "client_id": company.SALESFORCE_CLIENT_ID,
            "client_secret": company.SALESFORCE_SECRET,
            "api_user_id": company.API_USER,
            "fields": {
                "terms": "Account.Payment_Terms__c",
                "segment": "Account.Segment__c",
                "billing_email": "Account.Billing_Email__c",
                "po_number": "PO_Number__c",
                "header_discount": "Header_Discount__c",
                "bill_to": "Bill_To_Account__c",
                "line_kind": "Product2.Billing_Type__c",
                "write_back": {
                    "id": "NetSuite_Id__c",
                    "status": "NetSuite_Status__c",
                    "error": "NetSuite_Sync_Error__c",
                    "at": "NetSuite_Last_Sync__c",
                },
            },
            "line_kinds": {"One-Time": "one_time", "Recurring": "recurring"},
            "stages": {"open": OPEN_STAGE, "won": WON_STAGE},
        },
        "items": {
            product.id: {"item": product.item, "code": product.code}
            for product in builder.catalogue.all
            if product.item is not None
        },
        "terms": company.TERM_IDS,
        "currencies": company.CURRENCY_IDS,
        "subsidiary_rules": [
            {
                "name": f"{country} is sold by subsidiary {subsidiary}",
                "when": {"Account.BillingCountry": country},
                "then": subsidiary,
            }
            for country, subsidiary in company.SUBSIDIARY_OF.items()
        ],
        "receivable_accounts": company.RECEIVABLES,
        "form_rules": [
            {
                "name": "public sector form",
                "when": {"Account.Segment__c": "Public Sector"},
                "then": {"invoice": company.PUBLIC_FORM, "salesOrder": "112"},
            },
            {
                "name": "standard form",
                "when": {},
                "then": {"invoice": company.STANDARD_FORM, "salesOrder": "111"},
            },
        ],
        "handoff": builder.handoff,
        "canaries": {
            kind: {subsidiary: company.canary(kind, subsidiary) for subsidiary in subsidiaries}
            for kind in ("customer", "salesOrder", "invoice", *CASH_RECORDS)
        },
        "foreign_writers": [{"name": company.OTHER_WRITER, "field": company.OTHER_WRITER_FIELD}],
    }
