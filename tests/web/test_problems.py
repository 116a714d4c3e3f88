"""Every refusal is problem+json with a registered code, says what to do, and holds nothing of ours."""

from __future__ import annotations

import pytest
from tests.support.api import Api
from tests.support.desk import deal

from tieout.flows.approvals import ApprovalError
from tieout.web.problems import MEDIA_TYPE, PROBLEMS, Problem, problem_of

CSV = {"content-type": "text/csv"}
JSON = {"content-type": "application/json"}
REFUSED = [
    ("GET", "/nothing", {}, 404, "not_found"),
    ("GET", "/documents/4711", {}, 404, "not_found"),
    ("GET", "/inputs/4711", {}, 404, "not_found"),
    ("GET", "/cases/4711", {}, 404, "not_found"),
    ("GET", "/traces?id=nothing", {}, 404, "not_found"),
    ("POST", "/sources/nobody/deals", {"json": {"id": "1"}}, 404, "not_found"),
    ("POST", "/cases/4711/assign", {"json": {"to": "ana"}}, 404, "not_found"),
    ("POST", "/cases/4711/ignore", {"json": {"because": "x"}}, 404, "not_found"),
    ("DELETE", "/documents", {}, 405, "method_not_allowed"),
    ("PUT", "/hooks/files", {}, 405, "method_not_allowed"),
    ("GET", "/documents?state=lost", {}, 422, "request_invalid"),
    ("GET", "/documents?limit=0", {}, 422, "request_invalid"),
    ("GET", f"/documents?after={2**63}", {}, 422, "request_invalid"),
    ("GET", "/documents?deal=%00", {}, 422, "request_invalid"),
    ("GET", "/documents/none", {}, 422, "request_invalid"),
    ("GET", "/crosswalks/nothing", {}, 422, "request_invalid"),
    ("GET", "/traces", {}, 422, "request_invalid"),
    ("POST", "/cases/1/assign", {"json": {"to": ""}}, 422, "request_invalid"),
    ("POST", "/cases/1/assign", {"json": {"too": "ana"}}, 422, "request_invalid"),
    ("POST", "/cases/1/assign", {"content": b"{", "headers": JSON}, 400, "body_malformed"),
    ("POST", "/cases/1/assign", {"content": b"[" * 100_000, "headers": JSON}, 400, "body_malformed"),
    ("POST", "/cases/1/assign", {"content": b"to=ana", "headers": CSV}, 415, "media_type_unsupported"),
    ("POST", "/cases/1/assign", {"content": b'{"to": "a\\ud800"}', "headers": JSON}, 422, "request_invalid"),
    ("POST", "/cases/retry", {"json": {"code": "nothing"}}, 422, "request_invalid"),
    ("POST", "/cases/1/redate", {"json": {"day": "soon", "because": "x"}}, 422, "request_invalid"),
    ("POST", "/crosswalks/item", {"content": b"{", "headers": JSON}, 400, "body_malformed"),
    ("POST", "/crosswalks/item", {"content": b"{}", "headers": JSON}, 422, "request_invalid"),
    (
        "POST",
        "/crosswalks/item",
        {"content": b"x", "headers": {"content-type": "a/b"}},
        415,
        "media_type_unsupported",
    ),
    ("POST", "/plans/apply", {"content": b"{}", "headers": JSON}, 422, "plan_unusable"),
    ("POST", "/plans/apply", {"content": b"[1]", "headers": JSON}, 422, "plan_unusable"),
    (
        "POST",
        "/plans/apply",
        {"content": b'{"digest": 1, "a": "\\ud800"}', "headers": JSON},
        422,
        "plan_unusable",
    ),
    ("POST", "/plans/apply", {"content": b"\xff", "headers": JSON}, 422, "plan_unusable"),
    ("POST", "/plans/apply", {"content": b"[" * 100_000, "headers": JSON}, 422, "plan_unusable"),
    ("POST", "/sources/files/deals", {"content": b"", "headers": JSON}, 422, "nothing_received"),
    ("POST", "/sources/files/deals", {"content": b"[1]", "headers": JSON}, 422, "nothing_received"),
    ("POST", "/sources/files/deals", {"content": b"x", "headers": CSV}, 415, "media_type_unsupported"),
    ("POST", "/approvals/1/approve", {"json": {"content": "x"}}, 409, "nothing_waits"),
    ("POST", "/approvals/1/reject", {"json": {"content": "x", "because": ""}}, 422, "request_invalid"),
    ("GET", "/audit/verify?head=xyz", {}, 422, "request_invalid"),
    ("POST", "/hooks/files", {"content": b"[]"}, 404, "not_found"),
    (
        "POST",
        "/cases/1/retry",
        {"json": {}, "headers": {"idempotency-key": "a b"}},
        400,
        "idempotency_key_malformed",
    ),
]


