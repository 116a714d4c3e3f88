"""A data set into an org: rows as given, gaps derived, nothing triggered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.derive import order_status_code, product_of_entry, total_price
from tieout.emulators.salesforce.org import AUDIT_FIELDS, Org
from tieout.emulators.salesforce.schema import SObject
from tieout.emulators.salesforce.store import Record
from tieout.emulators.salesforce.values import read_given

SECTIONS = frozenset({"org", "stages", "custom_fields", "custom_objects", "records", "connected_apps"})
# Parents before children, so that a line finds its price book entry and its opportunity.
_LOAD_FIRST = (
    "User",
    "Account",
    "Contact",
    "Product2",
    "Pricebook2",
    "PricebookEntry",
    "Contract",
    "Opportunity",
)


def load_dataset(org: Org, dataset: Json) -> None:
    """Replace everything. Raises ValueError on unknown sections, objects and fields, and on a doubled id."""
    unknown = [name for name in dataset if name not in SECTIONS and not name.startswith("_")]
    if unknown:
        raise ValueError(f"unknown sections {', '.join(unknown)}; known: {', '.join(sorted(SECTIONS))}")
    org.reset(
        dataset.get("org", {}),
        dataset.get("stages", []),
        dataset.get("custom_fields", []),
        dataset.get("custom_objects", []),
    )
    records: dict[str, list[Json]] = dict(dataset.get("records", {}))
    for name in sorted(records, key=_load_place):
        sobject = org.sobject(name)
        if sobject is None:
            raise ValueError(f"records: no object {name} in this org")
        for number, item in enumerate(records[name]):
            _load_record(org, sobject, item, f"{name}[{number}]")
    _load_own_records(org)
    _derive_totals(org)


def _load_place(name: str) -> int:
    return _LOAD_FIRST.index(name) if name in _LOAD_FIRST else len(_LOAD_FIRST)


def _load_record(org: Org, sobject: SObject, item: Json, place: str) -> None:
    row: Record = {}
    for key, raw in item.items():
        spec = sobject.get(key)
        if spec is None:
            raise ValueError(f"{place}: {sobject.name} has no field {key}")
        row[spec.name] = read_given(spec, raw)
    row["Id"] = row.get("Id") or org.new_id(sobject)
    if org.store.get(sobject.name, row["Id"]) is not None:
        raise ValueError(f"{place}: a second record with Id {row['Id']}")
    _fill(org, sobject, row)
    org.store.put(sobject.name, row)
    org.remember(row, "seed", None, {})


def _fill(org: Org, sobject: SObject, row: Record) -> None:
    given = [row[name] for name in AUDIT_FIELDS if row.get(name)]
    user = org.settings["api_user_id"]
    for spec in sobject.fields.values():
        name = spec.name
        if row.get(name) is not None:
            continue
        if name in AUDIT_FIELDS:
            row[name] = (min if name == "CreatedDate" else max)(given) if given else org.now()
        elif name in ("CreatedById", "LastModifiedById", "OwnerId"):
            row[name] = user
        elif name == "CurrencyIsoCode":
            row[name] = org.settings["corporate_currency"]
        elif spec.type == "boolean" and name not in ("IsClosed", "IsWon"):
            row[name] = name == "IsActive"
    filler = _FILLERS.get(sobject.name)
    if filler is not None:
        filler(org, row)
        for name in ("Name", "ProductCode"):
            if name in row and sobject.get(name) is None:
                del row[name]  # quote and order lines have none of their own


def _default(row: Record, name: str, value: Any) -> None:
    if row.get(name) is None and value is not None:
        row[name] = value


def _fill_opportunity(org: Org, row: Record) -> None:
    stage = org.stage(row.get("StageName")) or {}
    _default(row, "IsClosed", bool(stage.get("IsClosed", False)))
    _default(row, "IsWon", bool(stage.get("IsWon", False)))
    _default(row, "ForecastCategory", stage.get("ForecastCategory"))
    if row.get("Probability") is None and "DefaultProbability" in stage:
        row["Probability"] = Decimal(str(stage["DefaultProbability"]))


def _fill_line(org: Org, row: Record) -> None:
    entry = org.store.get("PricebookEntry", row.get("PricebookEntryId"))
    if entry is not None:
        _default(row, "ListPrice", entry.get("UnitPrice"))
    for name, value in product_of_entry(org, entry, row.get("Product2Id")).items():
        _default(row, name, value)
    _default(row, "TotalPrice", total_price(row))


def _fill_entry(org: Org, row: Record) -> None:
    product = org.store.get("Product2", row.get("Product2Id")) or {}
    _default(row, "Name", product.get("Name"))
    _default(row, "ProductCode", product.get("ProductCode"))


def _fill_order(org: Org, row: Record) -> None:
    _default(row, "StatusCode", order_status_code(row.get("Status")))
    _default(row, "OrderNumber", org.next_number("Order"))


def _fill_contact(_: Org, row: Record) -> None:
    _default(
        row, "Name", " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or None
    )


_FILLERS = {
    "Opportunity": _fill_opportunity,
    "OpportunityLineItem": _fill_line,
    "QuoteLineItem": _fill_line,
    "OrderItem": _fill_line,
    "PricebookEntry": _fill_entry,
    "Order": _fill_order,
    "Contact": _fill_contact,
}


def _load_own_records(org: Org) -> None:
    """The rows an org always has: itself, its API user, its stages, its corporate currency."""
    settings = org.settings
    if org.store.get("Organization", settings["id"]) is None:
        edition = f"{settings['edition']} Edition"
        row = {"Id": settings["id"], "Name": settings["name"], "IsSandbox": settings["is_sandbox"]}
        _load_record(org, org.objects["organization"], {**row, "OrganizationType": edition}, "org")
    if org.store.get("User", settings["api_user_id"]) is None:
        user = {
            "Id": settings["api_user_id"],
            "Username": "integration@example.com",
            "Name": "Integration User",
        }
        _load_record(org, org.objects["user"], {**user, "LastName": "User", "IsActive": True}, "org")
    if not org.store.tables["OpportunityStage"].rows:
        for number, stage in enumerate(org.stages.values(), start=1):
            _load_record(org, org.objects["opportunitystage"], _stage_row(stage, number), "stages")
    if "currencytype" in org.objects and not org.store.tables["CurrencyType"].rows:
        corporate = {"IsoCode": settings["corporate_currency"], "ConversionRate": "1", "DecimalPlaces": 2}
        _load_record(
            org, org.objects["currencytype"], {**corporate, "IsActive": True, "IsCorporate": True}, "org"
        )


def _stage_row(stage: Json, number: int) -> Json:
    return {
        "Id": stage.get("Id"),
        "MasterLabel": stage["label"],
        "ApiName": stage["label"],
        "IsActive": stage.get("IsActive", True),
        "SortOrder": number,
        "IsClosed": bool(stage.get("IsClosed", False)),
        "IsWon": bool(stage.get("IsWon", False)),
        "ForecastCategory": stage.get("ForecastCategory"),
        "ForecastCategoryName": stage.get("ForecastCategory"),
        "DefaultProbability": stage.get("DefaultProbability"),
    }


def _derive_totals(org: Org) -> None:
    for row in list(org.store.live("Opportunity")):
        lines = org.live_children("OpportunityLineItem", "OpportunityId", row["Id"])
        if not lines:
            continue
        changed = {**row, "HasOpportunityLineItem": True}
        totals = [line["TotalPrice"] for line in lines if isinstance(line.get("TotalPrice"), Decimal)]
        if row.get("Amount") is None and len(totals) == len(lines):
            changed["Amount"] = sum(totals, Decimal(0))
        org.store.put("Opportunity", changed)
