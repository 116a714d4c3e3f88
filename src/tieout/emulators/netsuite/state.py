"""Everything the account holds: records by group, external ids, sequences, preferences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.http import Json
from tieout.emulators.netsuite.catalog import RecordType, entity_field, record_types
from tieout.emulators.netsuite.dataset import ACCOUNT_DEFAULTS


@dataclass(slots=True)
class Record:
    """One record. References are bare ids, money and numbers Decimals, dates ISO text."""

    type: str
    id: str
    fields: dict[str, Any]
    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def external_id(self) -> str | None:
        """The caller's id, if it was given one."""
        value = self.fields.get("externalId")
        return str(value) if value is not None else None


#: A document that something can be applied to, or one line of a journal entry (0: the document itself).
Target = tuple[str, int]


def entities_of(record: Record) -> set[str]:
    """The customers a transaction concerns."""
    named = {record.fields.get(entity_field(record.type))}
    named |= {line.get("entity") for name in ("line", "other") for line in record.lines.get(name, [])}
    return {str(one) for one in named if one}


@dataclass
class Role:
    """What a caller may see and do. `subsidiaries` None means all, `permissions` None means everything."""

    id: str
    name: str
    subsidiaries: frozenset[str] | None = None
    permissions: dict[str, str] | None = None
    preferred_forms: dict[str, str] = field(default_factory=dict)

    _LEVELS = {"none": 0, "view": 1, "create": 2, "edit": 3, "full": 4}  # noqa: RUF012 - shared constant

    def may(self, record: str, level: str) -> bool:
        """Whether the role holds that level on a record type (or on `suiteql`)."""
        if self.permissions is None:
            return True
        held = {name.lower(): value for name, value in self.permissions.items()}
        return self._LEVELS[held.get(record.lower(), "none")] >= self._LEVELS[level]

    def sees(self, subsidiary: str | None) -> bool:
        """Whether records of a subsidiary are visible."""
        return self.subsidiaries is None or subsidiary is None or subsidiary in self.subsidiaries


@dataclass
class Form:
    """A custom form: which fields it makes mandatory (with labels) and which it hides."""

    id: str
    record: str
    name: str
    preferred: bool = False
    mandatory: list[tuple[str, str]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)


