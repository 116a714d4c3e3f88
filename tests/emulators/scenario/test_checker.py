"""The checker finds an honest run faultless, and sees through each lie."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tieout.emulators.checker import check
from tieout.emulators.scenario import ExpectedRecord, Scenario, generate

Json = dict[str, Any]
BEGIN, LATER = "2026-10-31T18:00:00+00:00", "2026-10-31T18:05:00+00:00"


class World:
    """A NetSuite and a product that did what the scenario says; tests spoil one thing each."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.truth: list[Json] = []
        self.log: list[Json] = []
        self.outcomes: list[Json] = []
        self._serial = 5000
        customers: dict[str, str] = {}
        for seeded in scenario.netsuite["customers"]:
            self.truth.append(
                {"record": "customer", "id": seeded["id"], "external_id": seeded.get("externalId"),
                 "fields": {"companyName": seeded["companyName"]}, "lines": {},
                 "_meta": {"created_at": "2026-01-01T00:00:00+00:00", "created_by": seeded.get("_by", "seed")}}
            )  # fmt: skip
        for row in scenario.rows:
            written = []
            for expected in row.records:
                if expected.type == "customer":
                    if expected.source_id not in customers:
                        customers[expected.source_id] = expected.internal_id or self.customer(expected)
                else:
                    written.append(self.transaction(expected, customers[expected.customer or ""]))
            self.outcomes.append(
                {"system": "salesforce", "object": "Opportunity", "source_id": row.source_id,
                 "outcome": row.outcome, "code": row.code,
                 "records": [{"type": one["record"], "internal_id": one["id"], "external_id": one["external_id"]}
                             for one in written]}
            )  # fmt: skip

    def serial(self) -> str:
        self._serial += 1
        return str(self._serial)

    def customer(self, expected: ExpectedRecord, **fields: Any) -> str:
        number = self.serial()
        address = {"addressBookAddress": {"city": expected.city, "country": {"id": expected.country}}}
        self.truth.append(
            {"record": "customer", "id": number, "external_id": expected.source_id,
             "fields": {"companyName": expected.name, "subsidiary": expected.subsidiary,
                        "currency": expected.currency, "terms": expected.terms,
                        "custentity_tieout_crm_account_id": expected.source_id, **fields},
             "lines": {"addressBook": [address]},
             "_meta": {"created_at": BEGIN, "created_by": "Tieout"}}
        )  # fmt: skip
        return number

    def transaction(self, expected: ExpectedRecord, customer: str) -> Json:
        record = {
            "record": expected.type, "id": self.serial(), "external_id": f"inv-{expected.source_id}",
            "fields": {"entity": customer, "subsidiary": expected.subsidiary, "currency": expected.currency,
                       "tranDate": expected.tran_date, "otherRefNum": expected.other_ref_num,
                       "custbody_tieout_source_id": expected.source_id},
            "lines": {"item": [{"item": line.item, "quantity": line.quantity, "amount": f"{line.amount}.0"
                                if "." not in line.amount else line.amount} for line in expected.lines]},
            "_meta": {"created_at": LATER, "created_by": "Tieout"},
        }  # fmt: skip
        self.truth.append(record)
        self.log.append(
            entry(
                len(self.log) + 1,
                "create",
                expected.type,
                {"entity": {"id": customer}},
                record["external_id"],
            )
        )
        return record

    def report(self) -> Any:
        return check(self.scenario, self.truth, self.log, self.outcomes)

    def outcome(self, plant: str) -> Json:
        source_id = self.scenario.planted(plant)[0].source_id
        return next(one for one in self.outcomes if one["source_id"] == source_id)

    def invoice(self, plant: str) -> Json:
        wanted = self.scenario.planted(plant)[0].source_id
        return next(one for one in self.truth if one["fields"].get("custbody_tieout_source_id") == wanted)


def entry(
    n: int, operation: str, record: str, body: Json, external_id: str | None = None, **more: Any
) -> Json:
    return {
        "n": n, "operation": operation, "record": record, "method": "POST", "path": f"/record/v1/{record}",
        "external_id": external_id, "target": None, "body": body, "arrived": LATER, "committed": True,
        "status": 204, "error": None, **more,
    }  # fmt: skip


