"""Who owns the invoice: Tieout, Tieout through a sales order, or NetSuite's own workflow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.house import dataset, house
from tests.support.script import order

from tieout.domain.policy import HandOff
from tieout.flows.errors import MaybeSent, Throttled
from tieout.flows.ports import NoteResult


def pending_orders():
    data = dataset()
    data["account"]["sales_order_status"] = "A"
    return data


@pytest.mark.requirement("R11")
def test_customer_then_invoice_then_the_ids_in_the_crm(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1, lines=3))
        h.run()
        kinds = [one["record"] for one in h.ns.control.log() if one["operation"] == "create"]
        assert kinds == ["customer", "invoice"]
        customer, invoice = h.made("customer")[0], h.made("invoice")[0]
        assert (customer["external_id"], invoice["external_id"]) == ("A00001", "inv-D00001")
        assert invoice["fields"]["entity"] == customer["id"]
        assert len(invoice["lines"]["item"]) == 3
        notes = h.source.notes
        assert (notes["D00001"]["id"], notes["A00001"]["id"]) == (invoice["id"], customer["id"])


@pytest.mark.parametrize("wait", [0, 3])
def test_a_sales_order_is_billed_only_once_it_is_approved(wait: int, tmp_path: Path):
    with house(tmp_path, data=pending_orders(), handoff=HandOff.SALES_ORDER) as h:
        h.source.put(order(1, lines=2))
        for _ in range(20 + 30 * wait):
            h.machine.poll()
            h.machine.step()
            h.advance(timedelta(seconds=60))
        assert len(h.made("salesOrder")) == 1
        assert h.made("invoice") == []
        assert h.case_codes() == []
        h.ns.control.admin("approve_order", id="eid:so-D00001")
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        invoice = h.made("invoice")[0]
        assert invoice["external_id"] == "inv-D00001"
        assert invoice["fields"]["createdFrom"] == h.made("salesOrder")[0]["id"]
        assert len(invoice["lines"]["item"]) == 2
        assert h.source.notes["D00001"]["id"] == invoice["id"]


def test_an_invoice_made_by_netsuites_workflow_is_observed_and_checked(tmp_path: Path):
    with house(tmp_path, data=pending_orders(), handoff=HandOff.SALES_ORDER_OBSERVED) as h:
        h.ns.control.admin("workflow_billing", on=True, delay_seconds=600)
        h.source.put(order(1), order(2))
        for _ in range(20):
            h.machine.poll()
            h.machine.step()
            h.advance(timedelta(seconds=60))
        assert h.ns.control.truth("invoice") == [
            one for one in h.ns.control.truth("invoice") if one["external_id"].startswith("canary")
        ]
        for number in (1, 2):
            h.ns.control.admin("approve_order", id=f"eid:so-D0000{number}")
        h.run()
        assert set(h.standings().values()) == {("confirmed", "")}
        assert h.made("invoice") == [], "it was not ours to make"
        assert [one["operation"] for one in h.requests("transform")] == []
        bills = [one for one in h.ns.control.truth("invoice") if one["_meta"]["created_by"] == "workflow"]
        assert len(bills) == 2
        assert {h.source.notes[f"D0000{n}"]["id"] for n in (1, 2)} == {one["id"] for one in bills}


def test_a_sales_order_closed_by_hand_is_a_case(tmp_path: Path):
    with house(tmp_path, handoff=HandOff.SALES_ORDER) as h:
        h.ns.control.faults({"kind": "throttle", "match": {"operation": "transform"}, "times": 3})
        h.source.put(order(1))
        for _ in range(200):
            h.machine.poll()
            h.machine.step()
            if h.states().get("so-D00001") == "confirmed":
                break
            h.advance(timedelta(seconds=1))
        h.ns.control.admin(
            "human_edit", record="salesOrder", id="eid:so-D00001", fields={"orderStatus": {"id": "H"}}
        )
        h.run()
        assert h.standings()["D00001"][0] == "case"
        assert h.made("invoice") == []


# -- write-back --------------------------------------------------------------------------------------------


def test_a_refused_note_is_a_case_and_undoes_nothing(tmp_path: Path):
    with house(tmp_path) as h:
        target = order(1).source
        h.source.refusals["D00001"] = NoteResult(target=target, done=False, message="FIELD_INTEGRITY: no")
        h.source.put(order(1))
        h.run()
        assert h.case_codes() == ["write_back_refused"]
        assert len(h.made("invoice")) == 1
        assert h.states()["inv-D00001"] == "confirmed"
        assert h.standings() == {"D00001": ("confirmed", "")}
        h.source.refusals.clear()
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann")
        h.run()
        assert "D00001" in h.source.notes
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert len(h.made("invoice")) == 1


@pytest.mark.parametrize("error", [MaybeSent("reset"), Throttled("REQUEST_LIMIT_EXCEEDED", stop=True)])
def test_a_note_without_answer_is_written_again(error: Exception, tmp_path: Path):
    with house(tmp_path) as h:
        h.source.failures = [error, error]  # type: ignore[list-item]
        h.source.put(order(1))
        h.run()
        assert set(h.source.notes) == {"D00001", "A00001"}
        assert h.case_codes() == []


def test_a_source_that_takes_no_notes_gets_none(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.writes_back = False
        h.source.put(order(1))
        h.run()
        assert h.source.notes == {}
        assert h.standings() == {"D00001": ("confirmed", "")}
