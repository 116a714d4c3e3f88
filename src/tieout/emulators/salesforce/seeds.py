"""Warehouse extracts as a data set: CSVs in the shape of the dbt seeds for Salesforce.

Columns are snake_case and go back to API names; values stay what they are, hashed ones too, and nothing is made
up: an id that is none stays none, a missing parent stays missing. What has no place in an org is kept beside it:

- `_superseded`: further rows of an id that occurs twice (the active row, else the first, is the record);
- `_versions`: rows of version tables (`_fivetran_start`), except those of opportunities, which become
  `OpportunityHistory` as far as that object has the field;
- `_unmapped`: columns left out, by file. Of records these are only the warehouse's own `_fivetran_*`.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tieout.emulators.kit.http import Json
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.salesforce.objects import standard_objects
from tieout.emulators.salesforce.sample import API_USER, sample_app
from tieout.emulators.salesforce.schema import SObject

# Namespaces of packages as snake_case extracts spell them, longest first where one begins another.
NAMESPACES = {
    "netsuite_conn": "netsuite_conn",
    "celigo_sfnsio": "celigo_sfnsio",
    "ava_sfcpq": "AVA_SFCPQ",
    "sbqq": "SBQQ",
    "blng": "blng",
}
_FILE = re.compile(r"(?:sf_|salesforce_)?(.+?)(?:_data)?\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_TEXT_NAMES = re.compile(r"(id|key|code|number|name|version)(_import)?\Z")
_OWN_COLUMN = "_fivetran"


def load_fivetran(folder: Path) -> Json:
    """A data set from all CSVs of a folder. Raises ValueError when there is none."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise ValueError(f"no CSV files in {folder}")
    tables = {_table_name(path): _rows(path) for path in files}
    columns = {name for rows in tables.values() for name in (rows[0] if rows else {})}
    multi_currency = "currency_iso_code" in columns
    state_picklists = any(name.endswith(("_state_code", "_country_code")) for name in columns)
    known = standard_objects(multi_currency=multi_currency, state_picklists=state_picklists)
    reader = _Reader({_folded(name): sobject for name, sobject in known.items()})
    for name, rows in tables.items():
        reader.read(name, rows)
    return {
        "org": {
            "multi_currency": multi_currency,
            "state_picklists": state_picklists,
            "api_user_id": API_USER,
        },
        "stages": _stages(tables.get("opportunity", [])),
        "custom_fields": reader.custom_fields,
        "custom_objects": reader.custom_objects,
        "records": reader.records,
        "connected_apps": [sample_app()],
        "_superseded": reader.superseded,
        "_versions": reader.versions,
        "_unmapped": reader.unmapped,
    }


def _table_name(path: Path) -> str:
    match = _FILE.match(path.stem)
    return match.group(1) if match else path.stem


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [dict(row) for row in csv.DictReader(file)]


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def api_name(column: str) -> str:
    """The API name of a custom or unknown column: `netsuite_conn_net_suite_id_c`, `months_c`, `display_url`."""
    if not column.endswith("_c"):
        return "".join(word.capitalize() for word in column.split("_"))
    stem, namespace = column.removesuffix("_c"), ""
    for prefix, spelled in NAMESPACES.items():
        if stem.startswith(f"{prefix}_"):
            stem, namespace = stem.removeprefix(f"{prefix}_"), f"{spelled}__"
            break
    words = "_".join(word.capitalize() for word in stem.split("_"))
    return f"{namespace}{words.replace('Net_Suite', 'NetSuite')}__c"


