"""The checker: reads what NetSuite really holds and says how each input ended.

It knows the scenario, the emulator's ground truth and request log, and what the product *says* about each input.
It imports nothing of the product. Records are joined by source id (the trace fields), never by external ID.
The words of the report are those of the design and of `docs/explanation/report.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.emulators.checker_order import order_violations
from tieout.emulators.salesforce.ids import to_18
from tieout.emulators.scenario.cash_model import CASH_RECORDS
from tieout.emulators.scenario.model import CASE, CONFIRMED, IGNORED, ExpectedRecord, Row, Scenario

Json = dict[str, Any]

#: the trace field that carries the source id, by record type
SOURCE_FIELDS = {
    "customer": "custentity_tieout_crm_account_id",
    "salesOrder": "custbody_tieout_source_id",
    "invoice": "custbody_tieout_source_id",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One difference, readable: which input, what was expected, what was found."""

    source_id: str
    plant: str | None
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        plant = f" ({self.plant})" if self.plant else ""
        return f"{self.source_id}{plant}: {self.what}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The count. `ok` only when every zero-figure is zero and every row ended as expected."""

    inputs: int
    confirmed: int
    open_cases: int
    ignored: int
    duplicates: int
    lost: int
    order_violations: int
    misapplied: int
    planted_missed: int
    unplanted_cases: int
    cases_by_code: dict[str, int]
    ignored_by_reason: dict[str, int]
    duplicate_records: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    mismatches: tuple[Mismatch, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Nothing doubled, lost, out of order or elsewhere than the scenario says."""
        zero = (
            self.duplicates, self.lost, self.order_violations, self.misapplied,
            self.planted_missed, self.unplanted_cases, len(self.mismatches),
        )  # fmt: skip
        return not any(zero) and self.inputs == self.confirmed + self.open_cases + self.ignored

    def to_json(self) -> Json:
        """The report as plain data."""
        return {**asdict(self), "ok": self.ok, "mismatches": [str(one) for one in self.mismatches]}


def check(scenario: Scenario, truth: Iterable[Json], log: Iterable[Json], outcomes: Iterable[Json]) -> Report:
    """Compare a run with its scenario.

    `truth` and `log` come from the NetSuite emulator's control API. `outcomes` is the product's export:
    `{"system", "object", "source_id", "outcome": "confirmed" | "case" | "ignored", "code", "records":
    [{"type", "internal_id", "external_id"}]}` per input.
    """
    return _Check(scenario, list(truth), list(log)).run(outcomes)


class _Check:
    """One comparison; `mine` are the live records the integration made that nothing has claimed yet."""

    def __init__(self, scenario: Scenario, truth: list[Json], log: list[Json]) -> None:
        self.scenario, self.log = scenario, log
        self.truth = truth
        self.by_key = {(row["record"].lower(), str(row["id"])): row for row in truth}
        self.integration = scenario.facts["netsuite"]["integration"]
        self.mine = {
            key: row
            for key, row in self.by_key.items()
            if row["_meta"]["created_by"] == self.integration
            and not (scenario.cash and row["record"] in CASH_RECORDS)  # the money's part claims those
        }
        self.customers: dict[str, Json] = {}
        self.compared: set[str] = set()
        self.mismatches: list[Mismatch] = []

    def run(self, outcomes: Iterable[Json]) -> Report:
        said = self._said(outcomes)
        ended: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        lost = unplanted = 0
        self._claim_customers()
        missed: set[str] = set()
        for row in self.scenario.rows:
            before = len(self.mismatches)
            gone = self._check_records(row, said.get(row.source_id, {}))
            outcome, code = self._ended(row, said.get(row.source_id))
            if outcome is None or (outcome == CONFIRMED and gone):
                lost += 1
            else:
                ended[outcome] += 1
            if outcome == CASE:
                codes[str(code)] += 1
                unplanted += (row.outcome, row.code) != (CASE, code)
            elif outcome == IGNORED:
                reasons[str(code)] += 1
            if row.plant and len(self.mismatches) > before:
                missed.add(row.source_id)
        self._tolerate_contacts()
        violations = order_violations(self.truth, self.log)
        return Report(
            inputs=self.scenario.inputs,
            confirmed=ended[CONFIRMED],
            open_cases=ended[CASE],
            ignored=ended[IGNORED],
            duplicates=len(self.mine),
            lost=lost,
            order_violations=len(violations),
            misapplied=0,  # what money is applied to is counted in the bank's part
            planted_missed=len(missed),
            unplanted_cases=unplanted,
            cases_by_code=dict(sorted(codes.items())),
            ignored_by_reason=dict(sorted(reasons.items())),
            duplicate_records=tuple(_shown(row) for row in self.mine.values()),
            violations=tuple(violations),
            mismatches=tuple(self.mismatches),
        )

    def _said(self, outcomes: Iterable[Json]) -> dict[str, Json]:
        """What the product says, by 18-character id; twice about one input, or about a stranger, is a mismatch."""
        known = {row.source_id for row in self.scenario.rows}
        said: dict[str, Json] = {}
        for outcome in outcomes:
            source_id = to_18(outcome["source_id"]) or outcome["source_id"]
            if source_id not in known:
                self._differs(Row(source_id=source_id, name="", plant=None, outcome="", code=None),
                              "outcome", "no such input", str(outcome["outcome"]))  # fmt: skip
            elif source_id in said:
                self._differs(self.scenario.row(source_id), "outcomes", "one", "two")
            else:
                said[source_id] = outcome
        return said

    def _ended(self, row: Row, said: Json | None) -> tuple[str | None, str | None]:
        outcome = said["outcome"] if said else None
        if outcome not in (CONFIRMED, CASE, IGNORED):
            self._differs(row, "outcome", _end(row.outcome, row.code), f"nothing ({outcome})")
            return None, None
        assert said is not None
        code = said.get("code") or None
        if (outcome, code) != (row.outcome, row.code):
            self._differs(row, "outcome", _end(row.outcome, row.code), _end(outcome, code))
        return outcome, code

    def _claim_customers(self) -> None:
        """One customer per account that is to be billed; and at most one where a case may leave one behind."""
        for row in self.scenario.rows:
            for record in row.records:
                if record.type == "customer" and record.source_id not in self.customers:
                    self._claim_customer(record)
        for row in self.scenario.rows:
            for account in row.may_create:
                if account not in self.customers:
                    self._claim_tolerated(account)

    def _claim_customer(self, expected: ExpectedRecord) -> None:
        if expected.internal_id is not None:
            found = self.by_key.get(("customer", expected.internal_id))
        else:
            found = self._claim(expected)
        if found is not None:
            self.customers[expected.source_id] = found

    def _claim_tolerated(self, account: str) -> None:
        for key, row in list(self.mine.items()):
            if row["record"].lower() == "customer" and _source_id(row, "customer") == account:
                self.customers[account] = self.mine.pop(key)
                return

    def _check_records(self, row: Row, said: Json) -> bool:
        """Claim and compare the row's records; returns whether a transaction that must exist does not."""
        gone = False
        named = {str(record.get("internal_id")) for record in said.get("records") or ()}
        for expected in row.records:
            if expected.type == "customer":
                found = self.customers.get(expected.source_id)
                if found is not None and expected.source_id not in self.compared:
                    self.compared.add(expected.source_id)
                    self._compare_customer(row, expected, found)
            else:
                found = self._claim(expected)
                if found is not None:
                    self._compare(row, expected, found)
                    if said.get("outcome") == CONFIRMED and str(found["id"]) not in named:
                        self._differs(
                            row, f"{expected.type} named as confirmed", str(found["id"]), _list(named)
                        )
            if found is None:
                self._differs(row, expected.type, "a record", "none in NetSuite")
                gone = gone or expected.type != "customer" or expected.internal_id is None
        return gone

    def _claim(self, expected: ExpectedRecord) -> Json | None:
        """Take the best of the integration's records with this source id; the others stay duplicates."""
        candidates = [
            (key, record)
            for key, record in self.mine.items()
            if record["record"] == expected.type and _source_id(record, expected.type) == expected.source_id
        ]
        if not candidates:
            return None
        key, best = min(candidates, key=lambda found: len(list(self._differences(expected, found[1]))))
        del self.mine[key]
        return best

    def _compare_customer(self, row: Row, expected: ExpectedRecord, found: Json) -> None:
        if expected.internal_id is None:
            self._compare(row, expected, found)
        elif found["_meta"].get("modified_by") == self.integration:
            self._differs(
                row, f"customer {found['id']}", "bound, never changed", "changed by the integration"
            )

    def _compare(self, row: Row, expected: ExpectedRecord, found: Json) -> None:
        for what, wanted, got in self._differences(expected, found):
            self._differs(row, f"{expected.type} {found['id']} {what}", wanted, got)

    def _differences(self, expected: ExpectedRecord, found: Json) -> Iterator[tuple[str, str, str]]:
        fields = found["fields"]
        for what, wanted in (("subsidiary", expected.subsidiary), ("currency", expected.currency)):
            if _bare(fields.get(what)) != wanted:
                yield what, wanted, _bare(fields.get(what))
        yield from _customer_differences(expected, found) if expected.type == "customer" else ()
        if expected.customer is not None:
            customer = self.customers.get(expected.customer)
            wanted = str(customer["id"]) if customer else f"the customer of {expected.customer}"
            if _bare(fields.get("entity")) != wanted:
                yield "entity", wanted, _bare(fields.get("entity"))
        if expected.tran_date is not None and str(fields.get("tranDate"))[:10] != expected.tran_date:
            yield "tranDate", expected.tran_date, str(fields.get("tranDate"))
        if expected.type != "customer":
            if (fields.get("otherRefNum") or None) != expected.other_ref_num:
                yield "otherRefNum", str(expected.other_ref_num), str(fields.get("otherRefNum"))
            yield from _line_differences(expected, found)

    def _tolerate_contacts(self) -> None:
        """A claimed customer may have one contact of the integration's making."""
        allowed = {str(customer["id"]) for customer in self.customers.values()}
        for key, row in list(self.mine.items()):
            company = _bare(row["fields"].get("company"))
            if row["record"].lower() == "contact" and company in allowed:
                allowed.discard(company)
                del self.mine[key]

    def _differs(self, row: Row, what: str, expected: str, found: str) -> None:
        self.mismatches.append(
            Mismatch(source_id=row.source_id, plant=row.plant, what=what, expected=expected, found=found)
        )


def _customer_differences(expected: ExpectedRecord, found: Json) -> Iterator[tuple[str, str, str]]:
    fields = found["fields"]
    name = " ".join(str(fields.get("companyName") or "").split())
    if expected.name is not None and name != expected.name:
        yield "companyName", expected.name, name
    if expected.terms is not None and _bare(fields.get("terms")) != expected.terms:
        yield "terms", expected.terms, _bare(fields.get("terms"))
    places = {
        (str(address.get("city") or ""), _bare(address.get("country")))
        for entry in found.get("lines", {}).get("addressBook", ())
        for address in (entry.get("addressBookAddress") or entry,)
    }
    if expected.city is not None and (expected.city, expected.country) not in places:
        yield "address", f"{expected.city}, {expected.country}", _list(", ".join(place) for place in places)


def _line_differences(expected: ExpectedRecord, found: Json) -> Iterator[tuple[str, str, str]]:
    wanted = Counter((line.item, _number(line.quantity), _number(line.amount)) for line in expected.lines)
    got = Counter(
        (_bare(line.get("item")), _number(line.get("quantity")), _number(line.get("amount")))
        for line in found.get("lines", {}).get("item", ())
    )
    if wanted != got:
        yield "lines", _lines(wanted - got), _lines(got - wanted)


def _source_id(row: Json, kind: str) -> str | None:
    value = row["fields"].get(SOURCE_FIELDS[kind])
    return None if value is None else to_18(str(value)) or str(value)


def _bare(value: Any) -> str:
    return str(value["id"] if isinstance(value, dict) else value)


def _number(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value)).normalize()
    except InvalidOperation:
        return None


def _lines(lines: Counter[tuple[str, Decimal | None, Decimal | None]]) -> str:
    return _list(
        f"{_text(quantity)} x item {item} = {_text(amount)}" for item, quantity, amount in lines.elements()
    )


def _text(number: Decimal | None) -> str:
    return "?" if number is None else f"{number:f}"


def _list(texts: Iterable[str]) -> str:
    return "; ".join(sorted(texts)) or "nothing"


def _end(outcome: str, code: str | None) -> str:
    return f"{outcome} ({code})" if code else outcome


def _shown(row: Json) -> str:
    return f"{row['record']} {row['id']} (external id {row.get('external_id')})"
