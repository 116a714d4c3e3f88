"""Idempotency keys: done at most once, the first answer again, and what is said when neither can be."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from tests.support.api import Api, open_api
from tests.support.desk import deal, open_desk
from tests.support.house import START

from tieout.runner.clock import ManualClock

KEY = {"idempotency-key": "6f1c-1"}


class Crash(Exception):
    """The process is gone between one step and the next."""


class CrashAt:
    """Ends the request at a point, as often as it is armed for."""

    def __init__(self) -> None:
        self.point = ""

    def hit(self, point: str) -> None:
        if point == self.point:
            self.point = ""
            raise Crash(point)


@pytest.fixture
def probe() -> CrashAt:
    return CrashAt()


@pytest.fixture
def timed(tmp_path, probe):
    """An API whose clock is moved by hand, with one open case."""
    with open_desk(tmp_path / "desk") as desk:
        clock = ManualClock(START)
        # The account's clock must not run away from one that stands: logins would be from the past.
        desk.control.clock(t0=START.isoformat(), r0=time.time(), scale=1)
        with open_api(desk, probe, clock=clock) as made:
            yield made, clock


def decisions(api: Api, case: int) -> list[tuple[str, str]]:
    return [(one["action"], one["by"]) for one in api.get(f"/cases/{case}")["decisions"]]


def open_case(api: Api) -> int:
    line = {**deal(1)["lines"][0], "product": {"id": "P9"}}
    api.post("/sources/files/deals", deal(1, lines=[line]), code=202)
    api.application.machine.poll()
    api.application.machine.checking.run()
    (case,) = api.get("/cases")["items"]
    return int(case["id"])


def assign(api: Api, case: int, to: str = "ana", **more: Any):
    return api.ask(
        "POST", f"/cases/{case}/assign", json={"to": to}, headers={**KEY, **more.pop("headers", {})}, **more
    )


def test_the_first_answer_is_given_again_byte_for_byte_and_nothing_is_done_again(timed):
    api, _ = timed
    case = open_case(api)
    first, second = assign(api, case), assign(api, case)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert second.headers["content-type"] == first.headers["content-type"]
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (
        False,
        "true",
    )
    assert decisions(api, case) == [("assign", "otto")]
    assert api.ask("POST", f"/cases/{case}/assign", json={"to": "ana"}).status_code == 200
    assert decisions(api, case) == [("assign", "otto")] * 2


def test_a_refusal_is_an_answer_too(timed):
    api, _ = timed
    case = open_case(api)
    api.post(f"/cases/{case}/ignore", {"because": "billed elsewhere"})
    first, second = assign(api, case), assign(api, case)
    assert first.status_code == 409
    assert (second.status_code, second.content) == (409, first.content)
    assert second.headers["content-type"] == "application/problem+json"


def test_a_key_with_another_request_is_refused(timed):
    api, _ = timed
    case = open_case(api)
    assign(api, case)
    for answer in (
        assign(api, case, "bob"),
        api.ask("POST", f"/cases/{case}/retry", json={"because": ""}, headers=KEY),
        api.ask("POST", f"/cases/{case}/assign?x=1", json={"to": "ana"}, headers=KEY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert decisions(api, case) == [("assign", "otto")]


def test_keys_of_different_api_keys_are_different_keys(timed):
    api, _ = timed
    case = open_case(api)
    assert assign(api, case).status_code == assign(api, case, by="root").status_code == 200
    assert decisions(api, case) == [("assign", "otto"), ("assign", "root")]


def test_a_role_that_was_taken_away_is_missed_before_an_answer_is_given_again(timed):
    from tieout.flows.people import People

    api, _ = timed
    case = open_case(api)
    assign(api, case)
    People(api.application.machine.context).put("otto", ["viewer"], [], "root")
    assert assign(api, case).json()["code"] == "role_missing"


def test_a_request_that_was_not_understood_leaves_its_key_free(timed):
    api, _ = timed
    case = open_case(api)
    wrong = api.ask("POST", f"/cases/{case}/assign", json={"too": "ana"}, headers=KEY)
    assert wrong.json()["code"] == "request_invalid"
    assert assign(api, case).status_code == 200


def test_answers_are_forgotten_after_their_time(timed):
    api, clock = timed
    case = open_case(api)
    assign(api, case)
    clock.advance(timedelta(hours=23, minutes=59))
    assert assign(api, case).headers["idempotency-replayed"] == "true"
    clock.advance(timedelta(minutes=2))
    assert "idempotency-replayed" not in assign(api, case).headers
    assert decisions(api, case) == [("assign", "otto")] * 2


def test_a_request_that_is_still_running_is_not_begun_again(timed, monkeypatch):
    from tieout.flows.case_work import CaseWork

    api, _ = timed
    case = open_case(api)
    begun, go_on, real = threading.Event(), threading.Event(), CaseWork.assign

    def slow(self: CaseWork, *words: Any) -> None:
        begun.set()
        assert go_on.wait(20)
        real(self, *words)

    monkeypatch.setattr(CaseWork, "assign", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(assign(api, case)))
    thread.start()
    assert begun.wait(20)
    meanwhile = assign(api, case)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_running")
    assert meanwhile.headers["retry-after"] == "5"
    go_on.set()
    thread.join(20)
    assert [one.status_code for one in answers] == [200]
    assert assign(api, case).content == answers[0].content
    assert decisions(api, case) == [("assign", "otto")]


def crash(api: Api, probe: CrashAt, point: str, case: int) -> None:
    """The request dies at a point, and with it whatever would have come after."""
    probe.point = point
    answer = assign(api, case)
    assert answer.status_code == 500
    assert probe.point == ""


@pytest.fixture
def dead(monkeypatch):
    """A process that is gone neither frees a key nor keeps an answer."""
    from tieout.web import guard

    def nothing(*_: Any, **__: Any) -> None:
        """Nothing: there is nobody."""

    monkeypatch.setattr(guard, "_end", nothing)
    return monkeypatch


def test_after_a_crash_before_the_effect_it_is_done_when_asked_for_again(timed, probe, dead):
    api, clock = timed
    case = open_case(api)
    crash(api, probe, "before:case_assign", case)
    assert decisions(api, case) == []
    assert assign(api, case).json()["code"] == "idempotency_running"
    clock.advance(timedelta(minutes=3))
    dead.undo()
    assert assign(api, case).status_code == 200
    assert decisions(api, case) == [("assign", "otto")]
    assert assign(api, case).headers["idempotency-replayed"] == "true"


def test_after_a_crash_between_effect_and_answer_nothing_is_done_again_and_that_is_said(timed, probe, dead):
    api, clock = timed
    case = open_case(api)
    crash(api, probe, "after:case_assign", case)
    dead.undo()
    assert decisions(api, case) == [("assign", "otto")]
    clock.advance(timedelta(minutes=3))
    for _ in range(2):
        again = assign(api, case)
        assert (again.status_code, again.json()["code"]) == (409, "idempotency_answer_lost")
    assert decisions(api, case) == [("assign", "otto")]


def test_an_execution_that_was_given_up_cannot_take_effect_beside_its_successor(timed, monkeypatch):
    from tieout.flows.case_work import CaseWork

    api, clock = timed
    case = open_case(api)
    begun, go_on, real, slow_once = threading.Event(), threading.Event(), CaseWork.assign, [True]

    def slow(self: CaseWork, *words: Any) -> None:
        if slow_once:
            slow_once.clear()
            begun.set()
            assert go_on.wait(20)
        real(self, *words)

    monkeypatch.setattr(CaseWork, "assign", slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(assign(api, case)))
    thread.start()
    assert begun.wait(20)
    clock.advance(timedelta(minutes=3))
    second = assign(api, case)
    assert second.status_code == 200
    go_on.set()
    thread.join(20)
    assert [one.json()["code"] for one in answers] == ["idempotency_running"]
    assert decisions(api, case) == [("assign", "otto")]
    assert assign(api, case).content == second.content


def test_a_crosswalk_a_deal_a_plan_and_an_approval_are_effects_too(timed):
    api, _ = timed
    rows = {"rows": [{"system": "files", "key": "P7", "target": "501"}]}
    for path, body in (("/crosswalks/item", rows), ("/sources/files/deals", deal(7)), ("/plans", None)):
        headers = {"idempotency-key": path}
        first = (
            api.ask("POST", path, json=body, headers=headers)
            if body
            else api.ask("POST", path, headers=headers)
        )
        second = (
            api.ask("POST", path, json=body, headers=headers)
            if body
            else api.ask("POST", path, headers=headers)
        )
        assert first.status_code < 300, first.text
        assert second.content == first.content
    assert len(api.get("/crosswalks/item/history?key=P7")["rows"]) == 1
