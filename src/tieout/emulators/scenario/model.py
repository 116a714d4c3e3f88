"""What a scenario is: two data sets, what changes later, and how every input must end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tieout.emulators.scenario.cash_model import CashMonth

Json = dict[str, Any]

CONFIRMED, CASE, IGNORED = "confirmed", "case", "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLine:
    """One transaction line: NetSuite item internal id, quantity, pre-tax amount (decimal strings)."""

    item: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRecord:
    """One NetSuite record that must exist, joined by source id.

    `source_id` is the account's id for a customer, the opportunity's for a transaction. `internal_id` is set
    for a customer that was in NetSuite before, which the integration must bind and leave as it is.
    """

    type: str
    source_id: str
    subsidiary: str
    currency: str
    internal_id: str | None = None
    name: str | None = None
    terms: str | None = None
    city: str | None = None
    country: str | None = None
    customer: str | None = None
    tran_date: str | None = None
    other_ref_num: str | None = None
    lines: tuple[ExpectedLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one input must end. `code` is a case's code or the reason for ignoring; null when confirmed.

    `records` must exist exactly as told. `may_create` are accounts whose customer may exist because of this row
    although it ends as a case.
    """

    source_id: str
    name: str
    plant: str | None
    outcome: str
    code: str | None
    records: tuple[ExpectedRecord, ...] = ()
    may_create: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One later change, made by an actor through an emulator's `admin` control route.

    It is due `seconds` (emulator time) after the latest of: the start, the end of change `after`, and the
    moment a live NetSuite transaction for the opportunity `record_for` was first seen.
    """

    id: str
    system: str
    action: str
    arguments: Json
    seconds: int
    after: str | None = None
    record_for: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a run needs; equal for equal arguments of `generate`."""

    seed: int
    start: str
    clock_start: str
    handoff: str
    netsuite: Json = field(repr=False)
    salesforce: Json = field(repr=False)
    facts: Json = field(repr=False)
    timeline: tuple[Change, ...] = field(repr=False)
    faults: dict[str, list[Json]] = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    cash: CashMonth | None = None

    @property
    def inputs(self) -> int:
        """Distinct deals emitted."""
        return len(self.rows)

    def row(self, source_id: str) -> Row:
        """The row of one input. Raises KeyError for an id the scenario did not emit."""
        for row in self.rows:
            if row.source_id == source_id:
                return row
        raise KeyError(source_id)

    def planted(self, plant: str) -> list[Row]:
        """The rows of one plant."""
        return [row for row in self.rows if row.plant == plant]

    def to_json(self) -> Json:
        """The scenario as plain JSON data."""
        return asdict(self)

    def dumps(self) -> str:
        """The scenario as text: the same arguments give the same bytes."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, data: Json) -> Scenario:
        """Take back what `to_json` gave."""
        rows = []
        for row in data["rows"]:
            records = tuple(
                ExpectedRecord(**{**record, "lines": tuple(ExpectedLine(**line) for line in record["lines"])})
                for record in row["records"]
            )
            rows.append(Row(**{**row, "records": records, "may_create": tuple(row["may_create"])}))
        changes = tuple(Change(**change) for change in data["timeline"])
        cash = CashMonth.from_json(data["cash"]) if data.get("cash") else None
        return cls(**{**data, "timeline": changes, "rows": tuple(rows), "cash": cash})
