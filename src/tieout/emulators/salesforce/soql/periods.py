"""Named spans of days: TODAY, LAST_N_DAYS:30, THIS_MONTH …, counted in UTC."""

from __future__ import annotations

from datetime import date, timedelta


def _months(day: date, step: int) -> date:
    index = day.year * 12 + day.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)


def period_bounds(name: str, n: int, *, today: date) -> tuple[date, date]:
    """First day of the span and the day after its last one."""
    day = timedelta(days=1)
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    week = today - day * ((today.weekday() + 1) % 7)  # weeks start on Sunday
    quarter = _months(month, -((today.month - 1) % 3))
    spans = {
        "today": (today, today + day),
        "yesterday": (today - day, today),
        "tomorrow": (today + day, today + 2 * day),
        "this_week": (week, week + 7 * day),
        "last_week": (week - 7 * day, week),
        "this_month": (month, _months(month, 1)),
        "last_month": (_months(month, -1), month),
        "next_month": (_months(month, 1), _months(month, 2)),
        "this_quarter": (quarter, _months(quarter, 3)),
        "last_quarter": (_months(quarter, -3), quarter),
        "this_year": (year, date(year.year + 1, 1, 1)),
        "last_year": (date(year.year - 1, 1, 1), year),
        "last_n_days": (today - n * day, today + day),
        "next_n_days": (today + day, today + (n + 1) * day),
        "last_n_months": (_months(month, -n), month),
        "n_days_ago": (today - n * day, today - (n - 1) * day),
    }
    return spans[name]
