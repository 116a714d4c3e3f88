"""The embedded runner: many threads, one machine, and nobody waits for what only they can give."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.house import House, house
from tests.support.script import order

from tieout.flows.slots import Slots
from tieout.runner.inline import InlineRunner

_PATIENCE_SECONDS = 120.0
#: the embedded runner is for the embedded store
pytestmark = pytest.mark.own_store


def run_until_confirmed(h: House, deals: int) -> None:
    """Let the threads work while product time goes on, until all deals are confirmed."""
    runner = InlineRunner(h.machine, 1)
    runner.start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ended = [standing for standing, _ in h.standings().values()]
        if ended == ["confirmed"] * deals:
            break
        h.advance(timedelta(seconds=1))  # what lingers, or waits to be probed, becomes due
        time.sleep(0.05)
    runner.stop()
    assert [standing for standing, _ in h.standings().values()] == ["confirmed"] * deals


def test_deals_go_through_one_slot(tmp_path: Path):
    with house(tmp_path, slots=1) as h:
        h.source.put(*(order(n) for n in range(1, 4)))
        run_until_confirmed(h, 3)
        assert len(h.made("invoice")) == 3


def test_the_sending_lane_never_waits_for_a_slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It alone gives slots back: if it probed a paused account, it could wait for itself for ever."""
    readers: list[str] = []
    reading = Slots.reading

    def noted(self: Slots):
        readers.append(threading.current_thread().name)
        return reading(self)

    monkeypatch.setattr(Slots, "reading", noted)
    with house(tmp_path, slots=1) as h:
        h.source.put(order(1))
        h.machine.gate.close("locked out")
        h.advance(timedelta(minutes=5))  # so the probe is due
        run_until_confirmed(h, 1)
    assert readers
    assert "send" not in readers
