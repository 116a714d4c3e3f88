"""Records as REST answers show them, and as the truth lists them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.netsuite.applying import shown
from tieout.emulators.netsuite.catalog import ADDRESS_FIELDS, APPROVAL_NAMES, STATIC, STATUS_NAMES, Field
from tieout.emulators.netsuite.state import Record, State


def stamp(instant: datetime) -> str:
    """A timestamp as REST shows it: UTC, whole seconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


class Renderer:
    """Builds answer bodies; `root` is the URL up to and including `/record/v1`."""

    def __init__(
        self, state: State, root: str, on: Callable[[str], bool], *, simple_enums: bool = False
    ) -> None:
        self._state, self._root, self._on, self._simple = state, root, on, simple_enums

    def link(self, record_type: str, record_id: str) -> str:
        """A record's own URL."""
        return f"{self._root}/{record_type}/{record_id}"

    def record(
        self, record: Record, *, expand: bool, only: set[str] | None = None, url: str | None = None
    ) -> Json:
        """The whole record; sublists as links unless `expand`."""
        record_type = self._state.types[record.type.lower()]
        own = url or self.link(record.type, record.id)
        body: Json = {"links": [{"rel": "self", "href": own}]}
        for name, value in sorted(self._with_stamps(record).items()):
            spec = record_type.field(name)
            if spec is None or value is None or (only is not None and name.lower() not in only):
                continue
            if spec.kind == "subrecord" and not expand:
                body[name] = {"links": [{"rel": "self", "href": f"{own}/{name}"}]}
            else:
                body[name] = self._value(record, spec, value)
        body["id"] = record.id
        for name in record_type.sublists:
            if only is not None and name.lower() not in only:
                continue
            body[name] = self.sublist(record, name, own) if expand else {
                "links": [{"rel": "self", "href": f"{own}/{name}"}]
            }  # fmt: skip
        return body

    def sublist(self, record: Record, name: str, own: str) -> Json:
        """One sublist, inlined."""
        specs = self._state.types[record.type.lower()].sublists[name]
        items = []
        for line in self.lines(record, name):
            row: Json = {"links": [{"rel": "self", "href": f"{own}/{name}/{line_key(name, line)}"}]}
            for member, value in line.items():
                spec = specs.get(member.lower())
                if spec is not None and value is not None:
                    row[member] = self._value(record, spec, value)
            items.append(row)
        links = [{"rel": "self", "href": f"{own}/{name}"}]
        return {"links": links, "items": items, "totalResults": len(items), "count": len(items),
                "hasMore": False, "offset": 0}  # fmt: skip

    def lines(self, record: Record, name: str) -> list[dict[str, Any]]:
        """The lines of a sublist; a static one lists what could be chosen, too."""
        if name in STATIC.get(record.type, ()):
            return shown(self._state, self._on, record, name)
        return record.lines.get(name, [])

    def _with_stamps(self, record: Record) -> dict[str, Any]:
        if not record.meta:
            return record.fields
        created = (
            "createdDate" if self._state.types[record.type.lower()].group == "transaction" else "dateCreated"
        )
        return record.fields | {
            created: stamp(record.meta["created_at"]),
            "lastModifiedDate": stamp(record.meta["modified_at"]),
        }

    def _value(self, record: Record, spec: Field, value: Any) -> Any:
        if spec.kind == "ref":
            return {
                "links": [{"rel": "self", "href": self.link(self.target_type(spec, value), str(value))}],
                "id": str(value),
                "refName": display_name(self._state, spec.target, str(value)),
            }
        if spec.kind == "reflist":
            refs = [
                {"id": str(one), "refName": display_name(self._state, spec.target, str(one))} for one in value
            ]
            return {
                "items": refs,
                "totalResults": len(refs),
                "count": len(refs),
                "hasMore": False,
                "offset": 0,
            }
        if spec.kind == "enum":
            return (
                str(value)
                if self._simple
                else {"id": str(value), "refName": enum_name(record, spec.name, value)}
            )
        if spec.kind == "subrecord":
            return {name: self._value(record, ADDRESS_FIELDS[name.lower()], member)
                    for name, member in value.items() if member is not None}  # fmt: skip
        if isinstance(value, Decimal):
            return float(value)
        return value

    def target_type(self, spec: Field, record_id: str) -> str:
        """The record type a reference points at; an item's kind is looked up."""
        if spec.target == "item":
            item = self._state.item(record_id)
            return item.type if item else "item"
        if spec.target == "transaction":
            found = self._state.groups.get("transaction", {}).get(record_id)
            return found.type if found else "transaction"
        return spec.target


def line_key(name: str, line: dict[str, Any]) -> str:
    """The last part of a line's own URL."""
    if name == "addressBook":
        return str(line.get("internalId"))
    if line.get("doc") is not None:
        return f"doc={line['doc']},line={line.get('line', 0)}"
    return str(line.get("line", line.get("id")))


def enum_name(record: Record, name: str, value: Any) -> str:
    """Display text of an enumeration."""
    if name in ("status", "orderStatus"):
        return STATUS_NAMES.get(record.type, {}).get(str(value), str(value))
    if name == "approvalStatus":
        return APPROVAL_NAMES.get(str(value), str(value))
    return str(value)


def display_name(state: State, target: str, record_id: str) -> str:
    """What people see in a reference field."""
    if target == "item":
        item = state.item(record_id)
        return str(item.fields["itemId"]) if item else record_id
    if target == "customForm":
        form = state.forms.get(record_id)
        return form.name if form else record_id
    if target == "transaction":
        found = state.groups.get("transaction", {}).get(record_id)
        return f"{found.type} #{found.fields.get('tranId')}" if found else record_id
    if target in state.lists:
        return state.lists[target].get(record_id, record_id)
    record_type = state.type_of(target)
    found = state.get(record_type.name, record_id) if record_type else None
    if found is None:
        return record_id
    fields = found.fields
    for name in ("name", "periodName", "acctName", "entityId", "tranId"):
        if fields.get(name):
            return f"{fields['acctNumber']} {fields[name]}" if name == "acctName" else str(fields[name])
    return record_id


def truth_of(record: Record) -> Json:
    """A record for the ground truth: exact decimals as text, bare references."""
    meta = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in record.meta.items()
    }
    return {
        "record": record.type,
        "id": record.id,
        "external_id": record.external_id,
        "fields": plain(record.fields),
        "lines": plain(record.lines),
        "_meta": meta,
    }


def plain(value: Any) -> Any:
    """Decimals as text, deep."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value
