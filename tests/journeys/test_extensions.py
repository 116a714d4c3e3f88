"""One more currency or subsidiary for a customer: planned, shown, made once — or a case that says how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.crash_scenarios import until
from tests.support.house import House, dataset, house, policy
from tests.support.script import customer, order

from tieout.domain.extensions import Extends
from tieout.domain.ids import InternalId
from tieout.domain.plans import Action

ACME = customer(1)
GERMAN = replace(ACME, billing=replace(ACME.billing, country="DE"))
LEGACY = {
    "id": "4711",
    "companyName": "CUSTOMER 1",
    "url": "https://customer1.example",
    "externalId": "C-77",
    "subsidiary": {"id": "1"},
    "currency": {"id": "1"},
}


@contextmanager
def extending(folder: Path, *allowed: Extends, legacy: bool = False, role: str = "") -> Iterator[House]:
    data = dataset()
    if legacy:
        data["customers"].append(LEGACY)
    decided = replace(policy(), extend=frozenset(allowed), links_need_role=role)
    with house(folder, data=data, policy=decided) as h:
        yield h


def second(**changes: Any):
    """A second deal of the first customer."""
    return order(2, **{"customer": ACME, **changes})


def currencies(h: House, customer_id: str) -> list[str]:
    found = next(one for one in h.ns.control.truth("customer") if one["id"] == customer_id)
    return sorted(line["currency"] for line in found["lines"]["currencyList"])


def relationships(h: House, customer_id: str) -> list[str]:
    rows = h.ns.control.truth("customerSubsidiaryRelationship")
    return sorted(one["fields"]["subsidiary"] for one in rows if one["fields"]["entity"] == customer_id)


def confirmed_first(h: House) -> str:
    h.source.put(order(1))
    h.run()
    assert h.standings() == {"D00001": ("confirmed", "")}
    return str(h.made("customer")[0]["id"])


def test_without_a_policy_another_currency_is_a_case_that_names_the_way_out(tmp_path: Path):
    with extending(tmp_path) as h:
        ours = confirmed_first(h)
        h.source.put(second(currency="EUR"))
        h.run()
        assert h.standings()["D00002"] == ("case", "currency_not_enabled")
        finding = h.cases.open_cases()[0].case.finding
        assert finding.expected == (
            f"EUR enabled on NetSuite customer {ours} (netsuite.customers.extend does not name currencies)"
        )
        assert currencies(h, ours) == ["1"]
        assert h.requests("update") == []
        h.cases.extend(h.cases.open_cases()[0].case.id, "ann", "they pay in euros now")
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert currencies(h, ours) == ["1", "2"]


@pytest.mark.requirement("R17")
def test_a_currency_is_added_once_before_the_invoice_and_nothing_else_changes(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        ours = confirmed_first(h)
        before = h.made("customer")[0]
        h.source.put(second(currency="EUR"), order(3, customer=ACME, currency="EUR"))
        h.run()
        assert {one[0] for one in h.standings().values()} == {"confirmed"}
        assert currencies(h, ours) == ["1", "2"]
        assert len(h.requests("update", "customer")) == 1
        [after] = h.made("customer")
        assert after["fields"] == before["fields"]
        assert [one["fields"]["currency"] for one in h.made("invoice")] == ["1", "2", "2"]
        order_of = [one["record"] for one in h.ns.control.log() if one["operation"] in {"create", "update"}]
        assert order_of[-3:] == ["customer", "invoice", "invoice"]


@pytest.mark.requirement("R17")
def test_a_subsidiary_is_a_relationship_of_its_own(tmp_path: Path):
    with extending(tmp_path, Extends.SUBSIDIARIES) as h:
        ours = confirmed_first(h)
        h.source.put(second(customer=GERMAN))
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert relationships(h, ours) == ["2"]
        assert [one["fields"]["subsidiary"] for one in h.made("invoice")] == ["1", "2"]
        h.source.put(order(3, customer=GERMAN))
        h.run()
        assert relationships(h, ours) == ["2"], "related already"


def test_a_subsidiary_without_a_policy_is_a_case(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        ours = confirmed_first(h)
        h.source.put(second(customer=GERMAN))
        h.run()
        assert h.standings()["D00002"] == ("case", "customer_subsidiary_mismatch")
        assert relationships(h, ours) == []


def test_a_plan_shows_an_extension_field_by_field_and_its_world(tmp_path: Path):
    with extending(tmp_path, *Extends) as h:
        ours = confirmed_first(h)
        h.source.put(second(customer=GERMAN, currency="EUR"))
        h.machine.poll()
        made = h.machine.plans.make("ann")
        steps = [step for step in made.steps if step.kind == "extend_customer"]
        assert [step.action for step in steps] == [Action.UPDATE, Action.UPDATE]
        shown = {(c.name, c.before, c.after) for step in steps for c in step.changes}
        assert shown == {("currencies", "1", "1, 2 (EUR)"), ("subsidiaries", "1", "1, 2 (Northwind GmbH)")}
        invoice = next(step for step in made.steps if step.external_id == "inv-D00002")
        assert {step.claim for step in steps} < set(invoice.needs)
        assert currencies(h, ours) == ["1"]
        lines = {"items": [{"currency": {"id": "3"}}]}
        h.ns.control.admin("human_edit", record="customer", id=ours, fields={"currencyList": lines})
        applied = h.machine.plans.apply(made, "ann")
        assert steps[0].claim in applied.refused, "the customer has another list of currencies now"
        again = h.machine.plans.make("ann")
        assert h.machine.plans.apply(again, "ann").refused == {}
        h.run()
        assert currencies(h, ours) == ["1", "2", "3"], "nothing a person added is lost"


@pytest.mark.parametrize("fault", ["commit_reset", "reset"])
@pytest.mark.parametrize(
    ("deal", "operation", "record"),
    [
        (second(currency="EUR"), "update", "customer"),
        (second(customer=GERMAN), "create", "customerSubsidiaryRelationship"),
    ],
    ids=["currency", "subsidiary"],
)
@pytest.mark.requirement("R20")
def test_an_extension_without_an_answer_is_read_before_it_is_made_again(
    tmp_path: Path, deal, operation: str, record: str, fault: str
):
    with extending(tmp_path, *Extends) as h:
        ours = confirmed_first(h)
        h.ns.control.faults({"kind": fault, "match": {"operation": operation, "record": record}, "times": 1})
        h.source.put(deal)
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert (currencies(h, ours), relationships(h, ours)) in [(["1", "2"], []), (["1"], ["2"])]
        asked = h.requests(operation, record)
        assert sum(one["committed"] for one in asked) == 1
        assert len(asked) == (1 if fault == "commit_reset" else 2)


def test_what_somebody_else_has_added_meanwhile_is_not_written_again(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        ours = confirmed_first(h)
        h.source.put(second(currency="EUR"))
        h.machine.poll()
        h.machine.checking.run()
        lines = {"items": [{"currency": {"id": "2"}}]}
        h.ns.control.admin("human_edit", record="customer", id=ours, fields={"currencyList": lines})
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert h.requests("update") == []


def test_a_customer_that_is_not_ours_any_more_is_not_extended(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        ours = confirmed_first(h)
        h.source.put(second(currency="EUR"))
        h.machine.poll()
        h.machine.checking.run()
        taken = {"custentity_tieout_installation": "somebody"}
        h.ns.control.admin("human_edit", record="customer", id=ours, fields=taken)
        h.run()
        assert h.case_codes() == ["other_installation"]
        assert currencies(h, ours) == ["1"]
        assert h.standings()["D00002"] == ("case", "other_installation")


def test_a_second_currency_waits_for_the_customer_that_is_being_written(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        h.source.put(order(1), second(currency="EUR"))
        h.run()
        assert {one[0] for one in h.standings().values()} == {"confirmed"}
        [ours] = h.made("customer")
        assert currencies(h, ours["id"]) == ["1", "2"]


def test_a_deal_that_changes_its_currency_before_anything_left_extends_nothing(tmp_path: Path):
    with extending(tmp_path, Extends.CURRENCIES) as h:
        h.source.put(order(1))
        until("A00001", "ready")(h)
        h.source.put(order(1, currency="EUR"))
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        [ours] = h.made("customer")
        assert currencies(h, ours["id"]) == ["2"]
        assert h.requests("update") == []


@pytest.mark.requirement("R16", "R21")
def test_a_linked_customer_is_extended_by_decision_alone(tmp_path: Path):
    with extending(tmp_path, *Extends, legacy=True) as h:
        h.source.put(order(1, currency="EUR"))
        h.machine.poll()
        h.machine.customers.link("A00001", InternalId("4711"), "ann", "same")
        h.run()
        assert h.standings() == {"D00001": ("case", "currency_not_enabled")}, (
            "policy is about our own customers"
        )
        [view] = h.cases.open_cases()
        assert "by decision only" in view.case.finding.expected
        assert h.cases.extend(view.case.id, "ann", "they pay in euros now") is True
        h.run()
        assert h.standings() == {"D00001": ("confirmed", "")}
        assert currencies(h, "4711") == ["1", "2"]
        theirs = next(one for one in h.ns.control.truth("customer") if one["id"] == "4711")
        assert theirs["external_id"] == "C-77"
        assert theirs["fields"]["companyName"] == "CUSTOMER 1"


def test_an_extension_by_decision_waits_for_an_approver_where_one_is_asked_for(tmp_path: Path):
    with extending(tmp_path, role="controller") as h:
        ours = confirmed_first(h)
        h.source.put(second(currency="EUR"))
        h.run()
        [view] = h.cases.open_cases()
        assert h.cases.extend(view.case.id, "ann", "they pay in euros now") is False
        h.run()
        assert h.standings()["D00002"] == ("case", "currency_not_enabled")
        assert currencies(h, ours) == ["1"]
        [waiting] = h.machine.customers.book().waiting
        assert (waiting.evidence, waiting.seen) == ("currencies 2", "currencies: EUR")


def test_other_cases_are_not_ended_by_extending(tmp_path: Path):
    with extending(tmp_path) as h:
        h.source.put(order(1, lines=0))
        h.run()
        [view] = h.cases.open_cases()
        with pytest.raises(
            Exception, match="is lines_missing; a customer is extended for currency_not_enabled or"
        ):
            h.cases.extend(view.case.id, "ann", "x")
