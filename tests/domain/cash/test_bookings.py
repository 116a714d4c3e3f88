"""Whose details are whose: a reference of both, or nothing else of that account, side, amount and day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tieout.domain.cash.bookings import Ambiguous, Booking, LinkKind, Told, gathered, tied
from tieout.domain.money import Money

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
REF_A, REF_B = (LinkKind.SERVICER, "A"), (LinkKind.SERVICER, "B")
ORDER_A, ORDER_B = (LinkKind.ORDER, "A"), (LinkKind.ORDER, "B")
MESSAGE, ENTRY_1, ENTRY_2 = (LinkKind.MESSAGE, "M"), (LinkKind.ENTRY, "1"), (LinkKind.ENTRY, "2")


def told(number: int, *links: tuple[LinkKind, str], part: bool, **more: Any) -> Told:
    booking = Booking(
        key=more.pop("key", f"{number}"),
        amount=Money(Decimal("300.00"), "EUR"),
        credit=True,
        part=part,
        links=links,
    )
    values: dict[str, Any] = {"minor": 300_00, "days": frozenset({MONDAY}), "booked": not part}
    values["file"] = "notification" if part else "statement"
    return Told(ids=(number,), booking=booking, **{**values, **more})


def line(number: int, *links: tuple[LinkKind, str], **more: Any) -> Told:
    return told(number, *links, part=False, **more)


def details(number: int, *links: tuple[LinkKind, str], **more: Any) -> Told:
    return told(number, *links, part=True, **more)


def test_without_references_the_only_ones_of_a_day_belong_together():
    assert tied(line(1), [], [details(10)]) == details(10)
    assert tied(line(1), [], [details(10, days=frozenset({TUESDAY}))]) is None


def test_a_reference_of_both_joins_what_days_and_equals_do_not():
    later = details(10, REF_A, days=frozenset({TUESDAY}))
    assert tied(line(1, REF_A), [line(2, REF_B)], [later, details(11, REF_B)]) == later
    assert tied(line(1, ORDER_A, MESSAGE), [line(2)], [details(10, ORDER_A)]) == details(10, ORDER_A)


@pytest.mark.parametrize(
    ("mine", "theirs"), [([REF_A], [REF_B]), ([ORDER_A], [ORDER_B]), ([MESSAGE, ORDER_A], [MESSAGE, ORDER_B])]
)
def test_a_reference_that_differs_parts_what_is_equal_otherwise(mine: list[Any], theirs: list[Any]):
    assert tied(line(1, *mine), [], [details(10, *theirs)]) is None


def test_two_equal_lines_or_two_sets_of_details_are_a_persons():
    for lines, sets in (([line(2)], [details(10)]), ([], [details(10), details(11)])):
        with pytest.raises(Ambiguous):
            tied(line(1), lines, sets)
    with pytest.raises(Ambiguous):
        tied(line(1, MESSAGE), [line(2, MESSAGE)], [details(10, MESSAGE)])


def test_a_line_of_another_day_or_with_details_of_its_own_is_no_rival():
    assert tied(line(1), [line(2, days=frozenset({TUESDAY}))], [details(10)]) == details(10)
    assert tied(line(1), [line(2, REF_A)], [details(10), details(11, REF_A)]) == details(10)


def test_the_entrys_own_reference_tells_equals_apart_and_joins_nothing_alone():
    sets = [details(10, ENTRY_1), details(11, ENTRY_2)]
    assert tied(line(1, ENTRY_2), [line(2, ENTRY_1)], sets) == sets[1]
    with pytest.raises(Ambiguous):
        tied(line(1, ENTRY_1), [line(2, ENTRY_1)], sets)
    assert tied(line(1, ENTRY_1), [], [details(10, ENTRY_1, days=frozenset({TUESDAY}))]) is None


def test_details_that_do_not_come_to_the_booking_or_stand_in_its_own_file_are_none():
    assert tied(line(1, REF_A), [], [details(10, REF_A, minor=299_99)]) is None
    assert tied(line(1), [], [details(10, file="statement")]) is None


def test_what_a_statement_details_is_money_of_its_own_unless_a_reference_says_otherwise():
    assert tied(line(1), [], [details(10, booked=True)]) is None
    assert tied(line(1, REF_A), [], [details(10, REF_A, booked=True)]) is not None


def test_parts_are_gathered_by_booking():
    parts = [details(10, key="a", minor=100_00), details(11, key="b"), details(12, key="a", minor=200_00)]
    assert [(one.ids, one.minor, one.whole) for one in gathered(parts)] == [
        ((10, 12), 300_00, True),
        ((11,), 300_00, True),
    ]
