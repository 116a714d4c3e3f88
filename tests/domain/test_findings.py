"""Findings and cases: stable codes with ways out, and one row for one cause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import DEAL, NOW

from tieout.domain.cases import Case, CaseState, group_by_cause
from tieout.domain.comparison import Match
from tieout.domain.errors import DomainError
from tieout.domain.findings import (
    ABOUT_CASH,
    AT_WRITE,
    BEFORE_WRITE,
    CODES,
    IGNORE_REASONS,
    Finding,
    WayOut,
)


def finding(code: str = "item_unmapped", cause: str = "P1") -> Finding:
    return Finding(code=code, cause=cause, expected="a row", found="none", source=DEAL)


def case(number: int, code: str, cause: str) -> Case:
    return Case(
        id=number, state=CaseState.OPEN, finding=finding(code, cause), opened_at=NOW, subject=f"D{number}"
    )


def test_no_code_is_in_both_parts_of_the_register():
    parts = (BEFORE_WRITE, AT_WRITE, ABOUT_CASH)
    assert sum(map(len, parts)) == len(CODES)
    assert set(CODES) == {code for part in parts for code in part}
    assert not set(CODES) & set(IGNORE_REASONS)


@pytest.mark.requirement("R70")
@pytest.mark.parametrize("code", CODES)
def test_every_case_has_a_title_a_cause_and_ways_out_one_of_which_ends_it(code: str):
    entry = CODES[code]
    assert entry.title
    assert entry.cause.endswith(".")
    assert len(entry.ways_out) > 1
    assert len(set(entry.ways_out)) == len(entry.ways_out)
    assert WayOut.IGNORE in entry.ways_out
    assert finding(code).entry is entry


def test_every_way_out_is_used():
    assert {way for entry in CODES.values() for way in entry.ways_out} == set(WayOut)


def test_an_unregistered_code_is_a_mistake_of_the_program():
    with pytest.raises(DomainError, match="'oops' is not a registered"):
        finding("oops")


def test_what_a_comparison_can_say_is_registered():
    assert {one.value for one in Match} - {"equal"} <= set(AT_WRITE)


@pytest.mark.requirement("R70")
def test_cases_with_one_cause_are_one_row_the_most_frequent_first():
    cases = [
        case(1, "item_unmapped", "P1"),
        case(2, "item_inactive", "P1"),
        case(3, "item_unmapped", "P2"),
        case(4, "item_unmapped", "P2"),
    ]
    rows = group_by_cause(cases)
    assert [(row.code, row.cause, row.count, row.example.id) for row in rows] == [
        ("item_unmapped", "P2", 2, 3),
        ("item_inactive", "P1", 1, 2),
        ("item_unmapped", "P1", 1, 1),
    ]
    assert (rows[0].title, rows[0].ways_out) == (
        "Product has no crosswalk row",
        ("map item", "ignore because"),
    )


@given(st.lists(st.tuples(st.sampled_from(sorted(CODES)), st.sampled_from("abc")), max_size=30))
def test_no_case_is_lost_or_counted_twice(pairs):
    cases = [case(number, *pair) for number, pair in enumerate(pairs)]
    rows = group_by_cause(cases)
    assert sum(row.count for row in rows) == len(cases)
    assert len({(row.code, row.cause) for row in rows}) == len(rows) == len(set(pairs))
    assert [row.count for row in rows] == sorted((row.count for row in rows), reverse=True)
