"""A small org that has one of everything; tests and the demo start from it."""

from __future__ import annotations

from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.ids import make_id

API_USER = make_id("005", 1)
PERSON = make_id("005", 2)
STANDARD_PRICEBOOK = make_id("01s", 1)
SAMPLE_STAGES: tuple[Json, ...] = tuple(
    {
        "label": label,
        "IsClosed": closed,
        "IsWon": won,
        "DefaultProbability": probability,
        "ForecastCategory": forecast,
    }
    for label, closed, won, probability, forecast in (
        ("Qualifizierung", False, False, "10", "Pipeline"),
        ("Verhandlung", False, False, "80", "BestCase"),
        ("Auftrag erteilt", True, True, "100", "Closed"),
        ("Verloren", True, False, "0", "Omitted"),
    )
)
WON_STAGE = "Auftrag erteilt"
OPEN_STAGE = "Verhandlung"
WRITE_BACK_FIELDS: tuple[Json, ...] = tuple(
    {"object": sobject, **item}
    for sobject in ("Account", "Opportunity", "Order")
    for item in (
        {
            "name": "NetSuite_Id__c",
            "type": "string",
            "length": 40,
            "external_id": True,
            "unique": True,
            "case_sensitive": True,
        },
        {"name": "NetSuite_Status__c", "type": "picklist"},
        {"name": "NetSuite_Sync_Error__c", "type": "textarea", "length": 255},
        {"name": "NetSuite_Last_Sync__c", "type": "datetime"},
    )
)
CUSTOM_FIELDS: tuple[Json, ...] = (
    *WRITE_BACK_FIELDS,
    {"object": "Account", "name": "Payment_Terms__c", "type": "picklist"},
    {"object": "Account", "name": "Legacy_Key__c", "type": "string", "external_id": True, "unique": False},
    {"object": "Opportunity", "name": "Billing_Terms_Confirmed__c", "type": "boolean"},
    {"object": "Opportunity", "name": "netsuite_conn__NetSuite_Id__c", "type": "string"},
    {"object": "OpportunityLineItem", "name": "Remark__c", "type": "string"},
)
CREATED = "2026-09-01T08:00:00Z"


def sample_app(**overrides: Any) -> Json:
    """A connected app that may use client credentials."""
    app = {"client_id": "sample-client", "client_secret": "sample-secret", "run_as": API_USER}
    return {**app, "username": "integration@example.com", **overrides}


def sample_dataset(*, multi_currency: bool = False) -> Json:
    """Two accounts, one won opportunity with two lines, one open one, their quote, order and contract."""
    return {
        "org": {
            "id": make_id("00D", 1), "name": "Beispiel GmbH", "multi_currency": multi_currency,
            "api_user_id": API_USER, "person_user_id": PERSON, "batch_max": 2000, "seed": 1,
        },
        "stages": list(SAMPLE_STAGES),
        "custom_fields": list(CUSTOM_FIELDS),
        "records": {
            "User": [
                {"Id": API_USER, "Username": "integration@example.com", "Name": "Integration", "IsActive": True},
                {"Id": PERSON, "Username": "vera@example.com", "Name": "Vera Vertrieb", "IsActive": True},
            ],
            **_customers(),
            **_catalog(),
            **_sales(),
        },
        "connected_apps": [sample_app()],
    }  # fmt: skip


def _customers() -> dict[str, list[Json]]:
    first, second = make_id("001", 1), make_id("001", 2)
    return {
        "Account": [
            {
                "Id": first, "Name": "Acme GmbH", "BillingStreet": "Hauptstraße 1\nHinterhaus", "BillingCity": "Berlin",
                "BillingPostalCode": "10115", "BillingCountry": "Germany", "Payment_Terms__c": "Net 30",
                "CreatedDate": CREATED,
            },
            {"Id": second, "Name": "Beta Ltd", "BillingCity": "Leeds", "CreatedDate": CREATED},
        ],
        "Contact": [
            {
                "Id": make_id("003", 1), "AccountId": first, "FirstName": "Ada", "LastName": "Acker",
                "Email": "ada@acme.example", "CreatedDate": CREATED,
            },
        ],
        "Contract": [
            {
                "Id": make_id("800", 1), "AccountId": first, "StartDate": "2026-10-01", "ContractTerm": 12,
                "Status": "Activated", "CreatedDate": CREATED,
            },
        ],
    }  # fmt: skip


