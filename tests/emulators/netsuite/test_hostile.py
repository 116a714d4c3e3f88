"""A stubborn client under the hostile profile: the external id alone keeps every document single."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.emulators.netsuite.support import NOON, Desk, invoice

from tieout.emulators.kit.clock import EmulatorClock

DOCUMENTS = 60


def insist(desk: Desk, external_id: str) -> int:
    """POST until NetSuite says 204 or that the record exists; returns the number of tries."""
    own = Desk.__new__(Desk)
    own.host, own._connection, own.bearer = desk.host, None, desk.bearer
    for attempt in range(1, 30):
        if own._connection is None:
            own._connection = http.client.HTTPConnection(own.host, timeout=0.3)
        try:
            answer = own.post("invoice", invoice(external_id))
        except (OSError, http.client.HTTPException, AssertionError):
            own._connection = None
            continue
        if answer.status == 204 or (answer.status == 400 and "already exists" in answer.detail):
            own._connection.close()
            return attempt
        time.sleep(0.01)
    raise AssertionError(f"{external_id} never went through")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_document_exists_once_whatever_happens_to_the_answers(seed: int) -> None:
    with Desk(clock=EmulatorClock(NOON, scale=300.0)) as desk:
        desk.control.config(concurrency=1000)
        desk.control.profile("hostile", seed)
        names = [f"inv-{number}" for number in range(DOCUMENTS)]
        with ThreadPoolExecutor(8) as pool:
            tries = list(pool.map(lambda name: insist(desk, name), names))
        assert sum(tries) > DOCUMENTS, "the profile did its work"
        deadline = time.time() + 8
        while desk.control.stats()["in_flight"] and time.time() < deadline:
            time.sleep(0.05)
        made = [record["external_id"] for record in desk.control.truth("invoice")]
        assert sorted(made) == sorted(names)
        log = desk.control.log()
        committed = [entry["external_id"] for entry in log if entry["committed"]]
        assert sorted(committed) == sorted(names)
        assert not [entry for entry in log if "emulator bug" in (entry["error"] or "")]
        hit = {entry["fault"] for entry in log} - {None}
        assert len(hit) > 5


def test_without_the_uniqueness_rule_the_same_client_makes_duplicates() -> None:
    with Desk({"NS-04": "off"}) as desk:
        desk.control.faults({"kind": "commit_500", "match": {"operation": "create"}})
        insist(desk, "inv-1")
        assert len(desk.control.truth("invoice")) == 2
        assert len(desk.rows("SELECT id FROM transaction WHERE externalid = 'inv-1'")) == 2
