"""The whole account as JSON and back, decimals and instants exact."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.netsuite import loading
from tieout.emulators.netsuite.account import Account
from tieout.emulators.netsuite.balances import remember_all
from tieout.emulators.netsuite.catalog import RecordType
from tieout.emulators.netsuite.state import Record


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


def dump(account: Account) -> Json:
    """Everything the account remembers."""
    state = account.state
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
        "auth": account.auth.dump(),
        "workflow": account.workflow.dump(),
        "refusals": account.refusals,
        "maintenance": account.maintenance,
    }  # fmt: skip


def restore(account: Account, saved: Json) -> None:
    """Fill an account whose state is empty."""
    state = account.state
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
    remember_all(state)
    state.sequences = Counter(saved["sequences"])
    account.auth.restore(saved["auth"])
    account.workflow.restore(saved["workflow"])
    account.refusals[:] = saved["refusals"]
    account.maintenance = saved["maintenance"]