SCENARIO = generate(7, 100)


@pytest.fixture
def world() -> World:
    return World(SCENARIO)


def test_an_honest_run_is_faultless(world: World):
    report = world.report()
    assert [str(one) for one in report.mismatches] == []
    assert report.ok
    assert report.inputs == 100 == report.confirmed + report.open_cases + report.ignored
    assert report.cases_by_code["item_unmapped"] == 1


def test_a_second_invoice_is_a_duplicate(world: World):
    second = copy.deepcopy(world.invoice("commit_hang"))
    second["id"], second["external_id"] = world.serial(), "inv-again"
    world.truth.append(second)
    report = world.report()
    assert report.duplicates == 1
    assert "inv-again" in report.duplicate_records[0]
    assert not report.ok


def test_a_second_customer_is_a_duplicate(world: World):
    row = SCENARIO.planted("po_number")[0]
    world.customer(row.records[0])
    assert world.report().duplicates == 1


def test_a_customer_made_beside_the_legacy_one_is_a_duplicate(world: World):
    row = SCENARIO.planted("legacy_customer")[0]
    account = next(one for one in SCENARIO.salesforce["records"]["Opportunity"] if one["Id"] == row.source_id)
    world.customer(replace(SCENARIO.planted("po_number")[0].records[0], source_id=account["AccountId"]))
    assert world.report().duplicates == 1


def test_the_customer_of_a_case_may_exist_but_not_its_invoice(world: World):
    row = SCENARIO.planted("unmapped_sku")[0]
    expected = replace(SCENARIO.planted("po_number")[0].records[0], source_id=row.may_create[0])
    customer = world.customer(expected)
    assert world.report().ok
    invoice = replace(SCENARIO.planted("po_number")[0].records[1], source_id=row.source_id)
    world.transaction(invoice, customer)
    assert world.report().duplicates == 1


def test_an_invoice_without_its_source_id_is_a_duplicate_and_a_loss(world: World):
    del world.invoice("reset")["fields"]["custbody_tieout_source_id"]
    report = world.report()
    assert (report.duplicates, report.lost) == (1, 1)


def test_an_input_nobody_speaks_of_is_lost(world: World):
    world.outcomes.remove(world.outcome("hang"))
    report = world.report()
    assert report.lost == 1
    assert report.planted_missed == 1
    assert not report.ok


def test_a_confirmation_without_a_record_is_a_loss(world: World):
    world.truth.remove(world.invoice("drip"))
    report = world.report()
    assert report.lost == 1
    assert report.confirmed + report.open_cases + report.ignored == report.inputs - 1


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("subsidiary", "2", "subsidiary"),
        ("currency", "2", "currency"),
        ("tranDate", "2026-09-30", "tranDate"),
        ("otherRefNum", "PO 2026/1187", "otherRefNum"),
        ("entity", "2001", "entity"),
    ],
)
def test_a_wrong_header_is_seen(world: World, field: str, value: str, what: str):
    invoice = world.invoice("po_number")
    value = "1" if invoice["fields"][field] == value else value
    invoice["fields"][field] = value
    report = world.report()
    assert [one.what for one in report.mismatches] == [f"invoice {invoice['id']} {what}"]
    assert report.planted_missed == 1
    assert not report.ok


@pytest.mark.parametrize("field", ["item", "quantity", "amount"])
def test_a_wrong_line_is_seen(world: World, field: str):
    line = world.invoice("uneven_header_discount")["lines"]["item"][0]
    line[field] = {"item": "501", "quantity": "4", "amount": "5499.12"}[field]
    report = world.report()
    assert [one.what.split()[-1] for one in report.mismatches] == ["lines"]


def test_a_missing_line_is_seen(world: World):
    world.invoice("free_line")["lines"]["item"].pop()
    assert not world.report().ok


@pytest.mark.parametrize(("field", "value"), [("terms", "9"), ("companyName", "ACME"), ("subsidiary", "9")])
def test_a_wrong_customer_is_seen(world: World, field: str, value: str):
    account = SCENARIO.planted("po_number")[0].records[0].source_id
    customer = next(
        one for one in world.truth if one["fields"].get("custentity_tieout_crm_account_id") == account
    )
    customer["fields"][field] = value
    assert [one.what.split()[-1] for one in world.report().mismatches] == [field]


