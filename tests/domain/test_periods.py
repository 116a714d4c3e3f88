"""Periods are half-open, and an instant without a time zone is no instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.domain.errors import DomainError
from tieout.domain.periods import Period, aware

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@st.composite
def periods(draw) -> Period:
    start = draw(days)
    length = draw(st.none() | st.integers(1, 400))
    return Period(start, None if length is None else start + timedelta(days=length))


@given(periods())
def test_the_start_belongs_and_the_end_does_not(period: Period):
    assert period.start in period
    assert period.start - timedelta(days=1) not in period
    if period.end:
        assert period.end not in period
        assert period.end - timedelta(days=1) in period
        assert period.days == (period.end - period.start).days


@given(periods(), periods())
def test_overlap_means_a_common_day(one: Period, other: Period):
    later = max(one.start, other.start)
    assert one.overlaps(other) == other.overlaps(one) == (later in one and later in other)


@given(days, st.integers(0, 100))
def test_a_period_that_ends_before_it_began_is_refused(start: date, back: int):
    with pytest.raises(DomainError, match="not after its start"):
        Period(start, start - timedelta(days=back))


def test_neighbours_do_not_overlap():
    assert not Period(date(2026, 1, 1), date(2026, 2, 1)).overlaps(Period(date(2026, 2, 1)))


def test_a_period_without_end_has_no_length():
    with pytest.raises(DomainError, match="no length"):
        _ = Period(date(2026, 1, 1)).days


def test_naive_instants_are_refused():
    with pytest.raises(DomainError, match="no time zone"):
        aware(datetime(2026, 1, 1))
    for zone in (UTC, timezone(timedelta(hours=-8))):
        moment = datetime(2026, 1, 1, tzinfo=zone)
        assert aware(moment) is moment
