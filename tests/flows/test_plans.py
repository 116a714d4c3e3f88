"""What a plan shows is what is written: nothing more, and nothing whose world has moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.crash import CrashProbe, SimulatedCrash
from tests.support.house import House, add_crosswalk, house, policy
from tests.support.script import customer, order

from tieout.domain.approvals import Choice
from tieout.domain.plans import Action, PlanFile
from tieout.domain.rules import Condition, Operator, Rule
from tieout.flows.people import People
from tieout.flows.plans import Applied, PlanError, from_text, to_text

MOVED = customer(1, email="new@customer1.example")


@pytest.fixture
def h(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def plan(h: House) -> PlanFile:
    h.machine.poll()
    return h.machine.plans.make("ann")


def apply(h: House, made: PlanFile) -> Applied:
    h.machine.poll()
    applied = h.machine.plans.apply(made, "ann")
    drain(h)
    return applied


def drain(h: House) -> None:
    """Turn the lanes without taking anything new in."""
    for _ in range(200):
        if not h.machine.step(intake=False):
            if h.machine.is_quiet(intake=False):
                return
            due = h.machine.next_due()
            h.advance(max((due or h.clock.now()) - h.clock.now(), (h.clock.now() - h.clock.now())))
            h.advance(h.machine.context.limits.read_back_linger)
    raise AssertionError("did not come to rest")


def written(h: House) -> set[str]:
    return {one["external_id"] for record in ("customer", "invoice") for one in h.made(record)}


def test_a_plan_shows_every_write_and_makes_none(h: House):
    h.source.put(order(1), order(2, lines=2))
    made = plan(h)
    assert written(h) == set()
    assert h.source.notes == {}
    kinds = [(step.kind, step.action) for step in made.steps]
    assert kinds.count(("create_customer", Action.CREATE)) == 2
    assert kinds.count(("create_invoice", Action.CREATE)) == 2
    assert ("write_back", Action.NOTE) in kinds
    invoice = next(step for step in made.steps if step.external_id == "inv-D00001")
    assert {"lines.0.item", "lines.0.quantity", "transaction_date"} <= {c.name for c in invoice.changes}
    assert {str(total) for total in made.totals().values()} == {"300.00 USD"}
    assert made.steps == plan(h).steps, "the same world, the same plan"


@pytest.mark.requirement("R17")
def test_what_is_applied_is_what_was_planned(h: House):
    h.source.put(order(1), order(2))
    made = plan(h)
    h.source.put(order(3))  # comes after the plan: not in it
    applied = apply(h, made)
    assert applied.refused == {}
    assert written(h) == {"A00001", "A00002", "inv-D00001", "inv-D00002"}
    assert {step.external_id for step in made.steps if step.external_id} == written(h)
    assert h.standings()["D00003"] == ("received", "")
    assert {name: standing for name, (standing, _) in h.standings().items() if standing == "confirmed"} == {
        "D00001": "confirmed",
        "D00002": "confirmed",
    }


def test_applying_again_changes_nothing(h: House):
    h.source.put(order(1))
    made = plan(h)
    apply(h, made)
    calls = len(h.requests("create"))
    again = apply(h, made)
    assert again.refused == {}
    assert len(h.requests("create")) == calls


def test_a_deal_that_changes_is_refused_and_no_other(h: House):
    h.source.put(order(1), order(2))
    made = plan(h)
    plain = order(1)
    line = replace(plain.lines[0], quantity=plain.lines[0].quantity + 1)
    h.source.put(replace(plain, lines=(line,)))
    applied = apply(h, made)
    assert written(h) == {"A00002", "inv-D00002"}, "no customer is made for an invoice that is not"
    whys = [why for claim, why in applied.refused.items() if "|invoice|" in claim]
    assert whys == ["what would be written has changed since the plan was made"]
    assert h.standings()["D00001"][0] == "received"
    assert set(applied.refused) == {s.claim for s in made.steps if not any("D00002" in d for d in s.deals)}
    assert apply(h, plan(h)).refused == {}
    assert written(h) == {"A00001", "A00002", "inv-D00001", "inv-D00002"}


def test_a_customer_of_two_deals_is_made_for_the_one_that_stays(h: House):
    h.source.put(order(1), order(2, customer=customer(1)))
    made = plan(h)
    plain = order(1)
    h.source.put(replace(plain, lines=(replace(plain.lines[0], quantity=plain.lines[0].quantity + 1),)))
    apply(h, made)
    assert written(h) == {"A00001", "inv-D00002"}


def test_a_record_that_appears_in_netsuite_refuses_its_step_and_what_needs_it(h: House):
    h.source.put(order(1), order(2))
    made = plan(h)
    h.ns.control.admin(
        "human_create",
        record="customer",
        body={
            "externalId": "A00001",
            "companyName": "Other",
            "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
        },
    )
    applied = apply(h, made)
    assert "inv-D00002" in written(h)
    assert "inv-D00001" not in written(h)
    assert all("1" in claim for claim in applied.refused)
    assert any(
        "NetSuite has changed" in why or "comes to no such step" in why for why in applied.refused.values()
    )


def test_an_item_that_becomes_inactive_refuses_the_deals_that_sell_it(h: House):
    h.source.put(order(1))
    made = plan(h)
    h.ns.control.admin("deactivate_item", id="501")
    h.machine.keeper.mark_stale()
    applied = apply(h, made)
    assert written(h) == set()
    assert set(applied.refused) == {step.claim for step in made.steps}
    assert h.standings()["D00001"][0] == "case"


def test_a_crosswalk_that_changes_refuses_the_invoice(h: House):
    h.source.put(order(1))
    made = plan(h)
    add_crosswalk(h.store, {"P1": "502"})
    applied = apply(h, made)
    assert written(h) == set()
    assert any("|invoice|" in claim for claim in applied.refused)


def test_a_customer_that_was_changed_by_hand_is_not_updated_on_an_old_plan(h: House):
    h.source.put(order(1))
    h.run()
    h.source.put(order(1, customer=MOVED))
    made = plan(h)
    (update,) = [step for step in made.steps if step.action is Action.UPDATE]
    assert any(c.name == "email" and c.after == "new@customer1.example" and c.before for c in update.changes)
    h.ns.control.admin(
        "human_edit", record="customer", id="eid:A00001", fields={"email": "hand@customer1.example"}
    )
    applied = apply(h, made)
    assert applied.refused == {
        update.claim: "NetSuite has changed where this step writes since the plan was made"
    }
    assert [one["fields"]["email"] for one in h.made("customer")] == ["hand@customer1.example"]


def test_a_planned_update_is_made(h: House):
    h.source.put(order(1))
    h.run()
    h.source.put(order(1, customer=MOVED))
    applied = apply(h, plan(h))
    assert applied.refused == {}
    assert [one["fields"]["email"] for one in h.made("customer")] == ["new@customer1.example"]


def test_an_approval_that_is_taken_back_refuses_what_it_was_for(tmp_path: Path):
    rule = Rule("large", "controller", (Condition("deal.name", Operator.EQUALS, (order(1).name,)),))
    with house(tmp_path, policy=replace(policy(), approval_rules=(rule,))) as h:
        people = People(h.machine.context)
        people.put("root", ["admin"], [], "root")
        people.put("bob", ["controller"], [], "root")
        h.source.put(order(1), order(2))
        first = plan(h)
        assert [(one.code, "D00001" in one.deal) for one in first.blocked] == [("approval_required", True)]
        bob = people.named("bob")
        assert bob is not None
        (waiting,) = h.machine.approving.waiting()
        h.machine.approving.decide(waiting.case.id, bob, Choice.APPROVE, waiting.subject.content)
        made = plan(h)
        assert {d for step in made.steps for d in step.deals} == _deals(h)
        with h.store.write("test") as unit:  # bob edits the deal: he is a maker now, and his approval dies
            unit.cases.decide(waiting.case.id, "edit", "bob", "x", "", "", h.clock.now())
        applied = apply(h, made)
        assert "inv-D00001" not in written(h)
        assert "inv-D00002" in written(h)
        assert {"D00002" in claim for claim in applied.refused} == {False}


def _deals(h: House) -> set[str]:
    with h.store.read() as unit:
        return {record.source.record_key for record in unit.records.all()}


@pytest.mark.parametrize(
    "point",
    [
        "before:apply_plan",
        "after:apply_plan",
        "after:send_create",
        "after-response:create_invoice",
        "before:confirm",
    ],
)
def test_a_crash_in_the_middle_of_applying_is_gone_on_from(tmp_path: Path, point: str):
    probe = CrashProbe(point)
    with house(tmp_path, probe=probe) as h:
        h.ns.control.switches({"NS-04": "off"})
        h.source.put(order(1), order(2))
        made = plan(h)
        with pytest.raises(SimulatedCrash):
            apply(h, made)
        h.rebuild(None)
        applied = apply(h, made)
        assert applied.refused == {}
        h.run()
        assert sorted(one["external_id"] for r in ("customer", "invoice") for one in h.made(r)) == sorted(
            ["A00001", "A00002", "inv-D00001", "inv-D00002"]
        )


def test_a_file_says_what_it_was_made_of_and_nobody_changes_it(h: House):
    h.source.put(order(1))
    made = plan(h)
    text = to_text(made)
    assert from_text(text) == made
    with pytest.raises(PlanError, match="changed after it was made"):
        from_text(text.replace("inv-D00001", "inv-D00009"))
    with pytest.raises(PlanError, match="expected a file"):
        from_text("{}")
    with pytest.raises(PlanError, match="the plan is for"):
        h.machine.plans.apply(replace(made, installation="elsewhere"), "ann")
