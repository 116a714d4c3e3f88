"""A small portal that has one of everything; tests and the demo start from it."""

from __future__ import annotations

from tieout.emulators.kit.http import Json

TOKEN = "pat-na1-sample"  # noqa: S105 - the sample's
WON_STAGE, OPEN_STAGE, LOST_STAGE = "98765433", "98765431", "98765434"
PIPELINE = "98765430"
ACME, ACME_PARENT, BETA = "30001", "30002", "30003"
ADA = "40001"
WON, OPEN = "20001", "20002"
PLATFORM, SUPPORT = "70001", "70002"
LINE, DISCOUNTED_LINE, CUSTOM_LINE = "50001", "50002", "50003"
CREATED = "2026-09-01T08:00:00Z"
_ALL = [
    f"crm.objects.{name}.{word}"
    for name in ("deals", "companies", "contacts", "line_items", "products", "quotes")
    for word in ("read", "write")
]


def sample_dataset() -> Json:
    """Three companies, a won deal with three lines (one custom), an open one, products, a contact."""
    return {
        "portal": {"portal_id": 62515, "additional_currencies": ["EUR"], "exchange_rates": {"EUR": "1.08"}},
        "tokens": [
            {"token": TOKEN, "kind": "private_app"},
            {"token": "service-sample", "kind": "service_key"},
            {"token": "pat-na1-reader", "kind": "private_app", "scopes": ["crm.objects.companies.read"]},
        ],
        "oauth_apps": [
            {
                "client_id": "sample-client", "client_secret": "sample-secret", "app_id": 54321,
                "scopes": ["oauth", *_ALL, "crm.objects.owners.read"], "refresh_tokens": ["na1-refresh-sample"],
                "codes": {"sample-code": "https://tieout.example/callback"},
            },
        ],
        "pipelines": {"deals": [_default_pipeline(), _own_pipeline()]},
        "properties": [
            {"object": kind, **item}
            for kind in ("deals", "companies")
            for item in (
                {"name": "netsuite_id", "type": "string", "unique": True},
                {"name": "netsuite_status", "type": "enumeration", "options": ["pending", "created", "refused"]},
                {"name": "netsuite_synced_at", "type": "datetime"},
            )
        ] + [
            {"object": "companies", "name": "payment_terms", "type": "enumeration", "options": ["NET30", "NET60"]},
            {"object": "deals", "name": "po_number", "type": "string"},
        ],
        "association_labels": [
            {"from": "deals", "to": "companies", "type_id": 101, "opposite_id": 102, "label": "Bill to"},
        ],
        "owners": [{"id": "41", "email": "vera@example.com", "firstName": "Vera", "lastName": "Vertrieb"}],
        "records": {**_customers(), **_catalog(), **_sales()},
        "webhooks": {
            "app_id": 54321, "client_secret": "sample-secret", "target_url": None,
            "subscriptions": [
                {"id": 1, "event_type": "deal.propertyChange", "property": "dealstage"},
                {"id": 2, "event_type": "deal.merge"},
                {"id": 3, "event_type": "deal.associationChange"},
                {"id": 4, "event_type": "company.associationChange"},
            ],
        },
    }  # fmt: skip


def _stage(number: str, label: str, probability: str, *, closed: bool = False) -> Json:
    return {
        "id": number,
        "label": label,
        "metadata": {"probability": probability, "isClosed": str(closed).lower()},
    }


def _default_pipeline() -> Json:
    return {
        "id": "default",
        "label": "Sales Pipeline",
        "stages": [
            _stage("appointmentscheduled", "Appointment scheduled", "0.2"),
            _stage("closedwon", "Closed won", "1.0", closed=True),
            _stage("closedlost", "Closed lost", "0.0", closed=True),
        ],
    }


