"""What Salesforce works out itself when a row is saved: stages, totals, line arithmetic, numbers.

Sources: crm-cpq reference §4 (Opportunity, OpportunityLineItem) and §4.1 (history).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.emulators.salesforce.errors import SalesforceError
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.values import rounded

HISTORY_FIELDS = ("Amount", "Probability", "StageName", "CloseDate", "ForecastCategory")
# StageName is no restricted picklist (recorded describe): a label the org does not have is taken and is open.
UNKNOWN_STAGE: Record = {"IsClosed": False, "IsWon": False, "ForecastCategory": "Pipeline"}
PRICE_FIELDS = frozenset({"Quantity", "UnitPrice", "TotalPrice", "Discount"})


def integrity(message: str, *fields: str) -> SalesforceError:
    """A refusal because fields contradict each other."""
    return SalesforceError(
        400, "FIELD_INTEGRITY_EXCEPTION", f"field integrity exception: {message}", list(fields)
    )


def order_status_code(status: str | None) -> str | None:
    """The category of an order status: anything but Activated is a draft."""
    if status is None:
        return None
    return "Activated" if status == "Activated" else "Draft"


def product_of_entry(org: Org, entry: Record | None, product_id: str | None) -> Record:
    """Product fields a line copies from its price book entry."""
    product = org.store.get("Product2", entry.get("Product2Id") if entry else product_id)
    if product is None:
        return {}
    return {
        "Product2Id": product["Id"],
        "ProductCode": product.get("ProductCode"),
        "Name": product.get("Name"),
    }


def _factor(row: Record) -> Decimal:
    discount = row.get("Discount")
    return 1 - discount / 100 if isinstance(discount, Decimal) else Decimal(1)


def total_price(row: Record) -> Decimal | None:
    """Quantity × UnitPrice × (1 − Discount/100); None where a part is missing."""
    quantity, price = row.get("Quantity"), row.get("UnitPrice")
    if not isinstance(quantity, Decimal) or not isinstance(price, Decimal):
        return None
    return rounded(quantity * price * _factor(row), 2)


def _unit_price_from_total(row: Record) -> Decimal | None:
    divisor = row["Quantity"] * _factor(row)
    return rounded(row["TotalPrice"] / divisor, 2) if divisor else row.get("UnitPrice")


def before_opportunity(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """Stage decides closed, won and forecast; with lines the amount is theirs and money fields are fixed."""
    del human
    if before is not None and before.get("HasOpportunityLineItem"):
        if "Amount" in sent and org.switches.on("SF-10b"):
            row["Amount"] = before.get("Amount")
        if org.switches.on("SF-10h"):
            for name, what in (("Pricebook2Id", "price book"), ("CurrencyIsoCode", "currency")):
                if before.get(name) is not None and row.get(name) != before.get(name):
                    raise integrity(
                        f"{name} ({what} cannot change while the opportunity has line items)", name
                    )
    stage = org.stage(row.get("StageName")) or UNKNOWN_STAGE
    stage_changed = before is None or before.get("StageName") != row.get("StageName")
    if stage_changed:
        row["IsClosed"], row["IsWon"] = _closed_and_won(org, stage)
        row["ForecastCategory"] = row["ForecastCategoryName"] = stage.get("ForecastCategory")
        if "Probability" not in sent:
            row["Probability"] = Decimal(str(stage.get("DefaultProbability", 0)))
        if before is not None:
            row["LastStageChangeDate"] = org.now()
    amount, probability = row.get("Amount"), row.get("Probability")
    if isinstance(amount, Decimal) and isinstance(probability, Decimal):
        row["ExpectedRevenue"] = rounded(amount * probability / 100, 2)
    close = date.fromisoformat(row["CloseDate"])
    row["FiscalYear"], row["FiscalQuarter"] = close.year, (close.month + 2) // 3
    row["Fiscal"] = f"{close.year} {row['FiscalQuarter']}"


def _closed_and_won(org: Org, stage: Record) -> tuple[bool, bool]:
    if org.switches.on("SF-10a"):
        return bool(stage.get("IsClosed")), bool(stage.get("IsWon"))
    label = stage.get("label")
    return label in ("Closed Won", "Closed Lost"), label == "Closed Won"


def before_opportunity_line(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """Price arithmetic of opportunity lines; the parent's price book and currency hold."""
    parent = org.store.get("Opportunity", row["OpportunityId"]) or {}
    entry = org.store.get("PricebookEntry", row.get("PricebookEntryId"))
    if before is None:
        _check_entry(parent, entry, row)
    row |= product_of_entry(org, entry, row.get("Product2Id"))
    if entry is not None:
        row["ListPrice"] = entry.get("UnitPrice")
    if "CurrencyIsoCode" in parent:
        row["CurrencyIsoCode"] = parent["CurrencyIsoCode"]
    prices = sent & PRICE_FIELDS
    if before is not None and before.get("HasRevenueSchedule"):
        for name in ("Quantity", "TotalPrice"):
            row[name] = before.get(name)
        prices -= {"Quantity", "TotalPrice"}
    if prices or before is None:
        _price_line(org, row, prices, creating=before is None, human=human)
    if isinstance(row.get("UnitPrice"), Decimal):
        row["Subtotal"] = rounded(row["Quantity"] * row["UnitPrice"], 2)