def test_a_customer_from_before_is_never_patched(world: World):
    known = next(
        record.internal_id
        for row in SCENARIO.rows
        for record in row.records
        if record.internal_id is not None
    )
    customer = next(one for one in world.truth if one["id"] == known)
    customer["_meta"]["modified_by"] = "Tieout"
    assert [one.expected for one in world.report().mismatches] == ["bound, never changed"]


def test_a_case_with_another_code_is_missed_and_unplanted(world: World):
    world.outcome("inactive_item")["code"] = "item_unmapped"
    report = world.report()
    assert (report.planted_missed, report.unplanted_cases) == (1, 1)
    assert not report.ok


def test_all_into_cases_is_a_failure(world: World):
    for outcome in world.outcomes:
        outcome.update(outcome="case", code="refused")
    report = world.report()
    assert report.unplanted_cases == report.inputs
    assert not report.ok


def test_an_ignored_deal_needs_the_right_reason(world: World):
    world.outcome("before_cut_over")["code"] = "not_won"
    report = world.report()
    assert report.planted_missed == 1
    assert not report.ok


def test_naming_another_record_as_confirmed_is_seen(world: World):
    world.outcome("cut_answer")["records"][0]["internal_id"] = "1"
    assert [one.what for one in world.report().mismatches] == ["invoice named as confirmed"]


def test_outcomes_for_strangers_and_twice_for_one_are_seen(world: World):
    world.outcomes.append(dict(world.outcome("hang")))
    world.outcomes.append({**world.outcome("hang"), "source_id": "0065g000009zzzz"})
    report = world.report()
    assert sorted(one.what for one in report.mismatches) == ["outcome", "outcomes"]


def test_fifteen_character_ids_mean_the_same_input(world: World):
    for outcome in world.outcomes:
        outcome["source_id"] = outcome["source_id"][:15]
    assert world.report().ok


def test_records_of_other_writers_are_not_ours(world: World):
    foreign = copy.deepcopy(world.invoice("hang"))
    foreign["id"], foreign["_meta"]["created_by"] = world.serial(), "Celigo"
    world.truth.append(foreign)
    assert world.report().ok


def test_an_invoice_before_its_customer_violates_the_order(world: World):
    new = {one["id"] for one in world.truth if one["_meta"]["created_at"] == BEGIN}
    early = next(one for one in world.log if one["body"]["entity"]["id"] in new)
    early["arrived"] = "2026-10-31T17:59:00+00:00"
    report = world.report()
    assert report.order_violations == 1
    assert "did not exist yet" in report.violations[0]


def test_naming_an_absent_customer_violates_the_order(world: World):
    world.log.append(entry(9001, "create", "invoice", {"entity": {"externalId": "nobody"}}))
    report = world.report()
    assert report.order_violations == 1
    assert "nobody" in report.violations[0]


def test_billing_an_order_that_cannot_be_billed_violates_the_order(world: World):
    text = "You have an invalid sales order 77 or the order is already billed"
    world.log.append(entry(9001, "transform", "invoice", {}, error=text, committed=False, status=400))
    assert world.report().order_violations == 1


def test_an_update_of_an_absent_record_violates_the_order(world: World):
    text = "Error while accessing a resource. The record instance does not exist. Provide a valid record instance ID."
    world.log.append(entry(9001, "update", "customer", {}, error=text, committed=False, status=404))
    assert world.report().order_violations == 1


def test_an_older_version_after_a_newer_violates_the_order(world: World):
    for n, version in ((9001, "9"), (9002, "10"), (9003, "9")):
        body = {"custbody_tieout_source_version": version}
        world.log.append(entry(n, "update", "invoice", body, target="77"))
    assert world.report().order_violations == 1


def test_refused_writes_that_name_what_exists_are_in_order(world: World):
    text = "Error while accessing a resource. Please enter value(s) for: Contract Vehicle."
    world.log.append(entry(9001, "create", "invoice", {}, error=text, committed=False, status=400))
    assert world.report().order_violations == 0
