"""Small rests on their way: lost answers, crashes, what others do meanwhile, and what a rule writes off by itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_returns import acme
from tests.journeys.test_reversal_journals import journals, report
from tests.journeys.test_writing_off import CENTS, INVOICE, WHY, desk, entry, house, paid, short
from tests.support.crash_scenarios import STORIES, fault, until
from tests.support.treasury import ACME, CHECKING, Treasury, treasury
from tests.support.truth import tell

from tieout.domain.cash.policy import OptIn
from tieout.domain.ids import InternalId
from tieout.flows.cash.parts import PaymentError


@pytest.mark.parametrize("kind", ["commit_hang", "commit_reset", "reset"])
@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_lost_answer_makes_nothing_twice(tmp_path: Path, kind: str, operation: str):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        record = "journalEntry" if operation == "create" else "customerPayment"
        fault(kind, operation=operation, record=record)(t.house)
        t.house.run()
        assert journals(t) == {"je-T1-wo1": entry("Cr", "5")}
        assert (t.open_amounts(), t.payments()) == ({"INV10530": 0}, {"pay-T1": (250, 0)})
        assert t.stands("T1") == ("confirmed", "")


def test_a_rest_that_somebody_pays_meanwhile_is_not_written_off(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        pay_the_rest(t)
        t.house.run()
        assert t.stands("T1") == ("case", "open_amount_changed")
        assert (journals(t), t.open_amounts()) == ({}, {"INV10530": 0})
        (case,) = t.house.cases.open_cases()
        t.house.cases.ignore(case.case.id, by="ann", because="it was paid")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert (journals(t), t.payments()["pay-T1"]) == ({}, (245, 0))
        assert t.desk.show("T1").as_json()["write_offs"] == []


def pay_the_rest(t: Treasury) -> None:
    """Somebody enters the five dollars by hand."""
    (found,) = [one for one in t.house.ns.control.truth("invoice") if one["fields"]["tranId"] == "INV10530"]
    body = {
        "customer": {"id": ACME}, "payment": "5.00", "account": {"id": CHECKING},
        "apply": {"items": [{"doc": {"id": found["id"]}, "apply": True, "amount": "5.00"}]},
    }  # fmt: skip
    t.house.ns.control.admin("human_create", record="customerPayment", body=body)


def test_a_rest_that_somebody_pays_once_the_entry_is_there_is_a_case_with_the_entry_open(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        until("je-T1-wo1", "written")(t.house)
        pay_the_rest(t)
        t.house.run()
        assert t.stands("T1")[0] == "case"
        (case,) = t.house.cases.open_cases()
        t.house.cases.ignore(case.case.id, by="ann", because="it was paid; the entry is reversed by hand")
        t.house.run()
        assert (t.open_amounts(), t.payments()["pay-T1"]) == ({"INV10530": 0}, (245, 0))
        (shown,) = t.desk.show("T1").as_json()["write_offs"]
        assert (shown["external_id"], shown["state"]) == ("je-T1-wo1", "confirmed")
        assert str(t.desk.show("T1").written_off(over=False)) == "0.00 USD"


def test_an_account_netsuite_refuses_is_a_case_and_after_it_another_tolerance_can_be_used(tmp_path: Path):
    wrong = replace(CENTS, name="wrong", account=InternalId("122"))  # the German receivables
    with treasury(tmp_path, INVOICE, tolerances=(CENTS, wrong)) as t:
        paid(t, "245.00", INV10530="245.00")
        desk(t).write_off("T1", "wrong", "ann", WHY, document="INV10530")
        t.house.run()
        assert t.stands("T1")[0] == "case"
        with pytest.raises(PaymentError, match="waits in a case"):
            short(t)
        (case,) = t.house.cases.open_cases()
        t.house.cases.ignore(case.case.id, by="ann", because="wrong account")
        short(t)
        t.house.run()
        assert journals(t) == {"je-T1-wo2": entry("Cr", "5")}
        assert (t.open_amounts(), t.stands("T1")) == ({"INV10530": 0}, ("confirmed", ""))


def test_an_entry_that_somebody_has_to_approve_is_used_when_they_have(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        until("je-T1-wo1", "written")(t.house)
        approve = {"record": "journalEntry", "id": "eid:je-T1-wo1"}
        t.house.ns.control.admin("human_edit", **approve, fields={"approved": False})
        t.house.run()
        assert t.stands("T1") == ("case", "readback_mismatch")
        assert t.open_amounts() == {"INV10530": 5}
        t.house.ns.control.admin("human_edit", **approve, fields={"approved": True})
        (case,) = t.house.cases.open_cases()
        t.house.cases.retry(case.case.id, by="ann")
        t.house.run()
        assert (t.open_amounts(), t.stands("T1")) == ({"INV10530": 0}, ("confirmed", ""))
        assert journals(t) == {"je-T1-wo1": entry("Cr", "5")}


def test_a_period_that_is_closed_meanwhile_is_a_case_and_no_half_of_it(tmp_path: Path):
    with house(tmp_path, INVOICE) as t:
        paid(t, "245.00", INV10530="245.00")
        short(t)
        t.house.ns.control.admin("close_period", date="2026-11-30")
        t.house.run()
        assert t.stands("T1") == ("case", "period_closed")
        assert (journals(t), t.open_amounts()) == ({}, {"INV10530": 5})


def by_rule(folder: Path, *invoices: dict[str, Any]) -> Any:
    return house(folder, *invoices, opt_ins=frozenset({OptIn.WITHIN_TOLERANCE}))


@pytest.mark.parametrize(("amount", "side"), [("245.00", "Cr"), ("255.00", "Dr")])
def test_switched_on_by_name_it_is_applied_and_written_off_by_rule(tmp_path: Path, amount: str, side: str):
    with by_rule(tmp_path, INVOICE) as t:
        t.teach()
        t.bank.put(acme("T1", amount, "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert journals(t) == {"je-T1-wo1": entry(side, "5")}
        assert (t.open_amounts(), t.payments()) == (
            {"INV10530": 0},
            {"pay-T1": (max(Decimal(250), Decimal(amount)), 0)},
        )
        assert report(t)["unapplied"] == "0.00"
        (shown,) = t.desk.show("T1").as_json()["write_offs"]
        assert (shown["amount"], shown["state"]) == ("5.00", "confirmed")


def test_a_rule_writes_off_nothing_beyond_its_limit(tmp_path: Path):
    with by_rule(tmp_path, INVOICE) as t:
        t.teach()
        t.bank.put(acme("T1", "244.99", "INV10530"))
        t.house.run()
        assert t.stands("T1") == ("case", "cash_short")
        assert journals(t) == {}


def test_what_a_rule_wrote_off_and_has_not_left_is_taken_back_with_its_reason(tmp_path: Path):
    """Judged again after a person has set it aside and applied it otherwise: nothing of the old plan is sent."""
    with by_rule(tmp_path) as t:
        t.teach()
        t.bank.put(acme("T1", "245.00", "INV10530"))
        t.house.machine.poll()
        t.house.machine.checking.run()
        assert [one["state"] for one in t.desk.show("T1").as_json()["write_offs"]] == ["waiting"]
        t.desk.apply("T1", {"INV10530": "200.00", "INV10531": "45.00"}, "ann", "by mail")
        t.house.run()
        assert t.stands("T1") == ("confirmed", "")
        assert journals(t) == {}
        assert t.open_amounts() == {"INV10530": 50, "INV10531": 35}


def test_a_plan_shows_what_would_be_written_off(tmp_path: Path):
    with by_rule(tmp_path, INVOICE) as t:
        t.teach()
        t.bank.put(acme("T1", "245.00", "INV10530"))
        t.house.machine.poll()
        plan = t.house.machine.plans.make("ann")
        kinds = {step.kind: step for step in plan.steps}
        assert set(kinds) == {"create_payment", "create_journal", "apply_payment"}
        assert str(kinds["create_journal"].total) == "5.00 USD"
        (applied, used) = kinds["apply_payment"].changes
        assert (applied.name, applied.before, applied.after) == (
            "applied to INV10530",
            "245.00 USD",
            "250.00 USD",
        )
        assert (used.name, used.after) == ("credit used je-T1-wo1", "5.00 USD")
        t.house.machine.plans.apply(plan, "ann")
        t.house.run()
        assert (journals(t), t.open_amounts()) == ({"je-T1-wo1": entry("Cr", "5")}, {"INV10530": 0})


#: Every durable step between the decision and the end, and both calls.
BETWEEN = (
    *(f"{side}:{step}" for step in ("payment_written_off", "lease_ready", "clear", "send_create", "succeed",
      "confirm", "unblock", "send_change") for side in ("before", "after")),
    *(f"{side}:{call}" for call in ("create_journal", "apply_payment") for side in ("after-bytes", "after-response")),
)  # fmt: skip


@pytest.mark.own_store  # the same steps of other stories are tried on the other one
@pytest.mark.parametrize("point", BETWEEN)
def test_a_crash_on_the_way_ends_with_entry_and_application_once(tmp_path: Path, point: str):
    """The story's own check: one entry, one payment, both confirmed, no case; NetSuite's uniqueness is off."""
    (story,) = [one for one in STORIES if "payment_written_off" in one.reaches]
    since = "" if point.endswith(":payment_written_off") else "after:payment_written_off"
    assert tell(story, tmp_path, point, since).fired
