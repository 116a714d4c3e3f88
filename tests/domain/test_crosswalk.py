"""Crosswalks: in force on a day, the subsidiary's own row first, the latest version of it, nothing overwritten."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.builders import row

from tieout.domain.crosswalk import Crosswalk, CrosswalkKind
from tieout.domain.errors import DomainError
from tieout.domain.periods import Period

JAN, FEB, MAR = (date(2026, month, 1) for month in (1, 2, 3))


def target(rows, on: date = JAN, subsidiary: str = "", key: str = "P1", system: str = "crm") -> str | None:
    found = Crosswalk(rows).resolve(CrosswalkKind.ITEM, system, key, on, subsidiary)
    return found.target if found else None


@pytest.mark.requirement("R18")
def test_only_the_exact_key_of_the_exact_system_is_found():
    rows = [row("P1", "101")]
    assert target(rows) == "101"
    assert [target(rows, key=key) for key in ("p1", "P1 ", "P", "")] == [None] * 4
    assert target(rows, system="other") is None
    assert Crosswalk(rows).resolve(CrosswalkKind.TERM, "crm", "P1", JAN) is None


@pytest.mark.requirement("R18")
def test_a_row_counts_from_its_first_day_to_the_day_before_its_end():
    rows = [row("P1", "101", valid=Period(JAN, FEB)), row("P1", "102", valid=Period(FEB), version=2)]
    assert [target(rows, day) for day in (date(2025, 12, 31), JAN, date(2026, 1, 31), FEB, MAR)] == [
        None,
        "101",
        "101",
        "102",
        "102",
    ]


def test_the_latest_version_in_force_counts_and_earlier_days_keep_theirs():
    rows = [row("P1", "101", valid=Period(JAN)), row("P1", "102", valid=Period(MAR), version=2)]
    assert (target(rows, FEB), target(rows, MAR)) == ("101", "102")


def test_a_subsidiarys_own_row_comes_before_the_general_one_whatever_its_version():
    rows = [row("P1", "101", version=9), row("P1", "102", subsidiary="2", version=1)]
    assert [target(rows, subsidiary=one) for one in ("", "1", "2")] == ["101", "101", "102"]


def test_a_row_of_a_subsidiary_serves_no_other():
    rows = [row("P1", "102", subsidiary="2")]
    assert [target(rows, subsidiary=one) for one in ("", "1", "2")] == [None, None, "102"]


def test_history_is_whole_and_in_order():
    rows = [row("P1", "103", version=3), row("P1", "101", version=1), row("P1", "102", version=2)]
    history = Crosswalk(rows).history(CrosswalkKind.ITEM, "crm", "P1")
    assert [one.target for one in history] == ["101", "102", "103"]


@pytest.mark.parametrize(("key", "to"), [("", "101"), ("P1", "")])
def test_a_row_without_key_or_target_is_refused(key: str, to: str):
    with pytest.raises(DomainError, match="needs a key and a target"):
        row(key, to)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.integers(0, 11),
            st.none() | st.integers(1, 11),
            st.sampled_from(["", "1", "2"]),
        ),
        max_size=8,
        unique_by=lambda one: (one[0], one[3]),
    ),
    st.integers(1, 12),
    st.sampled_from(["", "1", "2"]),
    st.randoms(),
)
def test_the_answer_does_not_depend_on_the_order_of_rows(rows, month: int, subsidiary: str, random):
    made = []
    for version, start, length, own in rows:
        begin = date(2026, start + 1, 1)
        end = None if length is None else date(2026 + (start + length) // 12, (start + length) % 12 + 1, 1)
        made.append(row("P1", f"{version}{own}", version=version, subsidiary=own, valid=Period(begin, end)))
    day = date(2026, month, 15)
    first = target(made, day, subsidiary)
    assert target(random.sample(made, len(made)), day, subsidiary) == first
    in_force = [one for one in made if day in one.valid and one.subsidiary in {"", subsidiary}]
    own_first = [one for one in in_force if one.subsidiary] or in_force
    assert first == max(own_first, key=lambda one: one.version).target if own_first else first is None
