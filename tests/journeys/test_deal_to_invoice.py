"""A won deal becomes exactly one confirmed set of NetSuite records."""

from __future__ import annotations

from pathlib import Path

from tests.support.house import house
from tests.support.script import order


def test_a_won_deal_becomes_one_customer_and_one_invoice(tmp_path: Path) -> None:
    with house(tmp_path) as h:
        h.source.put(order(1, lines=2), order(2))
        h.run()
        assert h.standings() == {"D00001": ("confirmed", ""), "D00002": ("confirmed", "")}
        assert len(h.made("invoice")) == 2
        assert len(h.made("customer")) == 2
        assert set(h.source.notes) == {"D00001", "D00002", "A00001", "A00002"}
