"""The scenario as a Salesforce data set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from tieout.emulators.salesforce.ids import make_id
from tieout.emulators.scenario import company
from tieout.emulators.scenario.builder import OPEN_STAGE, Builder, Deal
from tieout.emulators.scenario.catalogue import Product
from tieout.emulators.scenario.company import API_USER, SALES_USER
from tieout.emulators.scenario.model import Json
from tieout.emulators.scenario.money import DECIMALS
from tieout.emulators.scenario.people import Account

PRICEBOOK = make_id("01s", 1)
CURRENCIES = tuple(DECIMALS)


def dataset(builder: Builder) -> Json:
    """Accounts with a contact each, products with a price per currency, deals with lines and history."""
    records: dict[str, list[Json]] = {
        "User": _users(),
        "CurrencyType": [
            {
                "Id": make_id("01L", 1 + place),
                "IsoCode": code,
                "ConversionRate": rate,
                "IsActive": True,
                "DecimalPlaces": DECIMALS[code],
                "IsCorporate": code == "USD",
            }
            for place, (code, rate) in enumerate((("USD", "1"), ("EUR", "0.92"), ("JPY", "150")))
        ],
        "Account": [_account(account, builder) for account in builder.directory.accounts],
        "Contact": [
            _contact(account, number, builder) for number, account in enumerate(builder.directory.accounts)
        ],
        "Product2": [_product(product, builder) for product in builder.catalogue.all],
        "Pricebook2": [
            {"Id": PRICEBOOK, "Name": "Standard Price Book", "IsActive": True, "IsStandard": True}
        ],
        "PricebookEntry": [
            _price(product, currency) for product in builder.catalogue.all for currency in CURRENCIES
        ],
        "Opportunity": [_opportunity(deal, builder) for deal in builder.deals],
        "OpportunityLineItem": [row for deal in builder.deals for row in _lines(deal, builder)],
        "OpportunityHistory": [
            row for number, deal in enumerate(builder.deals) for row in _history(deal, number, builder)
        ],
    }
    return {
        "org": {
            "id": company.ORG_ID,
            "name": "Northlight Software",
            "multi_currency": True,
            "corporate_currency": "USD",
            "api_user_id": API_USER,
            "is_sandbox": True,
            "seed": builder.seed,
        },
        "stages": company.STAGES,
        "custom_fields": _custom_fields(),
        "records": records,
        "connected_apps": [
            {
                "client_id": company.SALESFORCE_CLIENT_ID,
                "client_secret": company.SALESFORCE_SECRET,
                "run_as": API_USER,
                "username": "tieout@northlight.example",
                "approved": True,
            }
        ],
    }


def _custom_fields() -> list[Json]:
    fields: list[Json] = [
        {"object": "Account", "name": "Payment_Terms__c", "type": "picklist"},
        {"object": "Account", "name": "Segment__c", "type": "picklist"},
        {"object": "Account", "name": "Billing_Email__c", "type": "email"},
        {"object": "Opportunity", "name": "PO_Number__c", "type": "string", "length": 45},
        {"object": "Opportunity", "name": "Header_Discount__c", "type": "currency"},
        {"object": "Opportunity", "name": "Bill_To_Account__c", "type": "reference", "reference_to": "Account",
         "relationship": "Bill_To_Account__r"},
        {"object": "Product2", "name": "Billing_Type__c", "type": "picklist"},
    ]  # fmt: skip
    for owner in ("Account", "Opportunity"):
        fields += [
            {"object": owner, "name": "NetSuite_Id__c", "type": "string", "length": 40},
            {"object": owner, "name": "NetSuite_Status__c", "type": "string", "length": 80},
            {"object": owner, "name": "NetSuite_Sync_Error__c", "type": "textarea", "length": 255},
            {"object": owner, "name": "NetSuite_Last_Sync__c", "type": "datetime"},
        ]
    return fields


def _users() -> list[Json]:
    return [
        {"Id": API_USER, "Username": "tieout@northlight.example", "LastName": "Tieout integration"},
        {
            "Id": SALES_USER,
            "Username": "mara.lindt@northlight.example",
            "FirstName": "Mara",
            "LastName": "Lindt",
        },
    ]


def _stamps(created: datetime, changed: datetime, by: str = SALES_USER) -> Json:
    return {
        "CreatedDate": stamp(created),
        "CreatedById": by,
        "LastModifiedDate": stamp(changed),
        "LastModifiedById": by,
        "SystemModstamp": stamp(changed),
    }


def _account(account: Account, builder: Builder) -> Json:
    before = datetime.combine(builder.start - timedelta(days=200), time(8), UTC)
    return {
        "Id": account.id,
        "Name": account.name,
        "ParentId": account.parent,
        "BillingStreet": account.street,
        "BillingCity": account.city,
        "BillingState": account.state or None,
        "BillingPostalCode": account.postal_code,
        "BillingCountry": account.country,
        "Website": account.website,
        "CurrencyIsoCode": account.currency,
        "Payment_Terms__c": account.terms,
        "Segment__c": account.segment,
        "Billing_Email__c": account.email,
        **_stamps(before, before + timedelta(days=30)),
    }


def _contact(account: Account, number: int, builder: Builder) -> Json:
    before = datetime.combine(builder.start - timedelta(days=190), time(8), UTC)
    given, family = account.contact
    return {
        "Id": make_id("003", 3000 + number),
        "AccountId": account.id,
        "FirstName": given,
        "LastName": family,
        "Email": account.email,
        "CurrencyIsoCode": account.currency,
        **_stamps(before, before),
    }


def _product(product: Product, builder: Builder) -> Json:
    before = datetime.combine(builder.start - timedelta(days=400), time(8), UTC)
    return {
        "Id": product.id,
        "Name": product.name,
        "ProductCode": product.code,
        "IsActive": True,
        "Family": {"PS": "Services", "TR": "Training", "HW": "Hardware", "FE": "Fees"}.get(
            product.code[:2], "Software"
        ),
        "Billing_Type__c": product.billing_type,
        **_stamps(before, before),
    }


def _price(product: Product, currency: str) -> Json:
    return {
        "Id": _price_id(product, currency),
        "Product2Id": product.id,
        "Pricebook2Id": PRICEBOOK,
        "UnitPrice": str(product.price(currency)),
        "IsActive": True,
        "UseStandardPrice": False,
        "CurrencyIsoCode": currency,
    }


def _price_id(product: Product, currency: str) -> str:
    return make_id("01u", 10 * (product.number + 1) + CURRENCIES.index(currency))


def _opportunity(deal: Deal, builder: Builder) -> Json:
    created = _created(deal, builder)
    changed = deal.touched_at or deal.won_at or created + timedelta(days=2)
    seller = deal.opened_by or deal.account
    amount = deal.header_amount
    return {
        "Id": deal.id,
        "Name": deal.name[:120],
        "AccountId": seller.id,
        "StageName": deal.stage,
        "CloseDate": deal.close_date.isoformat(),
        "Amount": None if amount is None else str(amount),
        "CurrencyIsoCode": deal.currency,
        "Pricebook2Id": PRICEBOOK,
        "HasOpportunityLineItem": bool(deal.lines),
        "LastStageChangeDate": stamp(deal.won_at or created),
        "OwnerId": SALES_USER,
        "PO_Number__c": deal.po_number or None,
        "Header_Discount__c": None if deal.header_discount is None else str(deal.header_discount),
        "Bill_To_Account__c": deal.bill_to.id if deal.bill_to else None,
        **_stamps(created, changed),
    }


def _lines(deal: Deal, builder: Builder) -> list[Json]:
    created = _created(deal, builder)
    return [
        {
            "Id": line.id,
            "OpportunityId": deal.id,
            "SortOrder": place,
            "PricebookEntryId": _price_id(line.product, deal.currency),
            "Product2Id": line.product.id,
            "ProductCode": line.product.code,
            "Name": line.product.name,
            "Quantity": str(line.quantity),
            "UnitPrice": str(line.unit_price),
            "Discount": str(line.discount) if line.discount else None,
            "Subtotal": str(line.quantity * line.unit_price),
            "TotalPrice": str(line.total),
            "ListPrice": str(line.product.price(deal.currency)),
            "Description": line.description or None,
            "CurrencyIsoCode": deal.currency,
            **_stamps(created, created),
        }
        for place, line in enumerate(deal.lines, 1)
    ]


def _history(deal: Deal, number: int, builder: Builder) -> list[Json]:
    created = _created(deal, builder)
    moments: list[tuple[str, datetime]] = [
        ("Qualification", created),
        (OPEN_STAGE, created + timedelta(days=1)),
    ]
    if deal.won_at is not None:
        moments.append((deal.stage, deal.won_at))
    amount = deal.header_amount if deal.header_amount is not None else Decimal(0)
    return [
        {
            "Id": make_id("008", 4 * number + place + 1),
            "OpportunityId": deal.id,
            "StageName": stage,
            "Amount": str(amount),
            "CloseDate": deal.close_date.isoformat(),
            "CurrencyIsoCode": deal.currency,
            "CreatedById": SALES_USER,
            "CreatedDate": stamp(moment),
        }
        for place, (stage, moment) in enumerate(moments)
    ]


def _created(deal: Deal, builder: Builder) -> datetime:
    earliest = deal.won_at or datetime.combine(builder.start, time(9), UTC)
    return earliest - timedelta(days=34, hours=5)


def stamp(moment: datetime) -> str:
    """A date-time as Salesforce writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
