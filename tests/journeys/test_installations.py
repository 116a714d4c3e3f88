"""Two installations, or a copy of one, on one account: nobody takes, changes or doubles the other's records."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.support.house import START, House, dataset, furnish, policy
from tests.support.script import ScriptSource, customer, order

from tieout.emulators.netsuite import NetSuiteEmulator

HERE, THERE = "test-house", "other-house"


def build(folder: Path, ns: NetSuiteEmulator, installation: str) -> House:
    folder.mkdir(exist_ok=True)
    return furnish(
        folder,
        ns,
        START,
        source=ScriptSource(),
        policy=policy(installation=installation),
        installation=installation,
    )


def records(house: House) -> dict[tuple[str, str], str]:
    """(type, external id) → everything NetSuite has of it, each made once."""
    made = [one for record in ("customer", "invoice") for one in house.made(record)]
    count = Counter((one["record"], one["external_id"]) for one in made)
    assert set(count.values()) <= {1}
    return {(one["record"], one["external_id"]): json.dumps(one["fields"], sort_keys=True) for one in made}


def test_another_installation_with_the_same_deals_touches_nothing(tmp_path: Path):
    with NetSuiteEmulator(dataset(), clock=START) as ns:
        ns.control.switches({"NS-04": "off"})
        first = build(tmp_path / "a", ns, HERE)
        first.source.put(order(1), order(2))
        first.run()
        before = records(first)
        second = build(tmp_path / "b", ns, THERE)
        second.source.put(order(1, customer=customer(1, email="new@customer1.example")), order(2), order(3))
        second.run()
        assert {k: v for k, v in records(first).items() if k in before} == before
        assert set(records(first)) - set(before) == {("customer", "A00003"), ("invoice", "inv-D00003")}
        ended = second.standings()
        assert {ended[deal][0] for deal in ("D00001", "D00002")} == {"case"}
        assert ended["D00003"] == ("confirmed", "")
        assert not {"A00001", "A00002"} & {k for k, v in second.source.notes.items() if v["id"]}
        for one in (first, second):
            one.database.dispose()


def test_a_restored_copy_that_took_over_adopts_its_own_and_doubles_nothing(tmp_path: Path):
    with NetSuiteEmulator(dataset(), clock=START) as ns:
        ns.control.switches({"NS-04": "off"})
        first = build(tmp_path / "a", ns, HERE)
        first.source.put(order(1), order(2))
        first.run()
        before = records(first)
        # The backup is from before the first deal: the copy remembers nothing.
        copy = build(tmp_path / "b", ns, HERE)
        copy.source.put(order(1), order(2), order(3))
        copy.run()
        assert {k: v for k, v in records(first).items() if k in before} == before
        assert {standing for standing, _ in copy.standings().values()} == {"confirmed"}
        first.source.put(order(3))  # and the first one goes on, as it must not
        first.run()
        assert first.standings()["D00003"] == ("confirmed", "")
        records(first)
        for one in (first, copy):
            one.database.dispose()
