"""The data set a NetSuite emulator is loaded with (`NetSuiteEmulator(dataset)`, `control.load(dataset)`).

One JSON object; every section but `subsidiaries` and `currencies` may be absent. Ids are strings of digits.

```
{
 "account": {                              # preferences; the defaults are shown
   "base_currency": "1",
   "auto_numbering": true,                 # false: customer entityId is mandatory; always unique
   "invoice_approval": "approved",         # "pending": new invoices start with approvalStatus 1, status D
   "sales_order_status": "F",              # status of a new order: A pending approval, B, F pending billing
   "tax_engine": "suitetax",               # "legacy": SuiteTax fields are unknown, taxItem/taxRate appear
   "line_limit": 10000,                    # lines per transaction
   "default_ar_account": null,             # null: first AcctRec account usable in the subsidiary
   "undeposited_funds_account": null,      # where payments wait for a bank deposit
   "customer_deposit_account": null,       # the liability of customer deposits
   "discount_account": null,               # where a payment's discounts (`disc`) go
   "void_by_reversing_journal": false,     # true: payments, credit memos and deposits cannot be voided
   "concurrency": 5,                       # slots shared by all callers
   "utc_offset_minutes": -480,             # the account's zone: "today", SuiteQL dates and times
   "date_format": "M/D/YYYY",              # how SuiteQL prints dates
   "missing_permission": "zero_rows"       # SuiteQL without permission; "unknown_table" is seen as well
 },
 "subsidiaries": [{"id": "1", "name": "Northwind Inc", "currency": "1", "country": "US", "tax_rate": "0",
                   "parent": null}],       # tax_rate: fraction SuiteTax adds on taxable lines, "0.19"
 "currencies": [{"id": "1", "symbol": "USD", "name": "US Dollar", "precision": 2, "rate": "1"}],
 "accounts": [{"id": "121", "number": "1100", "name": "Accounts Receivable", "type": "AcctRec",
               "subsidiaries": ["1"], "inactive": false, "currency": null}],
                                           # types: AcctRec, Income, Bank, OthCurrAsset, OthCurrLiab, Expense …
 "terms": [{"id": "2", "name": "Net 30", "days": 30,
            "discount": "0.02", "discount_days": 10}],   # optional; shown as given: whether SuiteQL tells a
                                # fraction or a percentage, our sources do not say
 "periods": [{"id": "11", "name": "Nov 2026", "start": "2026-11-01", "end": "2026-11-30", "closed": false}],
 "items": [{"id": "501", "kind": "serviceSaleItem", "itemid": "SKU-1", "displayname": "Platform",
            "inactive": false, "subsidiaries": ["1", "2"], "income_account": "401", "externalid": null,
            "taxable": true}],             # kinds: serviceSaleItem, nonInventorySaleItem, discountItem, …
 "departments" | "classifications" | "locations": [{"id": "1", "name": "Sales", "subsidiaries": ["1"]}],
 "tax_codes": [{"id": "7", "name": "VAT 19%", "rate": "0.19", "subsidiary": "2"}],
 "lists": {"customerCategory": [{"id": "1", "name": "Enterprise"}]},     # further reference lists, any type
 "custom_fields": [{"record": "transaction", "id": "custbody_x", "type": "text", "label": "X"}],
            # record: transaction (all), invoice, salesOrder, item_line, customer, contact, entity (both)
            # type: text (300), longtext, integer, decimal, date, datetime, checkbox, select
 "forms": [{"id": "101", "record": "invoice", "name": "Standard", "preferred": true,
            "mandatory": [{"field": "otherRefNum", "label": "PO #"},
                          {"field": "item.custcol_x", "label": "X"}],
            "hidden": ["custbody_y"]}],    # no form for a record: everything is exposed, nothing is mandatory
 "roles": [{"id": "1001", "name": "Tieout integration", "subsidiaries": "all" | ["1"],
            "permissions": "all" | {"invoice": "full", "customer": "edit", "suiteql": "full", …},
            "preferred_forms": {"invoice": "101"}}],     # levels: view < create < edit < full; absent: none
 "integrations": [{"name": "tieout", "role": "1001", "client_id": "…", "certificates": {"kid-1": "PEM"},
                   "consumer_key": "…", "consumer_secret": "…", "token_id": "…", "token_secret": "…"}],
            # certificates: PEM public keys or X.509 certificates by Certificate ID; the TBA part is optional
 "customers": [{"id": "1001", "externalId": "0015…", "companyName": "ACME", "subsidiary": {"id": "1"},
                "currency": {"id": "1"}, "currencyList": {"items": [{"currency": {"id": "1"}}]},
                "addressBook": {"items": [{"defaultBilling": true, "addressBookAddress": {…}}]},
                "custentity_x": "…", "_by": "seed", "_created": "2026-01-05T10:00:00+00:00"}],
 "contacts": [{…}],
 "transactions": [{"type": "invoice" | "customerPayment" | …, "externalId": "…", "entity": {"id": "1001"},
                   "tranDate": "2026-10-03", "item": {"items": [{"item": {"id": "501"}, "quantity": 1,
                   "rate": 100}]}, "_by": "Celigo", "_created": "…",
                   "_made_from": "id of the document it was made from"}]
}
```

**Records** (`customers`, `contacts`, `transactions`) are shaped like REST bodies: references `{"id": …}` or
`{"externalId": …}` (a bare id is accepted here), sublists `{"items": […]}`. Missing values are computed as a
create would, but nothing is refused for a closed period, a mandatory field or an inactive item: old data
is as old data is. `id` may be given (digits); otherwise the group's sequence gives one. `_by` is who made
it: `seed` by default, or another integration's name; it becomes `_meta.created_by` in the truth. Custom
fields must be declared. Several connectors' fields may live side by side.

**Groups.** All transactions share one id sequence and one external-id namespace, so do all entities
(customers, contacts) and all items.

**Truth** (`control.truth()`): `{"record": "invoice", "id": "7", "external_id": "inv-1", "fields": {…},
"lines": {"item": […]}, "_meta": {"created_at", "created_by", "request", "modified_at", "modified_by"}}`,
where references are bare ids, amounts decimal strings, dates ISO. `created_by` is the integration's name
for REST writes, `human`, `workflow`, or what `_by` says.
"""

