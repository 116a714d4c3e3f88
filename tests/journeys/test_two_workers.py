"""Two workers on one database, taking turns in any order while answers are lost: still one record of each."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.house import START, furnish, house, policy
from tests.support.script import ScriptSource, customer, order


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("seed", [1, 2])
def test_two_workers_make_one_record_of_each(seed: int, tmp_path: Path):
    chance = random.Random(seed)
    with house(tmp_path, deadline_seconds=2) as h:
        h.ns.control.switches({"NS-04": "off"})
        h.ns.control.profile("normal", seed)
        silent = ScriptSource(writes_back=True)
        other = furnish(
            tmp_path, h.ns, START, source=silent, policy=policy(), deadline_seconds=2, clock=h.clock
        )
        h.source.put(*(replace(order(n), customer=customer(n % 5)) for n in range(1, 26)))
        h.machine.poll()
        waves = []
        idle = 0
        while not (h.machine.is_quiet() and not waves):
            house_, machine = chance.choice([(h, h.machine), (other, other.machine)])
            moved = 0
            if machine.gate.is_open():
                lanes = (
                    machine.checking.run,
                    lambda machine=machine: machine.looking_up.run(chance.randint(1, 20)),
                    machine.doubting.run,
                    machine.confirming.run,
                    machine.writing_back.run,
                )
                moved = chance.choice(lanes)()
                waves += [(machine, call) for call in machine.sending.next_wave(chance.randint(0, 4))]
            # a call under way may be answered, and its answer settled, at any later time
            if waves and chance.random() < 0.7:
                sender, call = waves.pop(chance.randrange(len(waves)))
                sender.sending.settle([(call.document, sender.sending.deliver(call))])
                moved += 1
            idle = 0 if moved else idle + 1
            if chance.random() < 0.05 or idle > 20:
                house_.advance(timedelta(seconds=chance.choice([1, 5, 30])))
        h.ns.control.profile("none")
        h.run()
        h.advance(timedelta(seconds=900))
        made = Counter(
            (one["record"], one["external_id"]) for r in ("customer", "invoice") for one in h.made(r)
        )
        assert set(made.values()) == {1}
        assert len(made) == 30
        assert set(h.standings().values()) == {("confirmed", "")}
        assert h.case_codes() == []
        other.database.dispose()