class _Reader:
    """Collects the parts of the data set, file by file. `known` holds the standard objects by folded name."""

    def __init__(self, known: dict[str, SObject]) -> None:
        self._known = known
        self.custom_fields: list[Json] = []
        self.custom_objects: list[Json] = []
        self.records: dict[str, list[Json]] = {}
        self.superseded: dict[str, list[Json]] = {}
        self.versions: dict[str, list[dict[str, str]]] = {}
        self.unmapped: dict[str, list[str]] = {}

    def read(self, table: str, rows: list[dict[str, str]]) -> None:
        """Take one file in."""
        columns = list(rows[0]) if rows else []
        if f"{_OWN_COLUMN}_start" in columns:
            self._read_versions(table, rows, columns)
            return
        sobject = self._known.get(_folded(table))
        name = sobject.name if sobject is not None else api_name(table)
        fields: dict[str, str] = {}
        declared: list[Json] = []
        for column in columns:
            if column.startswith(_OWN_COLUMN):
                self.unmapped.setdefault(table, []).append(column)
                continue
            fields[column], field = self._field(sobject, column, [row[column] for row in rows])
            if field is not None:
                declared.append(field)
        if sobject is None:
            self._declare_object(name, rows, declared)
        else:
            self.custom_fields += [{"object": name, **field} for field in declared]
        self._keep(name, rows, fields)

    def _field(self, sobject: SObject | None, column: str, values: list[str]) -> tuple[str, Json | None]:
        if sobject is not None:
            for spec in sobject.fields.values():
                if _folded(spec.name) == _folded(column):
                    return spec.name, None
        elif column in ("id", "name", "is_deleted", "owner_id"):
            return {"id": "Id", "name": "Name", "is_deleted": "IsDeleted", "owner_id": "OwnerId"}[
                column
            ], None
        name = api_name(column)
        return name, {"name": name, **_guessed_type(column, [value for value in values if value])}

    def _declare_object(self, name: str, rows: list[dict[str, str]], declared: list[Json]) -> None:
        ids = [row.get("id", "") for row in rows]
        prefix = next(
            (record_id[:3] for record_id in ids if to_18(record_id)), f"z{len(self.custom_objects):02d}"
        )
        audit = {"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
        fields = [field for field in declared if field["name"] not in audit]
        self.custom_objects.append({"name": name, "key_prefix": prefix, "fields": fields})

    def _keep(self, name: str, rows: list[dict[str, str]], fields: dict[str, str]) -> None:
        kept: dict[str, Json] = {}
        active_first = sorted(rows, key=lambda row: row.get(f"{_OWN_COLUMN}_active", "").lower() == "false")
        unnamed: list[Json] = []
        for row in active_first:
            record = {
                fields[column]: _value(text) for column, text in row.items() if column in fields and text
            }
            record_id = record.get("Id")
            if record_id is None:
                unnamed.append(record)
            elif (to_18(record_id) or record_id) in kept:
                self.superseded.setdefault(name, []).append(record)
            else:
                kept[to_18(record_id) or record_id] = record
        self.records.setdefault(name, []).extend([*kept.values(), *unnamed])

    def _read_versions(self, table: str, rows: list[dict[str, str]], columns: list[str]) -> None:
        if _folded(table) != "opportunityhistory":
            self.versions[table] = rows
            return
        history = self._known["opportunityhistory"]
        fields = {
            column: spec.name
            for column in columns
            for spec in history.fields.values()
            if _folded(spec.name) == _folded(column) and column not in ("id", "created_date")
        }
        fields |= {"id": "OpportunityId", f"{_OWN_COLUMN}_start": "CreatedDate"}
        self.unmapped[table] = [column for column in columns if column not in fields]
        self.records.setdefault("OpportunityHistory", []).extend(
            {fields[column]: _value(text) for column, text in row.items() if column in fields and text}
            for row in rows
        )


def _value(text: str) -> str:
    """Moments get the offset the warehouse leaves out (it stores UTC); everything else stays as it is."""
    if not _MOMENT.match(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).isoformat()


def _guessed_type(column: str, values: list[str]) -> Json:
    stem = column.removesuffix("_c")
    if values and all(value.lower() in ("true", "false") for value in values):
        return {"type": "boolean"}
    if values and all(_MOMENT.match(value) for value in values):
        return {"type": "datetime"}
    if values and all(_NUMBER.match(value) for value in values) and not _TEXT_NAMES.search(stem):
        scale = max(len(value.partition(".")[2]) for value in values)
        return {"type": "double", "scale": max(2, scale)}
    longest = max((len(value) for value in values), default=0)
    return {"type": "string"} if longest <= 255 else {"type": "textarea", "length": 32_000}


def _stages(opportunities: list[dict[str, str]]) -> list[Json]:
    """The stages seen on opportunities; their labels may be hashed, their flags are facts."""
    stages: dict[str, Json] = {}
    for row in opportunities:
        label = row.get("stage_name")
        if label and label not in stages:
            stage: dict[str, Any] = {
                "label": label,
                "IsClosed": row.get("is_closed", "").lower() == "true",
                "IsWon": row.get("is_won", "").lower() == "true",
            }
            if row.get("forecast_category"):
                stage["ForecastCategory"] = row["forecast_category"]
            stages[label] = stage
    return list(stages.values())
