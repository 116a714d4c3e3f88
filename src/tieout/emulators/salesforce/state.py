"""The org as JSON and back, and the ground truth for assertions."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.org import Armed, Org
from tieout.emulators.salesforce.store import Meta, Record
from tieout.emulators.salesforce.values import read_given

_LINES = {
    "Opportunity": ("OpportunityLineItem", "OpportunityId"),
    "Quote": ("QuoteLineItem", "QuoteId"),
    "Order": ("OrderItem", "OrderId"),
}


def plain(row: Record) -> Json:
    """A row without Decimals: numbers as text."""
    return {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in row.items()}


def truth(org: Org) -> list[Json]:
    """Every live record with all fields, hidden ones too, its lines, and who wrote it."""
    records = []
    for sobject in org.objects.values():
        keys = [spec.name for spec in sobject.fields.values() if spec.external_id]
        child, link = _LINES.get(sobject.name, (None, ""))
        for row in org.store.live(sobject.name):
            lines = [plain(line) for line in org.live_children(child, link, row["Id"])] if child else []
            meta = org.store.meta.get(row["Id"])
            records.append({
                "record": sobject.name,
                "id": row["Id"],
                "external_id": next((row[key] for key in keys if row.get(key) is not None), None),
                "fields": plain(row),
                "lines": lines,
                "_meta": asdict(meta) if meta is not None else {},
            })  # fmt: skip
    return records


def dump(org: Org) -> Json:
    """Everything an org holds, as JSON. Query locators are not kept: they answer INVALID_QUERY_LOCATOR."""
    armed = org.armed
    return {
        "shape": org.shape,
        "rows": {
            name: [plain(row) for row in table.rows.values()] for name, table in org.store.tables.items()
        },
        "meta": {record_id: asdict(meta) for record_id, meta in org.store.meta.items()},
        "delete_log": {name: [list(item) for item in log] for name, log in org.store.delete_log.items()},
        "pending": org.pending,
        "serials": dict(org.serials),
        "served": org.served,
        "armed": {
            "validation_rules": armed.validation_rules,
            "duplicate_rules": armed.duplicate_rules,
            "locked_records": armed.locked_records,
            "busy_rows": dict(armed.busy_rows),
            "hidden_fields": sorted(list(item) for item in armed.hidden_fields),
        },
    }


def restore(org: Org, state: Json) -> None:
    """Take back what `dump` gave."""
    shape: dict[str, Any] = state["shape"]
    org.reset(shape["org"], shape["stages"], shape["custom_fields"], shape["custom_objects"])
    for name, rows in state["rows"].items():
        fields = org.objects[name.lower()].fields
        for row in rows:
            org.store.put(name, {key: read_given(fields[key.lower()], value) for key, value in row.items()})
    org.store.meta.update({record_id: Meta(**item) for record_id, item in state["meta"].items()})
    for name, log in state["delete_log"].items():
        org.store.delete_log[name] = [(record_id, when) for record_id, when in log]
    org.pending, org.served = state["pending"], state["served"]
    org.serials = Counter(state["serials"])
    armed = state["armed"]
    org.armed = Armed(
        armed["validation_rules"],
        armed["duplicate_rules"],
        armed["locked_records"],
        Counter(armed["busy_rows"]),
        {(item[0], item[1]) for item in armed["hidden_fields"]},
    )
