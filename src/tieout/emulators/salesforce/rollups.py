"""What a save sets off elsewhere: parents' totals and opportunity history."""

from __future__ import annotations

from tieout.emulators.salesforce.derive import HISTORY_FIELDS, line_totals
from tieout.emulators.salesforce.org import Org
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.values import rounded

_LINE_PARENTS = {
    "OpportunityLineItem": ("Opportunity", "OpportunityId"),
    "QuoteLineItem": ("Quote", "QuoteId"),
    "OrderItem": ("Order", "OrderId"),
}
_ROLLED_UP = ("Quantity", "UnitPrice", "TotalPrice", "IsDeleted")


def after_save(
    org: Org, sobject: SObject, before: Record | None, row: Record, *, user_id: str, at: str
) -> None:
    """Carry a saved row's consequences into other rows."""
    if sobject.name == "Opportunity":
        write_history(org, before, row, user_id=user_id, at=at)
    elif sobject.name in _LINE_PARENTS:
        changed = before is None or any(before.get(name) != row.get(name) for name in _ROLLED_UP)
        if changed or not org.switches.on("SF-10j"):
            roll_up(org, sobject.name, row, user_id=user_id, at=at)


def write_history(org: Org, before: Record | None, row: Record, *, user_id: str, at: str) -> None:
    """One `OpportunityHistory` row for each change of amount, probability, stage, close date or forecast."""
    if not org.switches.on("SF-10g"):
        return
    if before is not None and all(before.get(name) == row.get(name) for name in HISTORY_FIELDS):
        return
    history_id = org.new_id(org.objects["opportunityhistory"])
    entry: Record = {"Id": history_id, "IsDeleted": False, "OpportunityId": row["Id"]}
    entry |= {name: row.get(name) for name in (*HISTORY_FIELDS, "ExpectedRevenue")}
    entry |= {"CreatedById": user_id, "CreatedDate": at, "SystemModstamp": at}
    if "CurrencyIsoCode" in row:
        entry["CurrencyIsoCode"] = row["CurrencyIsoCode"]
    links: Record = {}
    for name, previous, link in (
        ("Amount", "PrevAmount", "LastAmountChangedHistoryId"),
        ("CloseDate", "PrevCloseDate", "LastCloseDateChangedHistoryId"),
    ):
        entry[previous] = before.get(name) if before is not None else None
        if before is not None and before.get(name) != row.get(name):
            links[link] = history_id
    org.store.put("OpportunityHistory", entry)
    org.remember(entry, "history", None, {})
    if links:
        org.store.put("Opportunity", {**row, **links})


def roll_up(org: Org, child: str, line: Record, *, user_id: str, at: str) -> None:
    """Bring a parent's totals up to its lines; this moves the parent's stamp."""
    parent_name, link = _LINE_PARENTS[child]
    before = org.store.get(parent_name, line.get(link))
    if before is None:
        return
    sums = line_totals(org, child, link, before["Id"])
    row = {**before, "SystemModstamp": at, "LastModifiedDate": at, "LastModifiedById": user_id}
    if parent_name == "Opportunity":
        row |= {"HasOpportunityLineItem": sums["count"] > 0, "TotalOpportunityQuantity": sums["quantity"]}
        if sums["count"]:
            row["Amount"] = sums["total"]
            row["ExpectedRevenue"] = rounded(sums["total"] * (row.get("Probability") or 0) / 100, 2)
            if row.get("Pricebook2Id") is None:
                entry = org.store.get("PricebookEntry", line.get("PricebookEntryId")) or {}
                row["Pricebook2Id"] = entry.get("Pricebook2Id")
    elif parent_name == "Quote":
        row |= {"LineItemCount": sums["count"], "Subtotal": sums["subtotal"], "TotalPrice": sums["total"]}
        row["GrandTotal"] = sums["total"] + (row.get("Tax") or 0) + (row.get("ShippingHandling") or 0)
        if sums["subtotal"]:
            row["Discount"] = rounded(100 * (sums["subtotal"] - sums["total"]) / sums["subtotal"], 2)
    else:
        row["TotalAmount"] = sums["total"]
    org.store.put(parent_name, row)
    if parent_name == "Opportunity":
        write_history(org, before, row, user_id=user_id, at=at)
