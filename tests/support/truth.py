"""What must hold when a story has been told, however often its teller died."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.crash import CrashProbe, SimulatedCrash
from tests.support.crash_scenarios import Story
from tests.support.house import START, House, dataset, house, keys
from tests.support.victim import enter

from tieout.emulators.netsuite import NetSuiteEmulator

ROOT = Path(__file__).resolve().parents[2]
_TYPES = (
    "customer",
    "contact",
    "salesOrder",
    "invoice",
    "customerPayment",
    "customerRefund",
    "journalEntry",
    "deposit",
    "customerDeposit",
    "depositApplication",
)
_SEEDED = {"customer": 2}


def check_truth(h: House, story: Story) -> None:
    """Exactly one of each record, as sold; every deal stands where the story says; nothing is left over."""
    made = Counter((one["record"], one["external_id"]) for r in _TYPES for one in h.made(r))
    assert made == Counter(dict.fromkeys(story.records, 1))
    for record, count in story.others.items():
        others = [
            one
            for one in h.ns.control.truth(record)
            if one["_meta"]["created_by"] != "tieout" and not (one["external_id"] or "").startswith("canary")
        ]
        assert len(others) == count + _SEEDED.get(record, 0)
    for invoice in h.made("invoice"):
        _as_sold(h, invoice)
    assert h.standings() == dict(story.standings)
    assert h.case_codes() == sorted(story.cases)
    assert set(h.source.notes) == story.notes
    assert all(note["id"] for note in h.source.notes.values())
    if "update_customer" in story.reaches:
        assert [one["fields"]["email"] for one in h.made("customer")] == ["new@customer1.example"]


def _as_sold(h: House, invoice: dict[str, Any]) -> None:
    deal = invoice["external_id"].removeprefix("inv-")
    customers = {one["id"]: one["external_id"] or "" for one in h.ns.control.truth("customer")}
    # A customer from before without an external id, where there is one, is bound and used as it is.
    expected = "" if "" in customers.values() else deal.replace("D", "A")
    if expected not in customers.values():
        expected = "A00001"  # the second deal of the first customer
    assert customers[invoice["fields"]["entity"]] == expected
    lines = invoice["lines"]["item"]
    sold = {(str(one["item"]), Decimal(str(one["quantity"])), Decimal(str(one["amount"]))) for one in lines}
    assert sold == {("501", Decimal(2), Decimal(100))}
    assert [one["custcol_tieout_source_line_id"] for one in lines] == [
        f"{deal}-L{n}" for n in range(1, len(lines) + 1)
    ]


def tell(story: Story, folder: Path, point: str = "", since: str = "") -> CrashProbe:
    """Tell a story in this process, dying once at `point` (after `since` was passed), and check the truth.

    NetSuite's own uniqueness of external ids is off: the protocol alone has to hold.
    """
    data = dataset()
    story.alter(data)
    probe = CrashProbe(point, since=since)
    with house(folder, data=data, policy=story.policy, limits=story.limits, probe=probe) as h:
        probe.control = h.ns.control
        h.ns.control.switches({"NS-04": "off"})
        for step in story.steps:
            try:
                step(h)
            except SimulatedCrash:
                h.rebuild(None)
                step(h)
        check_truth(h, story)
    return probe


def tell_killed(story: Story, folder: Path, point: str) -> bool:
    """The same with a process of its own that is ended by SIGKILL. Returns whether it was."""
    data = dataset()
    story.alter(data)
    (folder / "key.pem").write_text(keys()[0])
    with NetSuiteEmulator(data, clock=START) as ns:
        ns.control.switches({"NS-04": "off"})
        first = _victim(folder, ns.base_url, story.name, point)
        if first.returncode != -signal.SIGKILL:
            raise AssertionError(f"{point}: ended with {first.returncode}, not killed\n{first.stderr}")
        second = _victim(folder, ns.base_url, story.name, "")
        if second.returncode:
            raise AssertionError(f"{point}: not finished after the restart\n{second.stderr}")
        left = enter(folder, ns.base_url, story.name)
        check_truth(left, story)
        left.database.dispose()
    return True


def _victim(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.victim", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
