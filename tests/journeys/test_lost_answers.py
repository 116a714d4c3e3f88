"""Whatever happens to a call or its answer, there is one record in the end. NetSuite's own uniqueness of
external ids is off, so nothing but the protocol keeps it so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.crash_scenarios import until
from tests.support.house import House, house
from tests.support.script import customer, order

from tieout.domain.policy import HandOff
from tieout.flows.context import Limits

#: what is done about an answer is decided by states; that both stores keep them, the crash points show
pytestmark = pytest.mark.own_store

#: fault → outcomes its document's attempts must show, beside the intent
QUICK: dict[str, set[str]] = {
    "error_500": {"in_doubt"},
    "commit_500": {"in_doubt", "found"},
    "html_502": {"in_doubt"},
    "commit_html_502": {"in_doubt", "found"},
    "reset": {"in_doubt"},
    "commit_reset": {"in_doubt", "found"},
    "cut_answer": {"in_doubt", "found"},
    "missing_location": {"in_doubt", "found"},
    "throttle": {"throttled"},
    "unauthorized": set(),
    "slow": set(),
    "maintenance": {"paused"},
}
#: these hold the connection until our total deadline ends the call: two real seconds each
SLOW: dict[str, set[str]] = {
    "hang": {"in_doubt"},
    "commit_hang": {"in_doubt", "found"},
    "commit_late": {"in_doubt", "found"},
    "drip": {"in_doubt", "found"},
}


def outcomes_of(h: House, name: str) -> list[str]:
    document = h.documents()[name]
    with h.store.read() as unit:
        return [attempt["outcome"] for attempt in unit.journal.attempts_of(document.id)]


def one_of_each(h: House) -> None:
    h.advance(timedelta(seconds=900))  # whatever NetSuite was still working on is done by then
    assert len(h.made("customer")) == 1
    assert len(h.made("invoice")) == 1
    assert h.standings() == {"D00001": ("confirmed", "")}
    assert h.case_codes() == []
    with h.store.read() as unit:
        assert unit.mappings.paused(h.machine.context.netsuite.account) is None


def arm(h: House, kind: str, record: str, **more: Any) -> None:
    match = {"operation": "create", "record": record}
    h.ns.control.switches({"NS-04": "off"})
    h.ns.control.faults({"kind": kind, "match": match, "delay_seconds": 0.2, **more})


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("record", ["customer", "invoice"])
@pytest.mark.parametrize("kind", QUICK)
def test_one_record_whatever_the_answer(kind: str, record: str, tmp_path: Path):
    with house(tmp_path) as h:
        arm(h, kind, record)
        h.source.put(order(1))
        h.run()
        one_of_each(h)
        name = "A00001" if record == "customer" else "inv-D00001"
        assert QUICK[kind] <= set(outcomes_of(h, name))
        assert h.documents()[name].attempts == (2 if QUICK[kind] == {"in_doubt"} else 1)


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("kind", SLOW)
def test_one_record_when_no_answer_comes_in_time(kind: str, tmp_path: Path):
    with house(tmp_path, deadline_seconds=2) as h:
        arm(h, kind, "invoice", **({"delay_seconds": 600} if kind == "commit_late" else {}))
        h.source.put(order(1))
        h.run()
        one_of_each(h)
        assert SLOW[kind] <= set(outcomes_of(h, "inv-D00001"))


@pytest.mark.requirement("R20")
def test_a_commit_at_the_end_of_netsuites_limit_is_still_found(tmp_path: Path):
    with house(tmp_path, deadline_seconds=2) as h:
        arm(h, "commit_late", "invoice", delay_seconds=0.95 * 900)
        h.source.put(order(1))
        h.run()
        one_of_each(h)
        assert len(h.requests("create", "invoice")) == 1


@pytest.mark.requirement("R17", "R20")
def test_every_attempt_looks_up_first_and_is_logged(tmp_path: Path):
    with house(tmp_path) as h:
        arm(h, "reset", "invoice", times=2)
        h.source.put(order(1))
        h.run()
        one_of_each(h)
        document = h.documents()["inv-D00001"]
        with h.store.read() as unit:
            attempts = unit.journal.attempts_of(document.id)
        assert [a["outcome"] for a in attempts] == [
            "intent",
            "in_doubt",
            "intent",
            "in_doubt",
            "intent",
            "done",
        ]
        assert {a["external_id"] for a in attempts} == {"inv-D00001"}
        assert attempts[-1]["status"] == 204
        log = h.ns.control.log()
        creates = [one["n"] for one in log if one["operation"] == "create" and one["record"] == "invoice"]
        looks = [
            one["n"] for one in log if one["operation"] == "suiteql" and "inv-D00001" in str(one["body"])
        ]
        for create in creates:
            assert any(look < create for look in looks)
        between = [n for n in looks if creates[0] < n < creates[1]]
        assert len(between) > 3, "in doubt, it looks at growing intervals before it sends again"
        # never PUT, never PATCH, to make something
        assert {one["method"] for one in log if one["operation"] in {"create", "update"}} == {"POST"}


@pytest.mark.requirement("R20")
def test_the_budget_of_attempts_ends_in_a_case(tmp_path: Path):
    with house(tmp_path, limits=Limits(max_attempts=3)) as h:
        arm(h, "reset", "invoice", times=50)
        h.source.put(order(1))
        h.run(rounds=2000)
        assert h.standings() == {"D00001": ("case", "attempts_exhausted")}
        assert len(h.requests("create", "invoice")) == 3
        h.ns.control.clear_faults()
        h.cases.retry(h.cases.open_cases()[0].case.id, by="ann")
        h.run()
        one_of_each(h)


@pytest.mark.parametrize("kind", ["reset", "commit_reset", "commit_500", "throttle"])
def test_a_transform_is_done_once(kind: str, tmp_path: Path):
    with house(tmp_path, handoff=HandOff.SALES_ORDER) as h:
        h.ns.control.switches({"NS-04": "off"})
        h.ns.control.faults({"kind": kind, "match": {"operation": "transform"}})
        h.source.put(order(1))
        h.run()
        one_of_each(h)
        assert len(h.made("salesOrder")) == 1


@pytest.mark.parametrize("kind", ["reset", "commit_reset", "error_500", "throttle"])
def test_a_change_arrives_once_and_in_full(kind: str, tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        h.run()
        h.ns.control.faults({"kind": kind, "match": {"operation": "update"}})
        h.source.put(order(1, customer=customer(1, email="new@customer1.example", phone="+1 555 0100")))
        h.run()
        one_of_each(h)
        made = h.made("customer")[0]["fields"]
        assert (made["email"], made["phone"]) == ("new@customer1.example", "+1 555 0100")


@pytest.mark.parametrize("kind", ["error_500", "html_502", "throttle", "reset", "slow", "cut_answer"])
def test_reads_that_fail_are_repeated(kind: str, tmp_path: Path):
    with house(tmp_path) as h:
        for skip in (0, 9, 12):
            fault = {"kind": kind, "match": {"operation": "suiteql"}, "skip": skip, "delay_seconds": 0.1}
            h.ns.control.faults(fault)
        h.source.put(order(1))
        h.run()
        one_of_each(h)


def test_a_token_request_without_answer_means_that_nothing_was_sent(tmp_path: Path):
    with house(tmp_path) as h:
        h.source.put(order(1))
        h.run()
        h.ns.control.admin("revoke_tokens")
        h.ns.control.faults({"kind": "reset", "match": {"operation": "token"}, "times": 3})
        h.source.put(order(2))
        h.run()
        assert h.standings()["D00002"] == ("confirmed", "")
        assert "in_doubt" not in outcomes_of(h, "inv-D00002")


@pytest.mark.requirement("R20")
def test_a_call_whose_sender_died_is_in_doubt_never_ready(tmp_path: Path):
    with house(tmp_path, deadline_seconds=2) as h:
        arm(h, "commit_late", "invoice", delay_seconds=600)
        h.source.put(order(1))
        until("inv-D00001", "cleared")(h)
        call = h.machine.sending.next_wave(1)[0]
        h.machine.sending.deliver(call)  # and whoever made the call dies with the answer
        h.run()
        one_of_each(h)
        assert "in_doubt" in outcomes_of(h, "inv-D00001")