from __future__ import annotations

from typing import Any

from tieout.emulators.kit.http import Json

ACCOUNT_DEFAULTS: Json = {
    "base_currency": "1",
    "auto_numbering": True,
    "invoice_approval": "approved",
    "sales_order_status": "F",
    "tax_engine": "suitetax",
    "line_limit": 10_000,
    "default_ar_account": None,
    "undeposited_funds_account": None,
    "customer_deposit_account": None,
    "discount_account": None,
    "void_by_reversing_journal": False,
    "concurrency": 5,
    "utc_offset_minutes": -480,
    "date_format": "M/D/YYYY",
    "missing_permission": "zero_rows",
}

SECTIONS = (
    "account", "subsidiaries", "currencies", "accounts", "terms", "periods", "items", "departments",
    "classifications", "locations", "tax_codes", "lists", "custom_fields", "forms", "roles", "integrations",
    "customers", "contacts", "transactions",
)  # fmt: skip

_TIEOUT_HEADER = (
    "source_system", "source_id", "contract_id", "billing_period_start", "billing_period_end", "run_id",
    "installation",
)  # fmt: skip
_TIEOUT_LINE = (
    "charge_id", "contract_line_id", "usage_metric", "period_start", "period_end", "rating_hash",
    "source_line_id",
)  # fmt: skip


def trace_fields() -> list[Json]:
    """Declarations of the `custbody_tieout_*`, `custcol_tieout_*` and `custentity_tieout_*` text fields."""
    fields: list[Json] = []
    for record, prefix, names in (
        ("transaction", "custbody", _TIEOUT_HEADER),
        ("item_line", "custcol", _TIEOUT_LINE),
        ("entity", "custentity", ("crm_account_id", "source_system", "source_id", "installation")),
    ):
        for name in names:
            label = "Tieout " + name.replace("_", " ").capitalize()
            fields.append({"record": record, "id": f"{prefix}_tieout_{name}", "type": "text", "label": label})
    return fields


def check_sections(dataset: Json) -> None:
    """Refuse what the emulator would silently ignore. Raises ValueError naming the section."""
    for name in dataset:
        if name not in SECTIONS:
            raise ValueError(f"unknown NetSuite data set section {name!r}; known: {', '.join(SECTIONS)}")
    for name in ("subsidiaries", "currencies"):
        if not dataset.get(name):
            raise ValueError(f"the NetSuite data set needs {name}")
    for name in dataset.get("account", {}):
        if name not in ACCOUNT_DEFAULTS:
            raise ValueError(f"unknown account preference {name!r}; known: {', '.join(ACCOUNT_DEFAULTS)}")