@pytest.mark.parametrize(("method", "path", "more", "status", "code"), REFUSED)
def test_what_is_refused_is_told_in_one_way(shared: Api, method, path, more, status, code):
    answer = shared.ask(method, path, **more)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert answer.headers["content-type"] == MEDIA_TYPE
    kind = PROBLEMS[code]
    full = path if path.startswith("/hooks") else f"/api/v1{path}"
    assert {name: told[name] for name in ("type", "title", "status", "instance", "remedy")} == {
        "type": f"urn:tieout:problem:{code}",
        "title": kind.title,
        "status": status,
        "instance": full.partition("?")[0],
        "remedy": kind.remedy,
    }
    assert told["detail"]
    assert "Traceback" not in answer.text
    if code == "method_not_allowed":
        assert answer.headers["allow"]


def test_each_place_that_is_wrong_is_named(shared: Api):
    told = shared.ask("POST", "/cases/1/redate", json={"day": "soon", "becuase": "x"}).json()
    assert [(one["where"], one["found"]) for one in told["errors"]] == [
        ("body.day", "'soon'"),
        ("body.because", "{'day': 'soon', 'becuase': 'x'}"),
        ("body.becuase", "'x'"),
    ]


def test_a_body_that_is_too_large_is_refused_whether_its_length_is_told_or_not(shared: Api):
    limit = shared.application.loaded.settings.web.body_limit_bytes
    for content in (b"x" * (limit + 1), (b"x" * 1024**2 for _ in range(limit // 1024**2 + 1))):
        answer = shared.ask("POST", "/sources/files/deals", content=content, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_fault_of_ours_says_nothing_of_itself(api: Api, monkeypatch):
    from tieout.web import audit

    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(audit, "verify", broken)
    answer = api.ask("GET", "/audit/verify")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_netsuite_that_does_not_answer_is_no_fault_of_ours(api: Api):
    api.post("/sources/files/deals", deal(1, lines=[{**deal(1)["lines"][0], "amount": "2500.00"}]), code=202)
    api.desk.control.faults({"kind": "html_502", "match": {"operation": "suiteql"}, "times": 1000})
    answer = api.ask("POST", "/plans")
    assert (answer.status_code, answer.json()["code"]) == (503, "outside_unavailable")
    assert answer.headers["retry-after"] == "30"


def test_every_code_an_approval_is_refused_with_is_registered():
    codes = (
        "content_changed",
        "own_change",
        "role_missing",
        "other_subsidiary",
        "not_asked",
        "nothing_waits",
    )
    for code in (*codes, "reason_missing"):
        found = problem_of(ApprovalError(code, "x"))
        assert isinstance(found, Problem)
        assert found.status == PROBLEMS[code].status


def test_webhooks_and_readiness_are_answered_while_every_other_request_waits(api: Api, monkeypatch):
    import threading

    from tieout.web import audit

    go_on, waiting = threading.Event(), []

    def held(*_: object) -> None:
        waiting.append(1)
        go_on.wait(30)
        raise RuntimeError("enough")

    monkeypatch.setattr(audit, "verify", held)
    threads = [threading.Thread(target=api.ask, args=("GET", "/audit/verify")) for _ in range(8)]
    for thread in threads:
        thread.start()
    while len(waiting) < len(threads):
        threading.Event().wait(0.05)
    assert api.get("/readyz", by=None)["ready"]
    assert api.ask("POST", "/hooks/files", by=None, content=b"[]").status_code == 404
    assert api.ask("GET", "/metrics").status_code == 200
    go_on.set()
    for thread in threads:
        thread.join(30)


def test_who_waits_too_long_for_another_that_reads_netsuite_is_told_to_come_again(api: Api, monkeypatch):
    from tieout.web import door

    monkeypatch.setattr(door, "_PATIENCE_SECONDS", 0.2)
    with api.door._reading:
        answer = api.ask("GET", "/approvals")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "outside_unavailable",
        "30",
    )
    assert api.ask("GET", "/approvals").status_code == 200
