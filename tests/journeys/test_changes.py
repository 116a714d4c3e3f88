"""A deal or an account changes, comes twice, comes late, goes away: before and after it was synced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.house import House, house
from tests.support.script import customer, order

from tieout.domain.documents import Address, Order, StageChange

LOST = StageChange(at=datetime(2026, 11, 1, tzinfo=UTC), won=False, label="Negotiation")
AGAIN = StageChange(at=datetime(2026, 11, 2, tzinfo=UTC), won=True, label="Closed Won")


def sync(h: House, *orders: Order) -> None:
    h.source.put(*orders)
    h.run()


def check(h: House) -> None:
    h.machine.poll()
    h.machine.checking.run()


@pytest.mark.requirement("R20")
def test_doubled_and_late_events_change_nothing(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1, amount="50.00"))
        sync(h, order(2))
        calls = len(h.ns.control.log())
        h.source.again()
        h.source.again()
        h.run()
        assert len(h.ns.control.log()) == calls
        assert set(h.standings().values()) == {("confirmed", "")}


def test_an_older_version_never_replaces_a_newer_one(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, amount="70.00"), version=7)
        h.source.put(order(1, amount="30.00"), version=3)
        h.run()
        lines = h.made("invoice")[0]["lines"]["item"]
        assert [str(line["amount"]) for line in lines] in (["70"], ["70.00"])
        with h.store.read() as unit:
            events = unit.records.events_of(unit.records.all()[0])
        assert [(e["version"], e["taken"]) for e in events] == [("000007", True), ("000003", False)]


def test_a_deal_that_goes_back_to_an_earlier_content_is_taken(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, amount="10.00"))
        check(h)
        h.source.put(order(1, amount="20.00"))
        check(h)
        sync(h, order(1, amount="10.00"))
        lines = h.made("invoice")[0]["lines"]["item"]
        assert [str(line["amount"]) for line in lines] in (["10"], ["10.00"])


def test_a_change_before_anything_was_sent_is_planned_anew(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, amount="10.00"))
        check(h)
        sync(h, order(1, amount="20.00"))
        assert h.case_codes() == []
        assert len(h.made("invoice")) == 1
        assert str(h.made("invoice")[0]["lines"]["item"][0]["amount"]) in {"20", "20.00"}


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("deleted", [False, True])
def test_a_deal_that_is_not_won_after_all_is_never_written(deleted: bool, tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        check(h)
        h.source.put(order(1, won=False, closed=False), deleted=deleted)
        h.run()
        assert h.requests("create") == []
        reason = "deleted_at_source" if deleted else "not_won"
        assert h.standings() == {"D00001": ("ignored", reason)}


@pytest.mark.requirement("R10")
def test_an_open_deal_edited_often_never_syncs(tmp_path: Path):
    with house(tmp_path) as h:
        for number in range(12):
            sync(h, order(1, won=False, closed=False, amount=f"{number + 1}.00"))
        assert h.requests("create") == []
        assert h.standings() == {"D00001": ("ignored", "not_won")}
        sync(h, order(1))
        assert h.standings() == {"D00001": ("confirmed", "")}


@pytest.mark.parametrize(
    ("after", "deleted", "code"),
    [
        (order(1, amount="99.00"), False, "deal_changed"),
        (order(1, won=False, closed=False, history=(*order(1).history, LOST)), False, "deal_reopened"),
        (order(1, history=(*order(1).history, LOST, AGAIN)), False, "deal_reopened"),
        (order(1, po_number="gone"), True, "deal_deleted"),
    ],
    ids=["changed", "reopened", "won, reopened, won", "deleted"],
)
def test_what_happens_after_sync_is_a_persons_decision(
    after: Order, deleted: bool, code: str, tmp_path: Path
):
    with house(tmp_path) as h:
        sync(h, order(1))
        before = h.made("invoice")
        h.source.put(after, deleted=deleted)
        h.run()
        assert h.standings() == {"D00001": ("case", code)}
        assert h.made("invoice") == before
        h.cases.ignore(h.cases.open_cases()[0].case.id, by="ann", because="NetSuite stays as it is")
        h.run()
        assert h.made("invoice") == before
        assert h.case_codes() == []


def test_an_equal_version_after_sync_is_no_change(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1))
        sync(h, order(1, attributes={"touched": "again"}))
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert h.case_codes() == []


NEW_HOME = Address(lines=("9 Elm St",), city="Austin", region="TX", postal_code="73301", country="US")


def test_a_customers_new_address_follows_and_nothing_else(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1))
        renamed = customer(1, name="Another Name", billing=NEW_HOME, email="new@customer1.example")
        sync(h, order(1, customer=renamed))
        assert h.standings() == {"D00001": ("confirmed", "")}
        made = h.made("customer")[0]
        assert made["fields"]["companyName"] == "Customer 1 Inc."
        assert made["fields"]["email"] == "new@customer1.example"
        book = made["lines"]["addressBook"]
        assert len(book) == 1
        assert "Austin" in str(book)
        patches = h.requests("update")
        assert {one["method"] for one in patches} == {"PATCH"}
        assert all(f"/customer/{made['id']}" in one["path"] for one in patches)
        assert len(patches) == 1
        # the same once more is no change; back to the first address is one
        sync(h, order(2, customer=renamed))
        assert len(h.requests("update")) == 1
        sync(h, order(1))
        assert len(h.requests("update")) == 2
        assert "Boston" in str(h.made("customer")[0]["lines"]["addressBook"])


def test_an_account_merged_before_creation_is_one_customer(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.merge(loser="A00002", winner="A00001")
        sync(h, order(1), order(3, customer=customer(1)))
        assert [one["external_id"] for one in h.made("customer")] == ["A00001"]
        assert len(h.made("invoice")) == 2


def test_an_account_merged_after_creation_keeps_its_customer(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(2))
        h.source.merge(loser="A00002", winner="A00001")
        sync(h, order(3, customer=customer(1)))
        assert [one["external_id"] for one in h.made("customer")] == ["A00002"]
        entities = {one["fields"]["entity"] for one in h.made("invoice")}
        assert len(entities) == 1
        assert set(h.standings().values()) == {("confirmed", "")}


@pytest.mark.requirement("R21")
def test_two_created_customers_that_are_merged_are_a_case(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1), order(2))
        h.source.merge(loser="A00002", winner="A00001")
        sync(h, order(3, customer=customer(1)))
        assert h.standings()["D00003"] == ("case", "customer_merge_conflict")
        assert len(h.made("invoice")) == 2


@pytest.mark.requirement("R11", "R21")
def test_a_customer_of_many_deals_is_made_once(tmp_path: Path):
    with house(tmp_path) as h:
        deals = [replace(order(n), customer=customer(1)) for n in range(1, 21)]
        sync(h, *deals)
        assert len(h.made("customer")) == 1
        assert len(h.made("invoice")) == 20
        assert set(h.standings().values()) == {("confirmed", "")}


def test_a_customers_case_holds_its_own_deals_only(tmp_path: Path):
    with house(tmp_path) as h:
        refused = {"record": "customer"}
        match = {**refused, "external_id": "A00001"}
        h.ns.control.admin("arm_user_event_refusal", text="No such territory", match=match)
        deals = [replace(order(n), customer=customer(1)) for n in (1, 2, 3)]
        sync(h, *deals, order(7), order(8))
        stands = h.standings()
        assert {stands[f"D0000{n}"][0] for n in (1, 2, 3)} == {"case"}
        assert {stands[f"D0000{n}"] for n in (7, 8)} == {("confirmed", "")}
        assert len(h.case_codes()) == 1, "one cause, one case"
        h.ns.control.admin("clear_user_event_refusals")
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann")
        h.run()
        assert set(h.standings().values()) == {("confirmed", "")}
        assert len(h.made("customer")) == 3


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (
            {"action": "delete_record", "record": "customer", "id": "eid:A00001", "force": True},
            "record_vanished",
        ),
        (
            {
                "action": "human_edit",
                "record": "customer",
                "id": "eid:A00001",
                "fields": {"custentity_tieout_installation": "somebody else"},
            },
            "other_installation",
        ),
    ],
    ids=["deleted", "taken over"],
)
def test_a_customer_that_is_no_longer_ours_is_not_changed(trouble: dict, code: str, tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1))
        h.ns.control.admin(**trouble)
        sync(h, order(1, customer=customer(1, email="new@customer1.example")))
        assert h.standings() == {"D00001": ("case", code)}
        assert h.requests("update") == []


def test_a_change_is_read_back(tmp_path: Path):
    with house(tmp_path) as h:
        sync(h, order(1))
        h.source.put(order(1, customer=customer(1, email="new@customer1.example")))
        update = ""
        for _ in range(20):
            h.machine.poll()
            h.machine.checking.run()
            h.machine.send_one_by_one()
            update = next((name for name, state in h.states().items() if state == "written"), "")
            if update:
                break
        assert update.startswith("customer_update|")
        fields = {"email": "by.hand@customer1.example"}
        h.ns.control.admin("human_edit", record="customer", id="eid:A00001", fields=fields)
        h.run()
        assert h.standings() == {"D00001": ("case", "readback_mismatch")}
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann")
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert h.made("customer")[0]["fields"]["email"] == "new@customer1.example"
