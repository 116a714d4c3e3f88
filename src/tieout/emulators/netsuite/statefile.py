"""The whole account as JSON and back, decimals and instants exact."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tieout.emulators.kit.http import Json
from tieout.emulators.netsuite import loading
from tieout.emulators.netsuite.catalog import RecordType
from tieout.emulators.netsuite.state import Record

if TYPE_CHECKING:
    from tieout.emulators.netsuite.app import NetSuiteApp


def _pack(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$d": str(value)}
    if isinstance(value, datetime):
        return {"$t": value.isoformat()}
    if isinstance(value, dict):
        return {name: _pack(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(member) for member in value]
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        if "$d" in value:
            return Decimal(value["$d"])
        if "$t" in value:
            return datetime.fromisoformat(value["$t"])
        return {name: _unpack(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_unpack(member) for member in value]
    return value


def dump(app: NetSuiteApp) -> Json:
    """Everything the account remembers."""
    state = app.state
    return {
        "account": state.account,
        "records": [
            _pack([record.type, record.id, record.fields, record.lines, record.meta])
            for records in state.by_type.values()
            for record in records.values()
        ],
        "sequences": dict(state.sequences),
        "links": _pack(state.links),
        "lists": state.lists,
        "custom_fields": state.custom_fields,
        "forms": [
            {"id": form.id, "record": form.record, "name": form.name, "preferred": form.preferred,
             "mandatory": [{"field": name, "label": label} for name, label in form.mandatory],
             "hidden": sorted(form.hidden)}
            for form in state.forms.values()
        ],
        "roles": [
            {"id": role.id, "name": role.name,
             "subsidiaries": "all" if role.subsidiaries is None else sorted(role.subsidiaries),
             "permissions": "all" if role.permissions is None else role.permissions,
             "preferred_forms": role.preferred_forms}
            for role in state.roles.values()
        ],
        "integrations": state.integrations,
        "auth": app.auth.dump(),
        "workflow": app.workflow.dump(),
        "refusals": app.resources.refusals,
        "maintenance": app.maintenance,
    }  # fmt: skip


def restore(app: NetSuiteApp, saved: Json) -> None:
    """Fill an app whose state is empty."""
    state = app.state
    state.account = dict(saved["account"])
    state.lists = saved["lists"]
    if state.account["tax_engine"] == "legacy":
        loading.use_legacy_tax(state)
    for declared in saved["custom_fields"]:
        loading.declare_custom_field(state, declared)
    state.forms = {row["id"]: loading.form_of(row) for row in saved["forms"]}
    state.roles = {row["id"]: loading.role_of(row) for row in saved["roles"]}
    state.integrations = saved["integrations"]
    for following, links in saved["links"].items():
        for previous, previous_line, own_line in links:
            state.link(previous, previous_line, following, own_line)
    for packed in saved["records"]:
        kind, record_id, fields, lines, meta = _unpack(packed)
        record_type: RecordType = state.types[kind.lower()]
        state.put(Record(record_type.name, record_id, fields, lines, meta))
    state.sequences = Counter(saved["sequences"])
    app.auth.restore(saved["auth"])
    app.workflow.restore(saved["workflow"])
    app.resources.refusals[:] = saved["refusals"]
    app.maintenance = saved["maintenance"]
