"""Somebody else writes to the same account: found, named, never overwritten, never doubled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.house import CROSSWALK, House, add_crosswalk, dataset, house, policy
from tests.support.script import customer, order

BILLED = {
    "type": "invoice",
    "entity": {"id": "901"},
    "tranDate": "2026-10-03",
    "item": {"items": [{"item": {"id": "501"}, "quantity": 1, "rate": 5}]},
    "_by": "Celigo",
}


def with_records(*transactions: dict[str, Any], customers: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    data = dataset()
    data["transactions"] += list(transactions)
    data["customers"] += list(customers)
    return data


def company(**fields: Any) -> dict[str, Any]:
    return {"subsidiary": {"id": "1"}, "currency": {"id": "1"}, **fields}


def ended(h: House, code: str, *, invoices: int = 0) -> None:
    h.source.put(order(1))
    h.run()
    assert h.standings() == {"D00001": ("case", code)}
    assert h.case_codes() == [code]
    assert len(h.made("invoice")) == invoices


@pytest.mark.requirement("R02")
@pytest.mark.parametrize(
    "mark",
    [
        {"externalId": "D00001"},
        {"custbody_celigo_deal": "D00001"},
        {"custbody_tieout_source_id": "D00001", "custbody_tieout_installation": "another"},
    ],
    ids=["bare source id", "another connector's field", "another installation's trace"],
)
def test_a_certain_foreign_invoice_stops_the_deal(mark: dict[str, str], tmp_path: Path):
    data = with_records({**BILLED, **mark})
    field = {"record": "transaction", "id": "custbody_celigo_deal", "type": "text", "label": "Celigo deal"}
    data["custom_fields"].append(field)
    with house(tmp_path, data=data, foreign_fields=("custbody_celigo_deal",)) as h:
        ended(h, "foreign_writer")
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann", because="I do not believe it")
        h.run()
        assert h.standings() == {"D00001": ("case", "foreign_writer")}  # a record that is there is no opinion
        theirs = next(one for one in h.ns.control.truth("invoice") if one["_meta"]["created_by"] == "Celigo")
        h.ns.control.admin("delete_record", record="invoice", id=theirs["id"])
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann", because="their invoice is deleted")
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}


@pytest.mark.requirement("R02")
def test_same_customer_amount_and_month_is_a_suspicion_a_person_may_waive(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        h.run()
        customer_id = h.made("customer")[0]["id"]
        line = {"item": {"id": "501"}, "quantity": 1, "rate": 100, "amount": 100}
        body = {"entity": {"id": customer_id}, "tranDate": "2026-10-20", "item": {"items": [line]}}
        h.ns.control.admin("human_create", record="invoice", body=body)
        h.source.put(order(2, customer=customer(1)))
        h.run()
        assert h.standings()["D00002"] == ("case", "foreign_writer_suspected")
        view = h.cases.open_cases()[0]
        assert "same customer" in view.case.finding.found
        h.cases.retry(view.case.id, by="ann", because="a coincidence")
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert [d["action"] for d in h.cases.show(view.case.id).decisions] == ["retry"]


def test_our_id_on_another_type_is_a_case(tmp_path: Path):
    sale = {**BILLED, "type": "salesOrder", "externalId": "inv-D00001"}
    with house(tmp_path, data=with_records(sale)) as h:
        ended(h, "external_id_other_type")


def test_our_id_on_a_record_without_our_mark_is_a_case(tmp_path: Path):
    with house(tmp_path, data=with_records({**BILLED, "externalId": "inv-D00001"})) as h:
        ended(h, "other_installation")


def test_our_id_and_mark_on_another_content_is_a_case(tmp_path: Path):
    trace = {"custbody_tieout_source_id": "D00001", "custbody_tieout_installation": "test-house"}
    with house(tmp_path, data=with_records({**BILLED, **trace, "externalId": "inv-D00001"})) as h:
        ended(h, "content_differs")
        found = h.cases.open_cases()[0].case.finding.found
        assert "line 1 quantity" in found
        assert "line 1 amount" in found


@pytest.mark.requirement("R08", "R17")
def test_our_own_equal_record_is_adopted_never_made_again(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        h.run()
        before = h.made("invoice")
        h.database.dispose()
        for file in tmp_path.glob("house.db*"):
            file.unlink()
        h.rebuild(None)
        add_crosswalk(h.store, CROSSWALK)
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert h.made("invoice") == before
        assert len(h.made("customer")) == 1


@pytest.mark.requirement("R21")
def test_a_taken_name_is_a_case_until_somebody_renames(tmp_path: Path):
    data = with_records(customers=(company(companyName="Customer 1 Inc.", entityId="Customer 1 Inc."),))
    data["account"]["auto_numbering"] = False
    named = replace(policy(), entity_id_template="{name}")
    with house(tmp_path, data=data, policy=named) as h:
        ended(h, "name_clash")
        assert h.made("customer") == []
        taken = next(
            one for one in h.ns.control.truth("customer") if one["fields"]["entityId"] == "Customer 1 Inc."
        )
        renamed = {"entityId": "Customer 1 (old)", "companyName": "Customer 1 (old)"}
        h.ns.control.admin("human_edit", record="customer", id=taken["id"], fields=renamed)
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann")
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}


@pytest.mark.requirement("R16", "R21")
def test_a_customer_of_ours_by_external_id_is_used_whatever_it_is_called(tmp_path: Path):
    legacy = company(id="4711", externalId="A00001", companyName="CUSTOMER ONE (OLD NAME)")
    with house(tmp_path, data=with_records(customers=(legacy,))) as h:
        h.source.put(order(1))
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert h.made("customer") == []
        assert h.made("invoice")[0]["fields"]["entity"] == "4711"
        # and it is never changed by us
        h.source.put(order(1, customer=customer(1, email="other@customer1.example")))
        h.run()
        assert h.requests("update") == []


@pytest.mark.requirement("R21")
def test_equal_name_and_domain_blocks_a_creation_until_a_person_has_looked(tmp_path: Path):
    legacy = company(id="4711", companyName="CUSTOMER 1, INC", url="https://www.customer1.example")
    with house(tmp_path, data=with_records(customers=(legacy,))) as h:
        ended(h, "customer_suspected_legacy")
        assert h.made("customer") == []


@pytest.mark.requirement("R21")
def test_name_variants_do_not_stop_a_sync(tmp_path: Path):
    others = (
        company(companyName="Customer 1"),
        company(companyName="CUSTOMER 1 INCORPORATED"),
        company(companyName="Customer 1 Inc. (Europe)", url="https://eu.example"),
    )
    with house(tmp_path, data=with_records(customers=others)) as h:
        h.source.put(order(1))
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert len(h.made("customer")) == 1