def _catalog() -> dict[str, list[Json]]:
    names = (("Platform", "PLAT-01", "1200"), ("Support", "SUP-01", "300"), ("Training", "TRN-01", "99.5"))
    products, entries = [], []
    for number, (name, code, price) in enumerate(names, start=1):
        product_id = make_id("01t", number)
        products.append({"Id": product_id, "Name": name, "ProductCode": code, "CreatedDate": CREATED})
        entries.append({
            "Id": make_id("01u", number), "Product2Id": product_id, "Pricebook2Id": STANDARD_PRICEBOOK,
            "UnitPrice": price, "CreatedDate": CREATED,
        })  # fmt: skip
    book = {"Id": STANDARD_PRICEBOOK, "Name": "Standard", "IsStandard": True, "CreatedDate": CREATED}
    return {"Product2": products, "Pricebook2": [book], "PricebookEntry": entries}


def _sales() -> dict[str, list[Json]]:
    account, won, still_open = make_id("001", 1), make_id("006", 1), make_id("006", 2)
    return {
        "Opportunity": [
            {
                "Id": won, "AccountId": account, "Name": "Acme platform", "StageName": WON_STAGE,
                "CloseDate": "2026-10-15", "Pricebook2Id": STANDARD_PRICEBOOK, "CreatedDate": CREATED,
                "SystemModstamp": "2026-10-15T10:00:00Z",
            },
            {
                "Id": still_open, "AccountId": make_id("001", 2), "Name": "Beta start", "StageName": OPEN_STAGE,
                "Amount": "5000", "CloseDate": "2026-12-31", "CreatedDate": CREATED,
                "SystemModstamp": "2026-10-16T10:00:00Z",
            },
        ],
        "OpportunityLineItem": [
            {
                "Id": make_id("00k", 1), "OpportunityId": won, "PricebookEntryId": make_id("01u", 1),
                "Quantity": "10", "UnitPrice": "1100", "CreatedDate": CREATED,
            },
            {
                "Id": make_id("00k", 2), "OpportunityId": won, "PricebookEntryId": make_id("01u", 2),
                "Quantity": "3", "UnitPrice": "300", "Discount": "10", "CreatedDate": CREATED,
            },
        ],
        "OpportunityHistory": [
            {
                "Id": make_id("008", 1), "OpportunityId": won, "StageName": WON_STAGE, "CloseDate": "2026-10-15",
                "CreatedDate": "2026-10-15T10:00:00Z",
            },
        ],
        "Quote": [
            {
                "Id": make_id("0Q0", 1), "OpportunityId": won, "Name": "Acme platform v1", "Status": "Accepted",
                "IsSyncing": True, "CreatedDate": CREATED,
            },
        ],
        "QuoteLineItem": [
            {
                "Id": make_id("0QL", 1), "QuoteId": make_id("0Q0", 1), "PricebookEntryId": make_id("01u", 1),
                "Quantity": "10", "UnitPrice": "1100", "CreatedDate": CREATED,
            },
        ],
        "Order": [
            {
                "Id": make_id("801", 1), "AccountId": account, "OpportunityId": won, "Status": "Draft",
                "EffectiveDate": "2026-11-01", "CreatedDate": CREATED,
            },
        ],
        "OrderItem": [
            {
                "Id": make_id("802", 1), "OrderId": make_id("801", 1), "PricebookEntryId": make_id("01u", 1),
                "Quantity": "10", "UnitPrice": "1100", "CreatedDate": CREATED,
            },
        ],
    }  # fmt: skip
