"""NetSuite says no, or stores something else: the cause is named, the way out works."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.crash_scenarios import until
from tests.support.house import House, add_crosswalk, house
from tests.support.script import order

from tieout.domain.documents import Order
from tieout.flows.case_work import CaseError

INVOICE = "inv-D00001"


def the_case(h: House, code: str) -> int:
    assert h.case_codes() == [code]
    return h.cases.open_cases()[0].case.id


def admin(h: House, action: str, **arguments: Any) -> None:
    h.ns.control.admin(action, **arguments)


def confirmed(h: House, invoices: int = 1) -> None:
    h.run()
    assert set(h.standings().values()) == {("confirmed", "")}
    assert h.case_codes() == []
    assert len(h.made("invoice")) == invoices


@pytest.mark.requirement("R22")
def test_a_new_mandatory_field_is_one_cause_for_all_deals(tmp_path: Path):
    with house(tmp_path) as h:
        admin(h, "add_mandatory_field", form="101", field="custbody_tieout_run_id", label="Run")
        h.source.put(order(1), order(2), order(3))
        h.run()
        groups = h.cases.groups()
        assert [(g.code, g.cause, g.count) for g in groups] == [("mandatory_field_missing", "Run", 3)]
        admin(h, "remove_mandatory_field", form="101", field="custbody_tieout_run_id")
        assert h.cases.retry_cause("mandatory_field_missing", "Run", by="ann") == 3
        confirmed(h, 3)


def test_a_closed_period_is_found_before_the_write_and_re_dated(tmp_path: Path):
    with house(tmp_path) as h:
        admin(h, "close_period", date="2026-10-31")
        h.source.put(order(1))
        h.run()
        case = the_case(h, "period_closed")
        assert h.requests("create") == []
        h.cases.redate(case, date(2026, 11, 1), by="ann", because="approved")
        confirmed(h)
        assert h.made("invoice")[0]["fields"]["tranDate"] == "2026-11-01"


def test_a_period_closed_after_planning_is_refused_then_re_dated(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        until(INVOICE, "cleared")(h)
        admin(h, "close_period", date="2026-10-31")
        h.run()
        h.cases.redate(the_case(h, "period_closed"), date(2026, 11, 1), by="ann", because="approved")
        confirmed(h)
        assert h.made("invoice")[0]["fields"]["tranDate"] == "2026-11-01"


@pytest.mark.requirement("R08", "R23")
def test_an_inactive_item_is_found_before_the_write(tmp_path: Path):
    with house(tmp_path) as h:
        admin(h, "deactivate_item", id="501")
        h.source.put(order(1))
        h.run()
        case = the_case(h, "item_inactive")
        assert h.requests("create") == []
        add_crosswalk(h.store, {"P1": "502"})
        h.cases.retry(case, by="ann")
        confirmed(h)
        assert [line["item"] for line in h.made("invoice")[0]["lines"]["item"]] == ["502"]


@pytest.mark.requirement("R23")
def test_an_item_that_went_inactive_after_planning_makes_us_look_again(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        until(INVOICE, "cleared")(h)
        admin(h, "deactivate_item", id="501")
        h.run()
        case = the_case(h, "reference_invalid")
        h.source.put(order(2))
        h.run()
        assert h.standings()["D00002"] == ("case", "item_inactive"), (
            "the refusal made the reference data stale"
        )
        add_crosswalk(h.store, {"P1": "502"})
        h.cases.retry(case, by="ann")
        for view in h.cases.open_cases(code="item_inactive"):
            h.cases.retry(view.case.id, by="ann")
        confirmed(h, 2)


def test_a_scripts_refusal_keeps_its_words(tmp_path: Path):
    with house(tmp_path) as h:
        admin(h, "arm_user_event_refusal", text="Credit hold: see finance", match={"record": "invoice"})
        h.source.put(order(1))
        h.run()
        view = h.cases.open_cases()[0]
        assert "Credit hold: see finance" in view.case.finding.found
        assert view.case.finding.raw
        admin(h, "clear_user_event_refusals")
        h.cases.retry(view.case.id, by="ann")
        confirmed(h)


@pytest.mark.requirement("R22")
def test_a_silently_dropped_field_is_a_case(tmp_path: Path):
    with house(tmp_path) as h:
        h.ns.control.switches({"NS-13": "off"})
        admin(h, "hide_custom_field", form="101", field="custbody_tieout_source_id")
        h.source.put(order(1))
        h.run()
        the_case(h, "readback_mismatch")
        assert "source id" in h.cases.open_cases()[0].case.finding.found


def test_a_hidden_field_is_refused_by_name(tmp_path: Path):
    with house(tmp_path) as h:
        admin(h, "hide_custom_field", form="101", field="custbody_tieout_source_id")
        h.source.put(order(1))
        h.run()
        the_case(h, "field_unknown")
        assert h.made("invoice") == []


def test_nothing_can_be_decided_while_a_call_is_in_doubt(tmp_path: Path):
    with house(tmp_path) as h:
        # the deal has another case of its own while its first write is in doubt
        h.ns.control.faults({"kind": "commit_reset", "match": {"operation": "create", "record": "invoice"}})
        h.source.put(order(1))
        until(INVOICE, "in_doubt")(h)
        h.source.put(order(1, amount="250.00"))
        h.machine.poll()
        h.machine.checking.run()
        case = the_case(h, "deal_changed")
        for refused in (
            lambda: h.cases.retry(case, by="ann"),
            lambda: h.cases.edit(case, {"lines.0.quantity": "3"}, by="ann", because="x"),
            lambda: h.cases.ignore(case, by="ann", because="x"),
        ):
            with pytest.raises(CaseError, match="in_doubt"):
                refused()
        h.run()
        assert len(h.made("invoice")) == 1
        h.cases.ignore(case, by="ann", because="the first price holds")
        assert h.standings() == {"D00001": ("confirmed", "")}


def no_quantity() -> Order:
    plain = order(1)
    return replace(plain, lines=(replace(plain.lines[0], quantity=Decimal(0)),))


def test_an_edit_keeps_the_original_and_shows_the_difference(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(no_quantity())
        h.run()
        case = the_case(h, "quantity_invalid")
        with pytest.raises(CaseError, match="no such field"):
            h.cases.edit(case, {"lines.9.amount": "1"}, by="ann", because="x")
        difference = h.cases.edit(case, {"lines.0.quantity": "4"}, by="ann", because="typo")
        assert difference == ["lines.0.quantity: '0' → '4'"]
        confirmed(h)
        assert Decimal(str(h.made("invoice")[0]["lines"]["item"][0]["quantity"])) == 4
        with h.store.read() as unit:
            record = unit.records.all()[0]
            assert record.raw["lines"][0]["quantity"] == "0"
            assert record.override == {"lines.0.quantity": "4"}


def test_decisions_are_logged_with_who_and_why(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(no_quantity())
        h.run()
        case = the_case(h, "quantity_invalid")
        with pytest.raises(CaseError, match="reason"):
            h.cases.ignore(case, by="ann", because="  ")
        h.cases.assign(case, to="bob", by="ann")
        h.cases.ignore(case, by="bob", because="a credit, booked by hand")
        assert h.standings() == {"D00001": ("ignored", "by_decision")}
        decisions = h.cases.show(case).decisions
        assert [(d["action"], d["by"], d["because"]) for d in decisions] == [
            ("assign", "ann", ""),
            ("ignore", "bob", "a credit, booked by hand"),
        ]
        with pytest.raises(CaseError, match="only open cases"):
            h.cases.retry(case, by="ann")
        with pytest.raises(CaseError, match="no case"):
            h.cases.show(999)
