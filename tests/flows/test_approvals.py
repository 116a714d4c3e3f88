"""A deal that needs an approval waits for it; the approval holds for what was looked at and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.house import House, add_crosswalk, house, policy
from tests.support.script import order

from tieout.domain.approvals import Choice, Principal
from tieout.domain.rules import Condition, Operator, Rule
from tieout.flows.approvals import ApprovalError
from tieout.flows.people import People, PeopleError

LARGE = Rule("large deals", "controller", (Condition("deal.total", Operator.AT_LEAST, ("50",)),))


@pytest.fixture
def h(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, policy=replace(policy(), approval_rules=(LARGE,))) as made:
        people = People(made.machine.context)
        people.put("root", ["admin"], [], "root")
        for name in ("ann", "bob"):
            people.put(name, ["controller"], [], "root")
        yield made


def who(h: House, name: str) -> Principal:
    found = People(h.machine.context).named(name)
    assert found is not None
    return found


def waiting_one(h: House):
    (one,) = h.machine.approving.waiting()
    return one


@pytest.mark.requirement("R71")
def test_nothing_is_written_before_the_approval_and_everything_after_it(h: House):
    h.source.put(order(1))
    h.run()
    assert h.standings() == {"D00001": ("case", "approval_required")}
    assert h.made("customer") == h.made("invoice") == []
    one = waiting_one(h)
    h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.APPROVE, one.subject.content)
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}
    assert len(h.made("invoice")) == 1


def test_a_rejection_is_a_case_that_says_why(h: House):
    h.source.put(order(1))
    h.run()
    one = waiting_one(h)
    with pytest.raises(ApprovalError, match="needs a reason"):
        h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.REJECT, one.subject.content)
    h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.REJECT, one.subject.content, "wrong price")
    h.run()
    assert h.standings() == {"D00001": ("case", "approval_rejected")}
    (view,) = h.cases.open_cases()
    assert "bob rejected it: wrong price" in view.case.finding.found
    assert h.made("invoice") == []


def test_a_deal_that_changes_after_the_approval_needs_another(h: House):
    h.source.put(order(1))
    h.run()
    one = waiting_one(h)
    plain = order(1)
    line = replace(plain.lines[0], quantity=plain.lines[0].quantity + 1)
    h.source.put(replace(plain, lines=(line, *plain.lines[1:])))
    with pytest.raises(ApprovalError, match="changed"):
        h.machine.poll()
        h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.APPROVE, one.subject.content)
    h.run()
    again = waiting_one(h)
    assert again.subject.content != one.subject.content
    assert h.made("invoice") == []


def test_a_crosswalk_that_changes_after_the_look_needs_another_look(h: House):
    h.source.put(order(1))
    h.run()
    one = waiting_one(h)
    add_crosswalk(h.store, {"P1": "502"})
    with pytest.raises(ApprovalError) as caught:
        h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.APPROVE, one.subject.content)
    assert caught.value.code == "content_changed"


@pytest.mark.requirement("R71")
def test_who_edited_a_deal_cannot_approve_it(h: House):
    h.source.put(order(1))
    h.run()
    (view,) = h.cases.open_cases()
    h.cases.edit(view.case.id, {"po_number": "PO-7"}, by="ann", because="typed wrong")
    h.run()
    one = waiting_one(h)
    with pytest.raises(ApprovalError) as caught:
        h.machine.approving.decide(one.case.id, who(h, "ann"), Choice.APPROVE, one.subject.content)
    assert caught.value.code == "own_change"
    h.machine.approving.decide(one.case.id, who(h, "bob"), Choice.APPROVE, one.subject.content)
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}


def test_who_edits_a_deal_after_approving_it_takes_the_approval_back(h: House):
    h.source.put(order(1))
    h.run()
    one = waiting_one(h)
    h.machine.gate.close("held for the test")
    h.machine.approving.decide(one.case.id, who(h, "ann"), Choice.APPROVE, one.subject.content)
    assert h.standings()["D00001"] == ("received", "")
    with h.store.write("test") as unit:
        unit.cases.decide(one.case.id, "edit", "ann", "x", "", "", h.clock.now())
    h.machine.checking.run()
    assert h.standings() == {"D00001": ("case", "approval_required")}


def test_a_key_acts_for_its_owner_and_stops_with_them(h: House):
    people = People(h.machine.context)
    key, secret = people.make_key("ann", ["controller"], [], "robot", "root")
    found = people.who(secret)
    assert found is not None
    assert (found.person, found.through) == ("ann", key.id)
    assert people.who(secret + "x") is people.who("") is None
    people.deactivate("ann", "root")
    assert people.who(secret) is None
    with pytest.raises(PeopleError, match="no role"):
        people.make_key("bob", ["admin"], [], "", "root")


def test_only_an_admin_adds_people_and_nobody_changes_their_own_roles(h: House):
    people = People(h.machine.context)
    with pytest.raises(PeopleError, match="no admin"):
        people.put("eve", ["controller"], [], "ann")
    with pytest.raises(PeopleError, match="their own roles"):
        people.put("root", ["admin", "controller"], [], "root")


def test_a_password_is_kept_as_a_slow_hash(h: House):
    people = People(h.machine.context)
    with pytest.raises(PeopleError, match="at least 12"):
        people.set_password("ann", "short", "root")
    people.set_password("ann", "a long enough one", "root")
    assert people.log_in("ann", "a long enough one") is not None
    assert people.log_in("ann", "another long one") is None
    assert people.log_in("nobody", "a long enough one") is None
    with h.store.read() as unit:
        assert unit.people.password("ann").startswith("$argon2id$")
