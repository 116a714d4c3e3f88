"""Processes that share an account never have more slots between them than it allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.house import START, House, house

from tieout.flows.blocks import Blocks, fair_share
from tieout.flows.context import Context
from tieout.flows.slots import Slots


@pytest.fixture
def h(tmp_path: Path):
    with house(tmp_path, slots=13) as made:
        yield made


def process(h: House, name: str) -> tuple[Blocks, Context]:
    context = replace(h.machine.context, holder=name, slots=Slots(13))
    return Blocks(context), context


@given(st.integers(1, 50), st.lists(st.text(min_size=1), min_size=1, max_size=20, unique=True))
def test_shares_are_equal_and_sum_to_the_whole(total: int, holders: list[str]):
    shares = [fair_share(total, holders, one) for one in holders]
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_a_second_process_gets_its_share_when_the_first_has_given_it_up(h: House):
    (a, one), (b, two) = process(h, "a"), process(h, "b")
    a.renew()
    assert one.slots.limit == 13
    b.renew()
    assert two.slots.limit == 0
    a.renew()
    b.renew()
    assert (one.slots.limit, two.slots.limit) == (7, 6)
    b.release()
    a.renew()
    assert one.slots.limit == 13


def test_a_process_that_comes_or_goes_is_noticed_without_a_renewal(h: House):
    (a, _), (b, _) = process(h, "a"), process(h, "b")
    a.renew()
    assert not a.unsettled()
    b.renew()
    assert a.unsettled(), "somebody came"
    assert b.unsettled(), "it has no slots yet"
    a.renew()
    b.renew()
    assert (a.unsettled(), b.unsettled()) == (False, False)
    b.release()
    assert a.unsettled(), "somebody went"


def test_what_is_in_use_is_given_to_nobody_else(h: House):
    (a, one), (b, two) = process(h, "a"), process(h, "b")
    a.renew()
    assert one.slots.take(13) == 13
    b.renew()
    a.renew()
    b.renew()
    assert two.slots.limit == 0
    one.slots.give(10)
    a.renew()
    b.renew()
    assert one.slots.used + two.slots.limit <= 13
    assert two.slots.limit == 6
    assert one.slots.free() == 4


def test_the_block_of_a_dead_process_comes_back_when_its_calls_are_over(h: House):
    (a, _), (b, two) = process(h, "a"), process(h, "b")
    a.renew()
    h.advance(a.good_for - timedelta(seconds=1))
    b.renew()
    assert two.slots.limit == 0
    h.advance(timedelta(seconds=2))
    b.renew()
    assert two.slots.limit == 13


def test_nothing_is_begun_that_could_outlast_the_block(h: House):
    a, one = process(h, "a")
    a.renew()
    assert one.slots.take(1) == 1
    h.advance(a.good_for - timedelta(seconds=h.machine.context.netsuite.deadline_seconds - 1))
    assert one.slots.take(1) == 0, "a call begun now could still run when the block is somebody else's"


def test_a_success_while_a_block_shrinks_wins_no_slot_back():
    slots = Slots(15)
    for _ in range(100):
        slots.succeeded()
    slots.shrink(7)
    for _ in range(100):
        slots.succeeded()
    assert (slots.limit, slots.free()) == (7, 7)
    slots.lease(9, START, lambda: START)
    assert (slots.limit, slots.free()) == (9, 9)