def _check_entry(parent: Record, entry: Record | None, row: Record) -> None:
    if entry is None:
        if row.get("Product2Id") is None:
            raise SalesforceError(
                400,
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [PricebookEntryId]",
                ["PricebookEntryId"],
            )
        return
    if parent.get("Pricebook2Id") is not None and entry.get("Pricebook2Id") != parent["Pricebook2Id"]:
        raise integrity(
            "PricebookEntryId (pricebook entry is in a different pricebook than the one assigned to the opportunity)",
            "PricebookEntryId",
        )
    if (
        entry.get("CurrencyIsoCode") != parent.get("CurrencyIsoCode")
        and parent.get("CurrencyIsoCode") is not None
    ):
        raise integrity(
            "PricebookEntryId (pricebook entry currency code does not match opportunity currency code)",
            "PricebookEntryId",
        )
    if not entry.get("IsActive"):
        raise integrity("PricebookEntryId (pricebook entry has been inactivated)", "PricebookEntryId")


def _price_line(org: Org, row: Record, prices: AbstractSet[str], *, creating: bool, human: bool) -> None:
    if {"TotalPrice", "UnitPrice"} <= prices and org.switches.on("SF-10e"):
        raise integrity("TotalPrice, UnitPrice (specify one of the two, not both)", "TotalPrice", "UnitPrice")
    if "UnitPrice" in prices:
        row["TotalPrice"] = total_price(row)
    elif "TotalPrice" in prices:
        row["UnitPrice"] = _unit_price_from_total(row)
    elif creating:
        message = "Required fields are missing: [UnitPrice]"
        raise SalesforceError(400, "REQUIRED_FIELD_MISSING", message, ["UnitPrice"])
    elif {"Quantity", "Discount"} <= prices and not human and org.switches.on("SF-10k"):
        message = "Quantity, Discount (UnitPrice or TotalPrice must be specified too)"
        raise integrity(message, "Quantity", "Discount")
    elif "Quantity" in prices and not human and org.switches.on("SF-10c"):
        row["UnitPrice"] = _unit_price_from_total(
            row
        )  # an API write holds TotalPrice; a person's form sends both
    elif "Discount" not in prices or human or org.switches.on("SF-10d"):
        row["TotalPrice"] = total_price(row)  # Discount alone holds UnitPrice


def before_quote_line(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """Quote and order lines: product from the entry, total from quantity, price and discount."""
    del before, sent, human
    entry = org.store.get("PricebookEntry", row.get("PricebookEntryId"))
    product = product_of_entry(org, entry, row.get("Product2Id"))
    if "Product2Id" in product:
        row["Product2Id"] = product["Product2Id"]
    if entry is not None:
        row["ListPrice"] = entry.get("UnitPrice")
        if row.get("UnitPrice") is None:
            row["UnitPrice"] = entry.get("UnitPrice")
    row["TotalPrice"] = total_price(row)


def before_order(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """A new order is a draft; activation is dated."""
    del sent, human
    code = order_status_code(row.get("Status"))
    if before is None:
        row["OrderNumber"] = row.get("OrderNumber") or org.next_number("Order")
    if code == "Activated" and (before is None or before.get("StatusCode") != "Activated"):
        if before is None:
            message = "Choose a valid order status and save your changes. Ask your admin for details."
            raise SalesforceError(400, "FAILED_ACTIVATION", message, [])
        row["ActivatedDate"] = org.now()
        row["ActivatedById"] = row.get("LastModifiedById")
    row["StatusCode"] = code


def before_quote(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """A quote takes its account from the opportunity and its totals from its lines."""
    del sent, human
    parent = org.store.get("Opportunity", row["OpportunityId"]) or {}
    row["AccountId"] = parent.get("AccountId")
    if before is None:
        row["QuoteNumber"] = row.get("QuoteNumber") or org.next_number("Quote")
    net = row.get("TotalPrice") or Decimal(0)
    row["GrandTotal"] = net + (row.get("Tax") or Decimal(0)) + (row.get("ShippingHandling") or Decimal(0))


def before_contact(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """A contact's name is its first and last name."""
    del org, before, sent, human
    row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def before_entry(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """A price book entry is called as its product."""
    del before, sent, human
    product = org.store.get("Product2", row["Product2Id"]) or {}
    row["Name"], row["ProductCode"] = product.get("Name"), product.get("ProductCode")


def before_contract(
    org: Org, before: Record | None, row: Record, sent: AbstractSet[str], *, human: bool
) -> None:
    """A contract ends the day before its start comes round after the term."""
    del sent, human
    if before is None:
        row["ContractNumber"] = row.get("ContractNumber") or org.next_number("Contract")
    row["StatusCode"] = order_status_code(row.get("Status"))
    if row.get("StartDate") and row.get("ContractTerm"):
        start = date.fromisoformat(row["StartDate"])
        index = start.year * 12 + start.month - 1 + row["ContractTerm"]
        year, month = index // 12, index % 12 + 1
        anniversary = date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
        row["EndDate"] = date.fromordinal(anniversary.toordinal() - 1).isoformat()


BEFORE_SAVE: dict[str, Callable[..., None]] = {
    "Opportunity": before_opportunity,
    "OpportunityLineItem": before_opportunity_line,
    "QuoteLineItem": before_quote_line,
    "OrderItem": before_quote_line,
    "Order": before_order,
    "Quote": before_quote,
    "Contact": before_contact,
    "PricebookEntry": before_entry,
    "Contract": before_contract,
}


def line_totals(org: Org, child: str, link: str, parent_id: str) -> dict[str, Any]:
    """Sums over the live lines of a parent."""
    lines = org.live_children(child, link, parent_id)
    return {
        "count": len(lines),
        "total": sum((line.get("TotalPrice") or Decimal(0) for line in lines), Decimal(0)),
        "quantity": sum((line.get("Quantity") or Decimal(0) for line in lines), Decimal(0)),
        "subtotal": sum(
            ((line.get("Quantity") or Decimal(0)) * (line.get("UnitPrice") or Decimal(0)) for line in lines),
            Decimal(0),
        ),
    }
