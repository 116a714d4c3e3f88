"""The kit's server under a tiny app: answers, faults, slots, clock and control API."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tieout.emulators.kit.app import EmulatorApp
from tieout.emulators.kit.client import ControlError
from tieout.emulators.kit.clock import EmulatorClock
from tieout.emulators.kit.faults import FaultBook
from tieout.emulators.kit.http import Exchange, Json, Operation, Request, Response, json_response
from tieout.emulators.kit.rules import Rule
from tieout.emulators.kit.running import Emulator

T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Notes(EmulatorApp):
    """POST /notes keeps a note; GET /notes lists them."""

    system = "notes"

    def __init__(self, clock: EmulatorClock | None = None) -> None:
        super().__init__([Rule("X-01", "notes have text", "test", "inferred", "none")], clock)
        self.notes: list[Json] = []

    def classify(self, request: Request) -> Operation:
        if request.method == "POST":
            return Operation("create", "note", request.json_object.get("externalId"), write=True)
        return Operation("list", "note")

    def admit(self, exchange: Exchange, in_flight: int) -> Response | None:
        limit = self.config["concurrency"]
        return json_response(429, {"slow": "down"}) if limit is not None and in_flight > limit else None

    def handle(self, exchange: Exchange) -> Response:
        if exchange.request.method == "POST":
            self.notes.append(dict(exchange.request.json))
            exchange.committed, exchange.record_id = True, str(len(self.notes))
            return Response(204, headers=[("Location", f"/notes/{len(self.notes)}")])
        return json_response(200, self.notes)

    def fault_answer(self, kind: str, exchange: Exchange) -> Response:
        return json_response({"throttle": 429, "unauthorized": 401}.get(kind, 500), {"fault": kind})

    def load(self, dataset: Json) -> None:
        self.notes = list(dataset["notes"])

    def truth(self) -> list[Json]:
        return [{"record": "note", "id": str(i), **note} for i, note in enumerate(self.notes, 1)]

    def admin(self, action: str, arguments: Json) -> Json:
        raise ValueError(f"no action {action}")

    def dump(self) -> Json:
        return {"notes": self.notes}

    def restore(self, state: Json) -> None:
        self.notes = list(state["notes"])

    def holds_slot_after_client_left(self) -> bool:
        return True


@pytest.fixture
def notes() -> Iterator[Emulator]:
    with Emulator(Notes(EmulatorClock(T0, frozen=True))) as running:
        yield running


def send(running: Emulator, method: str, body: Any = None, timeout: float = 0.4) -> tuple[int, bytes]:
    port = int(running.base_url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, "/notes", None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def kept(running: Emulator) -> int:
    return len(running.control.truth())


def test_keep_alive_answers_many_requests_on_one_connection(notes: Emulator) -> None:
    port = int(notes.base_url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    for n in range(50):
        connection.request("POST", "/notes", json.dumps({"externalId": f"n{n}"}))
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.getheader("Location")) == (204, b"", f"/notes/{n + 1}")
    connection.close()
    assert kept(notes) == 50
    assert notes.control.stats()["creates_ok"] == 50


@pytest.mark.parametrize(
    ("kind", "outcome", "committed"),
    [
        ("hang", TimeoutError, 0),
        ("commit_hang", TimeoutError, 1),
        ("error_500", 500, 0),
        ("commit_500", 500, 1),
        ("html_502", 502, 0),
        ("commit_html_502", 502, 1),
        ("reset", ConnectionResetError, 0),
        ("commit_reset", ConnectionResetError, 1),
        ("drip", TimeoutError, 1),
        ("throttle", 429, 0),
        ("unauthorized", 401, 0),
        ("maintenance", 500, 0),
    ],
)
def test_a_fault_shows_its_own_face_and_commits_or_not(
    notes: Emulator, kind: str, outcome: int | type[Exception], committed: int
) -> None:
    notes.control.faults({"kind": kind, "match": {"operation": "create", "external_id": "a"}})
    if isinstance(outcome, int):
        assert send(notes, "POST", {"externalId": "a"})[0] == outcome
    else:
        with pytest.raises(outcome):
            send(notes, "POST", {"externalId": "a"})
    assert kept(notes) == committed
    assert notes.control.armed()[0]["hits"] == 1
    assert send(notes, "POST", {"externalId": "a"})[0] == 204, "the fault was armed for one request"
    assert notes.control.log()[0]["fault"] == kind


def test_a_cut_answer_was_committed_and_ends_in_mid_sentence(notes: Emulator) -> None:
    notes.control.faults({"kind": "cut_answer"})
    port = int(notes.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
        raw.sendall(b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        received = raw.recv(1000)
        assert raw.recv(1000) == b""
    assert received.startswith(b"HTTP/1.1 204")
    assert b"\r\n\r\n" not in received
    assert kept(notes) == 1


def test_commit_late_commits_after_the_client_has_gone(notes: Emulator) -> None:
    notes.control.faults({"kind": "commit_late", "delay_seconds": 300})
    with pytest.raises(TimeoutError):
        send(notes, "POST", {"externalId": "late"})
    assert kept(notes) == 0
    notes.control.clock(advance_seconds=299)
    time.sleep(0.05)
    assert kept(notes) == 0
    notes.control.clock(advance_seconds=2)
    deadline = time.time() + 2
    while kept(notes) == 0 and time.time() < deadline:
        time.sleep(0.01)
    assert kept(notes) == 1


def test_a_hanging_request_keeps_its_slot_until_the_servers_limit(notes: Emulator) -> None:
    notes.control.config(concurrency=1)
    notes.control.faults({"kind": "hang"})
    with pytest.raises(TimeoutError):
        send(notes, "POST", {"externalId": "a"})
    assert send(notes, "POST", {"externalId": "b"})[0] == 429
    assert notes.control.log()[0]["client_left"] is not None
    notes.control.clock(advance_seconds=901)
    deadline = time.time() + 2
    while notes.control.stats()["in_flight"] and time.time() < deadline:
        time.sleep(0.01)
    assert send(notes, "POST", {"externalId": "b"})[0] == 204
    assert notes.control.stats()["count_429"] == 1


def test_latency_is_emulator_time_and_requests_overlap() -> None:
    with Emulator(Notes(EmulatorClock(T0, scale=100.0))) as running:
        running.control.config(latency={"write_ms": 20_000})
        started = time.time()
        threads = [threading.Thread(target=send, args=(running, "POST", {}, 5.0)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.19 < time.time() - started < 1.5
        stats = running.control.stats()
        assert stats["max_in_flight"] == 10
        assert stats["write_in_flight_seconds"] == pytest.approx(2.0, rel=0.5)


def test_state_switches_and_faults_survive_save_and_restore(notes: Emulator, tmp_path: Path) -> None:
    send(notes, "POST", {"externalId": "a"})
    notes.control.switches({"X-01": False})
    notes.control.faults({"kind": "reset", "skip": 3})
    notes.control.save(str(tmp_path / "state.json"))
    with Emulator(Notes()) as other:
        other.control.restore(str(tmp_path / "state.json"))
        assert other.control.truth() == notes.control.truth()
        assert other.control.switches() == {"X-01": "off"}
        assert other.control.armed()[0]["skip"] == 3


def test_wrong_control_requests_say_why(notes: Emulator) -> None:
    with pytest.raises(ControlError, match="unknown fault kind"):
        notes.control.faults({"kind": "gremlin"})
    with pytest.raises(ControlError, match="unknown rule"):
        notes.control.switches({"X-99": True})
    with pytest.raises(ControlError, match="no action dance"):
        notes.control.admin("dance")
    with pytest.raises(ControlError, match="unknown configuration"):
        notes.control.config(colour="blue")


def test_malformed_http_gets_400_and_the_server_lives_on(notes: Emulator) -> None:
    port = int(notes.base_url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert send(notes, "GET")[0] == 200


def test_the_profile_hits_documents_not_moments() -> None:
    def faults_by_document(order: list[int]) -> dict[int, list[str | None]]:
        book = FaultBook({})
        book.use_profile("hostile", 7)
        drawn: dict[int, list[str | None]] = {n: [] for n in order}
        for n in order * 4:
            request = Request("POST", "/notes", {}, b"{}")
            fault = book.pick(request, Operation("create", "note", f"n{n}", write=True))
            drawn[n].append(fault.kind if fault else None)
        return drawn

    forwards = faults_by_document(list(range(400)))
    assert forwards == faults_by_document(list(reversed(range(400))))
    hit_first = sum(kinds[0] is not None for kinds in forwards.values())
    assert 80 < hit_first < 160
    assert all(kinds[2:] == [None, None] for kinds in forwards.values()), "two faults at most"
