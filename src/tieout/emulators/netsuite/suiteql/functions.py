"""Oracle functions on SQLite, and values as SuiteQL prints them."""

from __future__ import annotations

import calendar
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

MARK = "\x02"  # before every stored date: text can never look like one
_PARTS = re.compile(
    r'"([^"]*)"|(YYYY|YY|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SS|AM|PM|DAY|DY|FF\d?)|(.)',
    re.IGNORECASE | re.DOTALL,
)
_CODES = {
    "YYYY": "%Y", "YY": "%y", "MONTH": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "HH24": "%H", "HH12": "%I",
    "HH": "%I", "MI": "%M", "SS": "%S", "AM": "%p", "PM": "%p", "DAY": "%A", "DY": "%a",
}  # fmt: skip


class SuiteQlValueError(Exception):
    """A value the statement cannot work with; becomes the platform's generic search error."""


def mark(moment: datetime) -> str:
    """A moment (account's zone) as it is stored."""
    # isoformat is several times faster than strftime, and every row has four dates.
    return MARK + moment.isoformat(" ", "seconds")


def unmark(text: str) -> datetime:
    """A stored moment."""
    return datetime.fromisoformat(text[1:])


@lru_cache(maxsize=256)
def pattern_of(oracle: str) -> str:
    """An Oracle date format as a strftime pattern; quoted parts are literal."""
    parts = []
    for quoted, code, other in _PARTS.findall(oracle):
        if code.upper().startswith("FF"):
            parts.append("000000"[: int(code[2:] or 6)])
        elif code:
            parts.append(_CODES[code.upper()])
        else:
            parts.append((quoted or other).replace("%", "%%"))
    return "".join(parts)


def show_date(moment: datetime, account_format: str) -> str:
    """A date column as it comes back: the account's format, never a time."""
    text = account_format.replace("YYYY", f"{moment.year:04d}")
    text = text.replace("MM", f"{moment.month:02d}").replace("DD", f"{moment.day:02d}")
    return re.sub(r"\bM\b", str(moment.month), re.sub(r"\bD\b", str(moment.day), text))


def show(value: Any, account_format: str) -> str:
    """Any value as SuiteQL returns it: a string."""
    if isinstance(value, str):
        return show_date(unmark(value), account_format) if value.startswith(MARK) else value
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
    return str(value)


def to_char(value: Any, oracle: str | None = None) -> str | None:
    """TO_CHAR of a date (with a format) or of a number."""
    if value is None:
        return None
    if isinstance(value, str) and value.startswith(MARK):
        return unmark(value).strftime(pattern_of(oracle or "MM/DD/YYYY"))
    return show(value, "")


def to_date(text: Any, oracle: str = "MM/DD/YYYY") -> str | None:
    """TO_DATE: text in a given format to a date."""
    if text is None:
        return None
    if isinstance(text, str) and text.startswith(MARK):
        return text
    try:
        return mark(datetime.strptime(str(text), pattern_of(oracle)))  # noqa: DTZ007 - the account's zone
    except ValueError as error:
        raise SuiteQlValueError(str(error)) from None


def implicit_date(value: Any) -> Any:
    """A literal compared with a date column: read in the account's format, as the platform does."""
    if not isinstance(value, str) or value.startswith(MARK):
        return value
    for pattern in ("%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S"):
        try:
            return mark(datetime.strptime(value, pattern))  # noqa: DTZ007 - the account's zone
        except ValueError:
            continue
    raise SuiteQlValueError(f"{value} is not a date")


def date_add(left: Any, right: Any) -> Any:
    """Date plus days (days may be fractions)."""
    if left is None or right is None:
        return None
    if isinstance(right, str) and right.startswith(MARK):
        left, right = right, left
    return mark(unmark(left) + timedelta(days=float(right)))


def date_subtract(left: Any, right: Any) -> Any:
    """Date minus days, or the days between two dates."""
    if left is None or right is None:
        return None
    if isinstance(right, str) and right.startswith(MARK):
        return (unmark(left) - unmark(right)) / timedelta(days=1)
    return mark(unmark(left) - timedelta(days=float(right)))


def truncate(value: Any, unit: Any = None) -> Any:
    """TRUNC of a date (to the day, month or year) or of a number."""
    if value is None:
        return None
    if isinstance(value, str) and value.startswith(MARK):
        moment = unmark(value).replace(hour=0, minute=0, second=0)
        name = str(unit or "DD").upper()
        if name.startswith("MON") or name == "MM":
            moment = moment.replace(day=1)
        elif name.startswith("YY"):
            moment = moment.replace(month=1, day=1)
        return mark(moment)
    return int(Decimal(str(value)))


def add_months(value: Any, months: Any) -> Any:
    """ADD_MONTHS: the last day stays the last day."""
    if value is None:
        return None
    moment = unmark(value)
    index = moment.year * 12 + moment.month - 1 + int(months)
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    at_end = moment.day == calendar.monthrange(moment.year, moment.month)[1]
    return mark(moment.replace(year=year, month=month, day=last if at_end else min(moment.day, last)))


def last_day(value: Any) -> Any:
    """LAST_DAY of the month."""
    if value is None:
        return None
    moment = unmark(value)
    return mark(moment.replace(day=calendar.monthrange(moment.year, moment.month)[1]))


def to_number(value: Any) -> Any:
    """TO_NUMBER."""
    if value is None or not isinstance(value, str):
        return value
    try:
        number = Decimal(value)
    except ArithmeticError as error:
        raise SuiteQlValueError(str(error)) from None
    return int(number) if number == int(number) else float(number)


class ExactSum:
    """SUM in decimals, so that cents stay cents."""

    def __init__(self) -> None:
        self._total = Decimal(0)
        self._count = 0

    def step(self, value: Any) -> None:
        """One more value."""
        if value is not None:
            self._total += Decimal(str(value))
            self._count += 1

    def finalize(self) -> int | float | None:
        """The sum; NULL over nothing."""
        if not self._count:
            return None
        return int(self._total) if self._total == int(self._total) else float(self._total)


class ExactAverage(ExactSum):
    """AVG in decimals."""

    def finalize(self) -> int | float | None:
        """The mean; NULL over nothing."""
        return float(self._total / self._count) if self._count else None


def register(connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
    """Teach a SQLite connection the Oracle functions."""
    pure = {"deterministic": True}
    connection.create_function("ns_to_char", -1, to_char, **pure)
    connection.create_function("ns_to_date", -1, to_date, **pure)
    connection.create_function("ns_date", 1, implicit_date, **pure)
    connection.create_function("ns_date_add", 2, date_add, **pure)
    connection.create_function("ns_date_subtract", 2, date_subtract, **pure)
    connection.create_function("ns_trunc", -1, truncate, **pure)
    connection.create_function("ns_add_months", 2, add_months, **pure)
    connection.create_function("ns_last_day", 1, last_day, **pure)
    connection.create_function("ns_to_number", -1, to_number, **pure)
    connection.create_function("ns_sysdate", 0, lambda: mark(now()))
    connection.create_function("instr", -1, _instr, **pure)
    connection.create_function("lower", 1, _lower, **pure)
    connection.create_function("upper", 1, _upper, **pure)
    connection.create_aggregate("sum", 1, ExactSum)  # type: ignore[arg-type]
    connection.create_aggregate("avg", 1, ExactAverage)  # type: ignore[arg-type]


def _instr(text: Any, part: Any, *_more: Any) -> int | None:
    return None if text is None or part is None else str(text).find(str(part)) + 1


def _lower(value: Any) -> Any:
    # SQLite's own LOWER knows ASCII only; Oracle folds every letter.
    return value.lower() if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value