def _own_pipeline() -> Json:
    return {
        "id": PIPELINE,
        "label": "Vertrieb",
        "stages": [
            _stage(OPEN_STAGE, "Verhandlung", "0.8"),
            _stage(WON_STAGE, "Auftrag erteilt", "1.0", closed=True),
            _stage(LOST_STAGE, "Verloren", "0.0", closed=True),
        ],
    }


def _customers() -> dict[str, list[Json]]:
    return {
        "companies": [
            {
                "id": ACME, "createdAt": CREATED,
                "properties": {
                    "name": "Acme GmbH", "domain": "acme.example", "address": "Hauptstraße 1", "city": "Berlin",
                    "zip": "10115", "country": "Germany", "payment_terms": "NET30",
                },
            },
            {
                "id": ACME_PARENT, "createdAt": CREATED, "properties": {"name": "Acme Holding"},
                "associations": {"companies": [{"id": ACME, "types": [13]}]},
            },
            {"id": BETA, "createdAt": CREATED, "properties": {"name": "Beta Ltd", "city": "Leeds"}},
        ],
        "contacts": [
            {
                "id": ADA, "createdAt": CREATED,
                "properties": {"email": "ada@acme.example", "firstname": "Ada", "lastname": "Acker"},
                "associations": {"companies": [{"id": ACME, "types": ["primary"]}]},
            },
        ],
    }  # fmt: skip


def _catalog() -> dict[str, list[Json]]:
    return {
        "products": [
            {"id": PLATFORM, "createdAt": CREATED,
             "properties": {"name": "Platform", "price": "100", "hs_sku": "PLAT-01"}},
            {"id": SUPPORT, "createdAt": CREATED,
             "properties": {"name": "Support", "price": "234.56", "hs_sku": "SUP-01"}},
        ],
        "line_items": [
            {
                "id": LINE, "createdAt": CREATED,
                "properties": {
                    "name": "Platform", "hs_product_id": PLATFORM, "hs_sku": "PLAT-01", "price": "100",
                    "quantity": "10", "recurringbillingfrequency": "monthly", "hs_recurring_billing_period": "P12M",
                    "hs_recurring_billing_start_date": "2026-11-01",
                },
            },
            {
                "id": DISCOUNTED_LINE, "createdAt": CREATED,
                "properties": {
                    "name": "Support", "hs_product_id": SUPPORT, "hs_sku": "SUP-01", "price": "234.56",
                    "quantity": "10", "hs_discount_percentage": "20",
                },
            },
            {
                "id": CUSTOM_LINE, "createdAt": CREATED,
                "properties": {"name": "Workshop", "price": "500", "quantity": "1", "discount": "50"},
            },
        ],
    }  # fmt: skip


def _sales() -> dict[str, list[Json]]:
    return {
        "deals": [
            {
                "id": WON, "createdAt": CREATED, "updatedAt": "2026-10-15T10:00:00Z",
                "properties": {
                    "dealname": "Acme platform", "pipeline": PIPELINE, "dealstage": WON_STAGE, "amount": "3326.48",
                    "closedate": "2026-10-15T00:00:00Z", "deal_currency_code": "USD", "hubspot_owner_id": "41",
                },
                "history": {"dealstage": [
                    {"value": WON_STAGE, "timestamp": "2026-10-15T10:00:00Z"},
                    {"value": OPEN_STAGE, "timestamp": CREATED},
                ]},
                "associations": {
                    "companies": [{"id": ACME, "types": ["primary"]}, ACME_PARENT], "contacts": [ADA],
                    "line_items": [LINE, DISCOUNTED_LINE, CUSTOM_LINE],
                },
            },
            {
                "id": OPEN, "createdAt": CREATED, "updatedAt": "2026-10-16T10:00:00Z",
                "properties": {
                    "dealname": "Beta start", "pipeline": "default", "dealstage": "appointmentscheduled",
                    "amount": "5000", "deal_currency_code": "EUR",
                },
                "associations": {"companies": [BETA]},
            },
        ],
    }  # fmt: skip
