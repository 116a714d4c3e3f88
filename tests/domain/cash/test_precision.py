"""On labelled payments out to deceive, nothing is ever put on the wrong invoice."""

from __future__ import annotations

import pytest
from bench.data.cash import EXACT
from bench.precision import measure

from tieout.domain.cash.policy import OptIn


@pytest.mark.requirement("R33", "R34")
def test_nothing_is_misapplied_and_exact_payments_apply_themselves():
    tallies = measure(11, 12_000, "report", frozenset())
    assert {family: tally.misapplied for family, tally in tallies.items() if tally.misapplied} == {}
    exact = [tally for family, tally in tallies.items() if family in EXACT]
    assert sum(t.automatic for t in exact) >= 0.99 * sum(t.payments for t in exact) > 1000


@pytest.mark.requirement("R33")
def test_with_amounts_switched_on_nothing_is_misapplied_where_the_meant_invoice_is_open():
    tallies = measure(12, 12_000, "report", frozenset({OptIn.AMOUNT_ONLY}))
    assert {f: t.misapplied for f, t in tallies.items() if t.misapplied and "not open" not in f} == {}
    unique = tallies["unique_amount"]
    assert unique.automatic >= 0.9 * unique.payments > 100