def _months(year: int, closed_through: int) -> list[Json]:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    ends = (31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return [
        {
            "id": str(100 + month),
            "name": f"{names[month - 1]} {year}",
            "start": f"{year}-{month:02d}-01",
            "end": f"{year}-{month:02d}-{ends[month - 1]}",
            "closed": month <= closed_through,
        }
        for month in range(1, 13)
    ]


def _items() -> list[Json]:
    rows: list[tuple[str, str, str, str, list[str], bool]] = [
        ("501", "serviceSaleItem", "PLAT-STD", "Platform Standard", ["1", "2"], False),
        ("502", "serviceSaleItem", "PLAT-ENT", "Platform Enterprise", ["1", "2"], False),
        ("503", "nonInventorySaleItem", "SEAT", "Seat licence", ["1", "2"], False),
        ("504", "otherChargeSaleItem", "SETUP", "Set-up fee", ["1", "2"], False),
        ("505", "serviceSaleItem", "USAGE-API", "API calls", ["1", "2"], False),
        ("506", "serviceSaleItem", "US-ONLY", "US support", ["1"], False),
        ("507", "serviceSaleItem", "OLD-1", "Discontinued", ["1", "2"], True),
        ("508", "discountItem", "DISC", "Discount", ["1", "2"], False),
    ]
    return [
        {
            "id": item_id,
            "kind": kind,
            "itemid": name,
            "displayname": display,
            "subsidiaries": subsidiaries,
            "inactive": inactive,
            "income_account": "401",
        }
        for item_id, kind, name, display, subsidiaries, inactive in rows
    ]


def sample_dataset(public_key: str | None = None, *, year: int = 2026) -> Json:
    """A small two-subsidiary company (US: USD, JPY; Germany: EUR) with one integration, `tieout`.

    `public_key` (PEM) is registered as certificate `kid-1` of client `client-tieout`; token-based
    credentials are `ck`/`cs`/`tk`/`ts`. Months up to September are closed. Role 1001 may do everything.
    """
    integration: dict[str, Any] = {
        "name": "tieout", "role": "1001", "client_id": "client-tieout", "certificates": {},
        "consumer_key": "ck", "consumer_secret": "cs", "token_id": "tk", "token_secret": "ts",
    }  # fmt: skip
    if public_key is not None:
        integration["certificates"]["kid-1"] = public_key
    return {
        "account": {
            "undeposited_funds_account": "111", "customer_deposit_account": "211", "discount_account": "402",
        },
        "subsidiaries": [
            {"id": "1", "name": "Northwind Inc", "currency": "1", "country": "US", "tax_rate": "0"},
            {"id": "2", "name": "Northwind GmbH", "currency": "2", "country": "DE", "tax_rate": "0.19",
             "parent": "1"},
        ],
        "currencies": [
            {"id": "1", "symbol": "USD", "name": "US Dollar", "precision": 2, "rate": "1"},
            {"id": "2", "symbol": "EUR", "name": "Euro", "precision": 2, "rate": "1.1"},
            {"id": "3", "symbol": "JPY", "name": "Japanese Yen", "precision": 0, "rate": "0.0067"},
        ],
        "accounts": [
            {"id": "121", "number": "1100", "name": "A/R US", "type": "AcctRec", "subsidiaries": ["1"]},
            {"id": "122", "number": "1110", "name": "A/R Germany", "type": "AcctRec", "subsidiaries": ["2"]},
            {"id": "401", "number": "4000", "name": "Revenue", "type": "Income", "subsidiaries": ["1", "2"]},
            {"id": "101", "number": "1000", "name": "Checking", "type": "Bank", "subsidiaries": ["1"],
             "currency": "1"},
            {"id": "102", "number": "1010", "name": "Girokonto", "type": "Bank", "subsidiaries": ["2"],
             "currency": "2"},
            {"id": "103", "number": "1020", "name": "Checking JPY", "type": "Bank", "subsidiaries": ["1"],
             "currency": "3"},
            {"id": "111", "number": "1499", "name": "Undeposited Funds", "type": "OthCurrAsset"},
            {"id": "112", "number": "1490", "name": "Processor Clearing", "type": "OthCurrAsset"},
            {"id": "211", "number": "2400", "name": "Customer Deposits", "type": "OthCurrLiab"},
            {"id": "402", "number": "4900", "name": "Sales Discounts", "type": "Income"},
            {"id": "611", "number": "6100", "name": "Bank Fees", "type": "Expense"},
        ],
        "terms": [
            {"id": "1", "name": "Due on receipt", "days": 0},
            {"id": "2", "name": "Net 30", "days": 30},
            {"id": "3", "name": "Net 60", "days": 60},
        ],
        "periods": _months(year, closed_through=9),
        "items": _items(),
        "departments": [{"id": "1", "name": "Sales", "subsidiaries": ["1", "2"]}],
        "classifications": [{"id": "1", "name": "Software", "subsidiaries": ["1", "2"]}],
        "locations": [{"id": "1", "name": "Boston", "subsidiaries": ["1"]}],
        "tax_codes": [{"id": "7", "name": "VAT 19%", "rate": "0.19", "subsidiary": "2"}],
        "lists": {"customerCategory": [{"id": "1", "name": "Enterprise"}, {"id": "2", "name": "Public"}]},
        "custom_fields": trace_fields(),
        "forms": [
            {"id": "101", "record": "invoice", "name": "Tieout Invoice", "preferred": True},
            {"id": "102", "record": "invoice", "name": "Public Sector Invoice"},
            {"id": "111", "record": "salesOrder", "name": "Tieout Order", "preferred": True},
            {"id": "121", "record": "customer", "name": "Tieout Customer", "preferred": True},
        ],
        "roles": [
            {"id": "3", "name": "Administrator", "subsidiaries": "all", "permissions": "all"},
            {"id": "1001", "name": "Tieout integration", "subsidiaries": "all", "permissions": "all"},
        ],
        "integrations": [integration],
        "customers": [
            {"id": "1001", "externalId": "0015g00000AAAAAAA1", "companyName": "Globex Corporation",
             "subsidiary": {"id": "1"}, "currency": {"id": "1"}, "terms": {"id": "2"}},
            {"id": "1002", "externalId": "0015g00000AAAAAAA2", "companyName": "Müller & Söhne KG",
             "subsidiary": {"id": "2"}, "currency": {"id": "2"}, "terms": {"id": "2"}},
        ],
        "contacts": [],
        "transactions": [],
    }  # fmt: skip
