"""From a data set to an account's state."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.catalog import (
    ITEM_LINES,
    ITEM_TYPES,
    TYPE_CODES,
    Field,
    label_of,
    parse_fields,
)
from tieout.emulators.netsuite.context import SaveContext
from tieout.emulators.netsuite.dataset import ACCOUNT_DEFAULTS, check_sections
from tieout.emulators.netsuite.errors import NsError
from tieout.emulators.netsuite.saving import create
from tieout.emulators.netsuite.state import Form, Record, Role, State
from tieout.emulators.netsuite.values import seed_body

_KINDS = {
    "text": "text", "longtext": "text", "integer": "integer", "decimal": "number", "date": "date",
    "datetime": "datetime", "checkbox": "bool", "select": "ref",
}  # fmt: skip
_OWNERS = {
    "transaction": tuple(TYPE_CODES),
    **{kind.lower(): (kind,) for kind in TYPE_CODES},
    "entity": ("customer", "contact"),
    "customer": ("customer",),
    "contact": ("contact",),
}
ADMINISTRATOR = Role("3", "Administrator")


def fill(state: State, switches: Switches, dataset: Json) -> None:
    """Load a data set into an empty state. Raises ValueError saying which record is wrong."""
    check_sections(dataset)
    state.account = {**ACCOUNT_DEFAULTS, **dataset.get("account", {})}
    if state.account["tax_engine"] == "legacy":
        use_legacy_tax(state)
    _reference_data(state, dataset)
    for declared in dataset.get("custom_fields", []):
        declare_custom_field(state, declared)
    for row in dataset.get("forms", []):
        state.forms[str(row["id"])] = form_of(row)
    for row in dataset.get("roles", []):
        state.roles[str(row["id"])] = role_of(row)
    state.integrations = [dict(row) for row in dataset.get("integrations", [])]
    for section, kind in (("customers", "customer"), ("contacts", "contact")):
        _records(state, switches, dataset.get(section, []), kind)
    _records(state, switches, dataset.get("transactions", []), None)


def use_legacy_tax(state: State) -> None:
    """Legacy tax: the SuiteTax fields are unknown, the old ones appear (reference 8.2)."""
    for name in (*ITEM_LINES, "customer"):
        record_type = state.types[name.lower()]
        for field in ("nexus", "taxdetailsoverride", "taxpointdate", "taxdetails", "taxregistration"):
            record_type.fields.pop(field, None)
        record_type.sublists = {
            sublist: fields
            for sublist, fields in record_type.sublists.items()
            if sublist not in ("taxDetails", "taxRegistration")
        }
        record_type.fields.update(parse_fields("taxItem:ref:salesTaxItem taxRate:number"))


def role_of(row: Json) -> Role:
    """A role from its data set row."""
    subsidiaries = row.get("subsidiaries", "all")
    permissions = row.get("permissions", "all")
    return Role(
        str(row["id"]),
        row["name"],
        None if subsidiaries == "all" else frozenset(str(one) for one in subsidiaries),
        None if permissions == "all" else dict(permissions),
        {name: str(form) for name, form in row.get("preferred_forms", {}).items()},
    )


def form_of(row: Json) -> Form:
    """A form from its data set row."""
    mandatory = [
        (one["field"], one.get("label") or label_of(one["field"])) for one in row.get("mandatory", [])
    ]
    return Form(str(row["id"]), row["record"], row["name"], bool(row.get("preferred")), mandatory,
                set(row.get("hidden", [])))  # fmt: skip


def declare_custom_field(state: State, declared: Json) -> None:
    """Add a custom field to the record types it belongs to. Raises ValueError on an unknown record or type."""
    kind = _KINDS.get(declared.get("type", "text"))
    if kind is None:
        raise ValueError(f"custom field {declared['id']}: unknown type {declared.get('type')!r}")
    name = declared["id"].lower()
    maximum = declared.get("max_length") or (300 if declared.get("type", "text") == "text" else 0)
    field = Field(
        name, kind, declared.get("label") or label_of(name), str(declared.get("list", "customlist")),
        int(maximum) if kind == "text" else 0,
    )  # fmt: skip
    owner = declared["record"].lower()
    if owner == "item_line":
        for record in ITEM_LINES:
            state.types[record.lower()].sublists["item"][name] = field
    elif owner in _OWNERS:
        for record in _OWNERS[owner]:
            state.types[record.lower()].fields[name] = field
    else:
        raise ValueError(f"custom field {name}: unknown record {declared['record']!r}")
    state.custom_fields.append(dict(declared))


def _put(state: State, record_type: str, row: Json, fields: dict[str, Any]) -> None:
    kind = state.types[record_type.lower()]
    record = Record(
        kind.name, str(row["id"]), {name: value for name, value in fields.items() if value is not None}
    )
    record.fields.setdefault("isInactive", bool(row.get("inactive", False)))
    now = state.clock.now()
    record.meta = {
        "created_at": now,
        "created_by": "seed",
        "request": 0,
        "modified_at": now,
        "modified_by": "seed",
    }
    state.put(record)
    if record.id.isdigit():
        state.sequences[kind.group] = max(state.sequences[kind.group], int(record.id))


def _ids(row: Json) -> list[str]:
    return [str(one) for one in row.get("subsidiaries", [])]


def _reference_data(state: State, dataset: Json) -> None:
    for row in dataset["currencies"]:
        _put(state, "currency", row, {
            "name": row["name"], "symbol": row["symbol"], "currencyPrecision": int(row.get("precision", 2)),
            "exchangeRate": Decimal(str(row.get("rate", "1"))),
        })  # fmt: skip
    for row in dataset["subsidiaries"]:
        _put(state, "subsidiary", row, {
            "name": row["name"], "currency": str(row["currency"]), "country": row.get("country", "US"),
            "parent": row.get("parent"), "taxRate": Decimal(str(row.get("tax_rate", "0"))),
        })  # fmt: skip
    for row in dataset.get("accounts", []):
        _put(state, "account", row, {
            "acctNumber": row.get("number", ""), "acctName": row["name"], "acctType": row["type"],
            "subsidiary": _ids(row), "currency": str(row["currency"]) if row.get("currency") else None,
        })  # fmt: skip
    for row in dataset.get("terms", []):
        _put(state, "term", row, {
            "name": row["name"], "daysUntilNetDue": int(row.get("days", 0)),
            "discountPercent": Decimal(str(row["discount"])) if "discount" in row else None,
            "daysUntilExpiry": int(row["discount_days"]) if "discount_days" in row else None,
        })  # fmt: skip
    for row in dataset.get("periods", []):
        closed = bool(row.get("closed", False))
        _put(state, "accountingPeriod", row, {
            "periodName": row["name"], "startDate": row["start"], "endDate": row["end"], "closed": closed,
            "arLocked": closed,
        })  # fmt: skip
    for section, kind in (("departments", "department"), ("classifications", "classification"),
                          ("locations", "location")):  # fmt: skip
        for row in dataset.get(section, []):
            _put(state, kind, row, {"name": row["name"], "subsidiary": _ids(row)})
    for row in dataset.get("tax_codes", []):
        _put(state, "salesTaxItem", row, {
            "name": row["name"], "rate": Decimal(str(row["rate"])), "subsidiary": row.get("subsidiary"),
        })  # fmt: skip
    for name, rows in dataset.get("lists", {}).items():
        state.lists[name] = {str(row["id"]): row["name"] for row in rows}
    for row in dataset.get("items", []):
        _put_item(state, row)


def _put_item(state: State, row: Json) -> None:
    kind = row.get("kind", "serviceSaleItem")
    if kind not in ITEM_TYPES:
        raise ValueError(f"item {row.get('id')}: unknown kind {kind!r}; known: {', '.join(ITEM_TYPES)}")
    _put(state, kind, row, {
        "itemId": row["itemid"], "displayName": row.get("displayname"), "incomeAccount": row.get("income_account"),
        "subsidiary": _ids(row), "externalId": row.get("externalid"), "itemType": ITEM_TYPES[kind],
        "taxable": bool(row.get("taxable", True)),
    })  # fmt: skip


def _records(state: State, switches: Switches, rows: list[Json], kind: str | None) -> None:
    for number, row in enumerate(rows):
        name = kind or row["type"]
        record_type = state.type_of(name)
        if record_type is None:
            raise ValueError(f"transactions[{number}]: unknown type {name!r}")
        context = SaveContext(
            state, switches, ADMINISTRATOR, str(row.get("_by", "seed")), strict=False, names="error"
        )
        wanted = str(row["id"]) if row.get("id") is not None else None
        if wanted in state.groups.get(record_type.group, {}):
            raise ValueError(f"{name} {wanted}: the id is taken in its group")
        try:
            record = create(context, record_type, seed_body(row), record_id=wanted)
        except NsError as error:
            raise ValueError(f"{name} {wanted or number}: {error.detail} {error.where or ''}") from None
        if row.get("_made_from"):
            # A transform sets it; a data set has nothing to transform.
            record.fields["createdFrom"] = str(row["_made_from"])
        if row.get("_created"):
            created = datetime.fromisoformat(row["_created"]).astimezone(UTC)
            record.meta["created_at"] = record.meta["modified_at"] = created