class State:
    """The account's memory. All changes go through `put` and `remove`, which keep the indexes right."""

    def __init__(self, clock: EmulatorClock) -> None:
        self.clock = clock
        self.types: dict[str, RecordType] = record_types()
        self.account: Json = dict(ACCOUNT_DEFAULTS)
        self.groups: dict[str, dict[str, Record]] = {}
        self.by_type: dict[str, dict[str, Record]] = {}
        self.external: dict[str, dict[str, Record]] = {}
        self.shared_external: Callable[[], bool] = lambda: True
        self.entity_names: dict[str, str] = {}
        self.sequences: Counter[str] = Counter()
        self.forms: dict[str, Form] = {}
        self.roles: dict[str, Role] = {}
        self.integrations: list[Json] = []
        self.lists: dict[str, dict[str, str]] = {}
        self.custom_fields: list[Json] = []
        # What a transaction was made from: next document -> [(previous document, its line, own line)].
        self.links: dict[str, list[tuple[str, int, int]]] = {}
        self.linked_from: Counter[str] = Counter()
        # Transactions of each customer, whatever their type.
        self.of_entity: dict[str, dict[str, Record]] = {}
        # Who settles what (see `balances`): applying record -> documents, and the other way round.
        self.applications: dict[str, dict[Target, Decimal]] = {}
        self.applied: dict[Target, dict[str, Decimal]] = {}
        # Bank deposit -> the payments it took out of undeposited funds.
        self.banked: dict[str, set[str]] = {}
        self.on_change: Callable[[Record, bool], None] = lambda _record, _removed: None

    # --- types and ids ------------------------------------------------------------------------------------

    def type_of(self, name: str) -> RecordType | None:
        """The record type of that name, whatever its case."""
        return self.types.get(name.lower())

    def next_id(self, group: str, start: int = 1) -> str:
        """The next internal id of a sequence."""
        self.sequences[group] = max(self.sequences[group] + 1, start)
        return str(self.sequences[group])

    def namespace(self, record_type: RecordType) -> str:
        """Where this type's external ids must be unique: the whole group (rule NS-04), else the type."""
        return f"group {record_type.group}" if self.shared_external() else record_type.name

    def _index_external(self, record: Record, record_type: RecordType) -> None:
        if record.external_id is not None:
            for space in (f"group {record_type.group}", record_type.name):
                self.external.setdefault(space, {})[record.external_id] = record

    def _forget_external(self, record: Record, record_type: RecordType, external_id: str | None) -> None:
        for space in (f"group {record_type.group}", record_type.name):
            names = self.external.get(space, {})
            if external_id is not None and names.get(external_id) is record:
                del names[external_id]

    # --- reading ------------------------------------------------------------------------------------------

    def get(self, record_type: str, record_id: str) -> Record | None:
        """A record by type and internal id."""
        return self.by_type.get(record_type, {}).get(record_id)

    def all(self, record_type: str) -> Iterator[Record]:
        """Live records of a type, oldest first."""
        return iter(self.by_type.get(record_type, {}).values())

    def find_external(self, record_type: RecordType, external_id: str) -> Record | None:
        """Who holds an external id in the type's namespace."""
        return self.external.get(self.namespace(record_type), {}).get(external_id)

    def item(self, item_id: str) -> Record | None:
        """An item of any kind."""
        return self.groups.get("item", {}).get(item_id)

    # --- changing -----------------------------------------------------------------------------------------

    def put(self, record: Record) -> None:
        """Store a new record."""
        record_type = self.types[record.type.lower()]
        self.groups.setdefault(record_type.group, {})[record.id] = record
        self.by_type.setdefault(record_type.name, {})[record.id] = record
        self._index_external(record, record_type)
        if record.type == "customer":
            self.entity_names[str(record.fields["entityId"]).lower()] = record.id
        self._index_entities(record)
        self.on_change(record, False)

    def _index_entities(self, record: Record) -> None:
        if self.types[record.type.lower()].group == "transaction":
            for entity in entities_of(record):
                self.of_entity.setdefault(entity, {})[record.id] = record

    def forget_entities(self, record: Record) -> None:
        """A transaction's customers are about to change, or it goes."""
        for entity in entities_of(record):
            self.of_entity.get(entity, {}).pop(record.id, None)

    def changed(self, record: Record, old_external_id: str | None, old_name: str | None = None) -> None:
        """A stored record's fields were altered."""
        self._index_entities(record)
        record_type = self.types[record.type.lower()]
        if old_external_id != record.external_id:
            self._forget_external(record, record_type, old_external_id)
            self._index_external(record, record_type)
        if record.type == "customer" and old_name is not None:
            self.entity_names.pop(old_name.lower(), None)
            self.entity_names[str(record.fields["entityId"]).lower()] = record.id
        self.on_change(record, False)

    def link(self, previous: str, previous_line: int, following: str, following_line: int) -> None:
        """Remember that a line was made from another document's line."""
        self.links.setdefault(following, []).append((previous, previous_line, following_line))
        self.linked_from[previous] += 1

    def remove(self, record: Record) -> None:
        """Delete a record."""
        record_type = self.types[record.type.lower()]
        self.groups[record_type.group].pop(record.id, None)
        self.by_type[record_type.name].pop(record.id, None)
        self._forget_external(record, record_type, record.external_id)
        if record.type == "customer":
            self.entity_names.pop(str(record.fields["entityId"]).lower(), None)
        if record_type.group == "transaction":
            self.forget_entities(record)
            for previous, _, _ in self.links.pop(record.id, []):
                self.linked_from[previous] -= 1
        self.on_change(record, True)

    # --- the account's calendar and money -----------------------------------------------------------------

    def local_now(self) -> datetime:
        """The present in the account's zone, without offset marks (as the account's people see it)."""
        return self.to_local(self.clock.now())

    def to_local(self, instant: datetime) -> datetime:
        """An instant in the account's zone."""
        shifted = instant.astimezone(UTC) + timedelta(minutes=self.account["utc_offset_minutes"])
        return shifted.replace(tzinfo=None)

    def today(self) -> date:
        """Today in the account's zone."""
        return self.local_now().date()

    def precision(self, currency: str) -> int:
        """Decimals of a currency."""
        row = self.get("currency", currency)
        return int(row.fields["currencyPrecision"]) if row else 2

    def round_money(self, amount: Decimal, currency: str) -> Decimal:
        """Half-up to the currency's decimals, as the platform stores amounts."""
        return amount.quantize(Decimal(1).scaleb(-self.precision(currency)), rounding="ROUND_HALF_UP")

    def period_for(self, day: str) -> Record | None:
        """The posting period that holds a date, open or not."""
        for period in self.all("accountingPeriod"):
            if period.fields["startDate"] <= day <= period.fields["endDate"]:
                return period
        return None

    def form_for(self, record_type: str, requested: str | None, role: Role) -> Form | None:
        """The form in force: the one asked for, the role's preferred one, the account's preferred one."""
        forms = [form for form in self.forms.values() if form.record.lower() == record_type.lower()]
        for wanted in (requested, role.preferred_forms.get(record_type)):
            if wanted is not None:
                return next((form for form in forms if form.id == wanted), None)
        return next((form for form in forms if form.preferred), forms[0] if forms else None)
