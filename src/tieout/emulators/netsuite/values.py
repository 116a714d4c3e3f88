"""Reading a request body: names, kinds, lengths, references (rules NS-09, NS-13, NS-14, NS-34)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.netsuite.catalog import ADDRESS_FIELDS, STATIC, Field, RecordType
from tieout.emulators.netsuite.errors import (
    STATIC_SUBLIST,
    NsError,
    invalid_content,
    invalid_field_value,
    user_error,
)
from tieout.emulators.netsuite.state import State

_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$")
_SILENT = frozenset({"links", "refname", "id", "count", "hasmore", "offset", "totalresults"})


@dataclass
class Policy:
    """How to treat unknown names and malformed values: `error`, `warning` or `ignore`."""

    names: str = "warning"
    values: str = "error"
    hidden: frozenset[str] = frozenset()


@dataclass
class Parsed:
    """A body read: body fields (None clears), sublists as sent, subrecords merged in `fields`."""

    fields: dict[str, Any] = field(default_factory=dict)
    sublists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class BodyReader:
    """Turns one REST body into stored values."""

    def __init__(self, state: State, switches: Switches, record_type: RecordType, policy: Policy) -> None:
        self._state = state
        self._switches = switches
        self._type = record_type
        self._policy = policy
        self._warnings: list[str] = []

    def read(self, body: Any) -> Parsed:
        """Read a whole body. Raises NsError for what the platform refuses while reading."""
        if not isinstance(body, dict):
            raise invalid_content("The request body is not a JSON object.")
        parsed = Parsed(warnings=self._warnings)
        for name, value in body.items():
            spec = self._known(name, self._type.fields, name)
            if spec is None:
                continue
            if spec.kind == "sublist":
                parsed.sublists[spec.name] = self._sublist(spec.name, value)
            else:
                self._store(parsed.fields, spec, value, spec.name)
        return parsed

    def _known(self, name: str, fields: dict[str, Field], path: str) -> Field | None:
        spec = fields.get(name.lower())
        if spec is not None and spec.name not in self._policy.hidden:
            return spec
        if name.lower() in _SILENT:
            return None
        if self._switches.on("NS-13") and self._policy.names == "error":
            raise invalid_content(f"Unknown property '{name}'.", path)
        if self._policy.names == "warning":
            self._warnings.append(f"Unknown property '{path}' was ignored.")
        return None

    def _store(self, target: dict[str, Any], spec: Field, value: Any, path: str) -> None:
        if spec.readonly:
            return
        if value is None:
            target[spec.name] = None
            return
        try:
            target[spec.name] = self._value(spec, value, path)
        except NsError as error:
            if error.code != "INVALID_CONTENT" or not self._switches.on("NS-14"):
                if error.code == "INVALID_CONTENT":
                    return
                raise
            if self._policy.values == "error":
                raise
            if self._policy.values == "warning":
                self._warnings.append(f"Invalid value of '{path}' was ignored.")

    def _sublist(self, name: str, value: Any) -> list[dict[str, Any]]:
        items = value.get("items") if isinstance(value, dict) else None
        if not isinstance(items, list):
            raise invalid_content(
                f"Invalid value for the sublist '{name}': an object with items is expected.", name
            )
        specs = self._type.sublists[name]
        lines = []
        for index, raw in enumerate(items):
            path = f"{name}.items[{index}]"
            if not isinstance(raw, dict):
                raise invalid_content("A sublist line must be an object.", path)
            line: dict[str, Any] = {}
            for key, member in raw.items():
                spec = self._known(key, specs, f"{path}.{key}")
                if spec is None:
                    continue
                if spec.readonly and name in STATIC.get(self._type.name, ()) and self._switches.on("NS-17b"):
                    raise user_error(STATIC_SUBLIST, f"{path}.{spec.name}")
                self._store(line, spec, member, f"{path}.{spec.name}" if spec.kind != "ref" else path)
            lines.append(line)
        return lines

    def _value(self, spec: Field, value: Any, path: str) -> Any:
        kind = spec.kind
        if kind == "ref":
            return self._reference(spec, value, path)
        if kind == "subrecord":
            return self._address(value, path)
        if kind == "enum":
            value = value.get("id") if isinstance(value, dict) else value
            if not isinstance(value, str | int):
                raise _malformed(value, path)
            return str(value)
        if kind == "text":
            return self._text(spec, value, path)
        if kind == "bool":
            if not isinstance(value, bool):
                raise _malformed(value, path)
            return value
        if kind in ("number", "money"):
            return _decimal(value, path)
        if kind == "integer":
            if (
                isinstance(value, bool)
                or not isinstance(value, int | str)
                or not str(value).lstrip("-").isdigit()
            ):
                raise _malformed(value, path)
            return int(value)
        if kind == "date":
            return _date(value, path)
        if not isinstance(value, str) or not _DATETIME.match(value):
            raise _malformed(value, path)
        return value

    def _text(self, spec: Field, value: Any, path: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise _malformed(value, path)
        text = str(value)
        if spec.max_length and len(text) > spec.max_length and self._switches.on("NS-34"):
            raise user_error(
                f"The field {spec.name.lower()} contained more than the maximum number ( {spec.max_length} ) "
                "of characters allowed.",
                path,
            )
        return text

    def _reference(self, spec: Field, value: Any, path: str) -> str:
        where = path if "items[" in path else spec.name
        if isinstance(value, dict):
            if value.get("externalId") is not None and value.get("id") is None:
                found = self._by_external(spec.target, str(value["externalId"]))
                if found is None:
                    raise invalid_field_value(value["externalId"], spec.name, where)
                return found
            value = value.get("id")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise _malformed(value, path)
        wanted = str(value)
        # A document that does not exist is not in the static list either; that is what the refusal says (NS-17).
        if spec.name != "doc" and self._switches.on("NS-09") and not self._exists(spec.target, wanted):
            raise invalid_field_value(wanted, spec.name, where)
        return wanted

    def _exists(self, target: str, record_id: str) -> bool:
        state = self._state
        if target == "item":
            return state.item(record_id) is not None
        if target == "customForm":
            return record_id in state.forms or not state.forms
        if target == "transaction":
            return record_id in state.groups.get("transaction", {})
        if target.lower() in state.types:
            return state.get(state.types[target.lower()].name, record_id) is not None
        known = state.lists.get(target)
        # A list the data set does not describe (employees, price levels …) is not checked.
        return known is None or record_id in known

    def _by_external(self, target: str, external_id: str) -> str | None:
        if target == "transaction":
            holder = self._state.external.get("group transaction", {}).get(external_id)
            return holder.id if holder is not None else None
        record_type = self._state.types.get("servicesaleitem" if target == "item" else target.lower())
        if record_type is None:
            return None
        found = self._state.find_external(record_type, external_id)
        if found is None or (record_type.group != "item" and found.type != record_type.name):
            return None
        return found.id

    def _address(self, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _malformed(value, path)
        address: dict[str, Any] = {}
        for name, member in value.items():
            spec = self._known(name, ADDRESS_FIELDS, f"{path}.{name}")
            if spec is not None:
                self._store(address, spec, member, f"{path}.{spec.name}")
        return address


def _malformed(value: object, path: str) -> NsError:
    shown = str(value)[:80]
    return invalid_content(f"Invalid value '{shown}' for the property '{path}'.", path)


def _decimal(value: Any, path: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _malformed(value, path)
    try:
        # repr of a JSON number read as a float is what the client wrote, up to 15 digits.
        number = Decimal(str(value))
    except InvalidOperation:
        raise _malformed(value, path) from None
    if not number.is_finite():
        raise _malformed(value, path)
    return number


def _date(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _malformed(value, path)
    try:
        # Dates only: one team reports that timestamps are rejected for date fields.
        return date.fromisoformat(value).isoformat() if len(value) == 10 else _bad_date(value, path)
    except ValueError:
        raise _malformed(value, path) from None


def _bad_date(value: str, path: str) -> str:
    raise _malformed(value, path)


def seed_body(body: Json) -> Json:
    """A data set's record as a REST body: private members taken out, bare reference ids left as they are."""
    return {
        name: value for name, value in body.items() if not name.startswith("_") and name not in ("type", "id")
    }
