"""One Salesforce org: settings, schema as the API user sees it, rows, and what an admin has armed."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json
from tieout.emulators.kit.rules import Switches
from tieout.emulators.salesforce.ids import make_id, to_18
from tieout.emulators.salesforce.objects import standard_objects
from tieout.emulators.salesforce.schema import Field, SObject, custom_field, custom_object
from tieout.emulators.salesforce.store import Meta, Record, Store
from tieout.emulators.salesforce.values import stamp


def _stage(label: str, probability: str, forecast: str, *, closed: bool = False, won: bool = False) -> Json:
    return {
        "label": label,
        "IsClosed": closed,
        "IsWon": won,
        "DefaultProbability": probability,
        "ForecastCategory": forecast,
    }


DEFAULT_STAGES: tuple[Json, ...] = (
    _stage("Prospecting", "10", "Pipeline"),
    _stage("Negotiation/Review", "90", "Pipeline"),
    _stage("Closed Won", "100", "Closed", closed=True, won=True),
    _stage("Closed Lost", "0", "Omitted", closed=True),
)
DEFAULT_ORG: Json = {
    "id": "00D5g0000000001",
    "name": "Example Org",
    "multi_currency": False,
    "state_picklists": False,
    "corporate_currency": "USD",
    "api_user_id": "0055g0000000001",
    "instance_url": None,
    "edition": "Enterprise",
    "is_sandbox": True,
    "daily_api_limit": 115_000,
    "token_ttl_seconds": 7_200,
    "batch_max": 2_000,
    "seed": 1,
}
CURRENCY_FIELD_NAME = "CurrencyIsoCode"
AUDIT_FIELDS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


@dataclass
class Armed:
    """What an admin has armed against writers. Every list holds plain JSON."""

    validation_rules: list[Json] = field(default_factory=list)
    duplicate_rules: list[Json] = field(default_factory=list)
    locked_records: dict[str, str] = field(default_factory=dict)
    busy_rows: Counter[str] = field(default_factory=Counter)
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)


class Org:
    """State of the emulator, and the questions every part asks of it."""

    def __init__(self, clock: EmulatorClock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.reset({}, [], [], [])

    def reset(
        self, settings: Json, stages: list[Json], custom_fields: list[Json], custom_objects: list[Json]
    ) -> None:
        """Start an empty org with this shape."""
        self.settings: Json = {**DEFAULT_ORG, **settings}
        for name in ("id", "api_user_id"):
            self.settings[name] = to_18(self.settings[name]) or self.settings[name]
        self.shape: Json = {
            "org": self.settings,
            "stages": stages,
            "custom_fields": custom_fields,
            "custom_objects": custom_objects,
        }
        self.stages = {item["label"]: item for item in (stages or DEFAULT_STAGES)}
        self.objects = standard_objects(
            multi_currency=bool(self.settings["multi_currency"]),
            state_picklists=bool(self.settings["state_picklists"]),
        )
        self._add_custom(custom_fields, custom_objects)
        self.armed = Armed()
        self.serials: Counter[str] = Counter()
        self.pending: list[Json] = []
        self.served: dict[str, str] = {}
        self.api_calls: list[tuple[str, int]] = []
        self.store = Store()
        for sobject in self.objects.values():
            self.store.add_table(sobject.name, _indexed_fields(sobject))
        self.children = self._child_relationships()

    def _add_custom(self, custom_fields: list[Json], custom_objects: list[Json]) -> None:
        for item in custom_objects:
            self.objects[item["name"].lower()] = custom_object(
                item["name"], item["key_prefix"], item.get("fields", [])
            )
        for item in custom_fields:
            target = self.objects.get(item["object"].lower())
            if target is None:
                raise ValueError(f"custom field {item['name']}: no object {item['object']}")
            target.add(custom_field(item))

    def _child_relationships(self) -> dict[str, dict[str, tuple[SObject, Field]]]:
        found: dict[str, dict[str, tuple[SObject, Field]]] = defaultdict(dict)
        for child in self.objects.values():
            for spec in child.fields.values():
                if spec.reference_to and spec.child:
                    found[spec.reference_to][spec.child.lower()] = (child, spec)
        return found

    # Schema as the API user sees it

    def sobject(self, name: str) -> SObject | None:
        """The object of that name, whatever its case."""
        return self.objects.get(name.lower())

    def sees(self, sobject: SObject, spec: Field) -> bool:
        """Whether field-level security lets the API user see the field. A hidden field does not exist for it."""
        if (
            spec.name == CURRENCY_FIELD_NAME
            and not self.settings["multi_currency"]
            and self.switches.on("SF-06g")
        ):
            return False
        return (sobject.name, spec.name) not in self.armed.hidden_fields or not self.switches.on("SF-15e")

    def field(self, sobject: SObject, name: str) -> Field | None:
        """The visible field of that name."""
        spec = sobject.get(name)
        return spec if spec is not None and self.sees(sobject, spec) else None

    def visible_fields(self, sobject: SObject) -> list[Field]:
        """All fields the API user sees, in table order."""
        return [spec for spec in sobject.fields.values() if self.sees(sobject, spec)]

    def of_id(self, record_id: str) -> SObject | None:
        """The object an id belongs to, by its key prefix."""
        prefix = record_id[:3]
        return next((item for item in self.objects.values() if item.key_prefix == prefix), None)

    # Instants, ids, chance

    def now(self) -> str:
        """The present, as audit fields write it."""
        return stamp(self.clock.now(), whole_seconds=self.switches.on("SF-07b"))

    def new_id(self, sobject: SObject) -> str:
        """An unused id of the object."""
        while True:
            self.serials[sobject.key_prefix] += 1
            record_id = make_id(sobject.key_prefix, self.serials[sobject.key_prefix])
            if record_id not in self.store.tables[sobject.name].rows:
                return record_id

    def next_number(self, series: str) -> str:
        """The next auto number of a series (order, quote and contract numbers)."""
        self.serials[series] += 1
        return f"{self.serials[series]:08d}"

    def scatter(self, record_id: str) -> int:
        """A seeded place for a row whose order nobody asked for."""
        return zlib.crc32(f"{self.settings['seed']}{record_id}".encode())

    # Rows

    def stage(self, label: str | None) -> Json | None:
        """The stage of that label."""
        return self.stages.get(label or "")

    def visible_row(self, sobject: SObject, record_id: str, *, deleted: bool = False) -> Record | None:
        """The row of that id unless it is in the recycle bin."""
        row = self.store.get(sobject.name, record_id)
        if row is None or (row.get("IsDeleted") and not deleted):
            return None
        return row

    def live_children(self, child: str, field_name: str, parent_id: str) -> list[Record]:
        """Live rows of `child` whose reference field holds the parent."""
        return [
            row for row in self.store.tables[child].find(field_name, parent_id) if not row.get("IsDeleted")
        ]

    def remember(self, row: Record, actor: str, request: int | None, change: Json) -> None:
        """Keep for the ground truth who wrote what."""
        now = self.now()
        meta = self.store.meta.get(row["Id"])
        if meta is None:
            self.store.meta[row["Id"]] = Meta(now, actor, request)
            return
        history = [*meta.history, {"at": now, "by": actor, "request": request, "fields": sorted(change)}]
        self.store.meta[row["Id"]] = replace(meta, modified_at=now, modified_by=actor, history=history)


def _indexed_fields(sobject: SObject) -> dict[str, Callable[[Any], Any]]:
    keys: dict[str, Callable[[Any], Any]] = {}
    for spec in sobject.fields.values():
        if spec.type == "reference":
            keys[spec.name] = _as_is
        elif spec.external_id or spec.unique:
            keys[spec.name] = key_of(spec)
    return keys


def _as_is(value: Any) -> Any:
    return value


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def key_of(spec: Field) -> Callable[[Any], Any]:
    """How two values of a unique field are compared: text without regard to case, unless the field has it."""
    return _as_is if spec.case_sensitive else _folded
