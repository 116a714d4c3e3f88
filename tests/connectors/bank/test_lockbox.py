"""Lockbox: checks, overflow in either layout, totals, record lengths."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.connectors.bank.samples import codes, content_of, figures, read, read_text

from tieout.connectors.bank.lockbox_layouts import WITH_AMOUNTS, Layout
from tieout.domain.cash.movements import Rail
from tieout.domain.money import Money

TEXT = content_of("lockbox/syn-lockbox-overflow.txt").decode()


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


def test_invoices_come_with_amounts_and_deductions():
    _, second, third = read("lockbox/syn-lockbox-overflow.txt").movements
    assert [(one.text, one.paid, one.adjustment, one.adjustment_reason) for one in second.references] == [
        ("INV-10510", usd("10000.00"), usd("-1240.00"), "DMG"),
        ("INV-10511", usd("1240.00"), None, ""),
    ]
    assert third.references == ()
    assert (second.rail, second.check_number) == (Rail.LOCKBOX, "317")
    assert second.payer.identifiers == (("micr", "026009593/0098765432"),)
    assert second.identity == "lockbox/0088410/2026-09-18/001/002/0000000317/11240.00"


@pytest.mark.parametrize("width", [80, 94, 104])
def test_records_of_any_width_are_read(width: int):
    padded = "\n".join(line.ljust(width) for line in TEXT.splitlines())
    assert figures(read_text(padded))["credits"] == {"USD": "16489.00"}


def test_a_changed_amount_refuses_the_file_and_a_wrong_count_warns():
    assert figures(read_text(TEXT.replace("0000425000", "0000425001", 1)))["refused"] == "lockbox_totals"
    read_file = read_text(TEXT.replace("9000012", "9000099"))
    assert (figures(read_file)["refused"], codes(read_file)) == (None, ["lockbox_counts"])


def test_invoices_that_do_not_make_the_check_are_told():
    assert codes(read_text(TEXT.replace("0000124000000000", "0000999000000000"))) == [
        "lockbox_invoices_differ"
    ]


def test_more_than_a_hundred_invoices_keep_their_physical_order_when_the_sequence_starts_again():
    overflow = [f"4001001{'6'}{number % 100:02d}0INV-{number}" for number in range(1, 121)]
    lines = content_of("lockbox/test_lockbox.bai").decode().splitlines()
    text = "\n".join([*lines[:4], *overflow, *lines[5:]])
    (one,) = read_text(text).movements
    assert [ref.text for ref in one.references] == [f"INV-{number}" for number in range(1, 121)]


def test_a_layout_of_ones_own_is_data():
    moved = {**WITH_AMOUNTS.records, "6": {**WITH_AMOUNTS.records["6"], "remitter": (60, 20)}}
    layout = Layout(name="ours", records=moved, check_dates="yymmdd")
    text = TEXT.replace("091826NORTHWIND RETAIL CO         ", "260918       NORTHWIND RETAIL CO  ")
    (first, *_) = read_text(text, lockbox=layout).movements
    assert (first.payer.names, str(first.value_date)) == (("NORTHWIND RETAIL CO",), "2026-09-18")
