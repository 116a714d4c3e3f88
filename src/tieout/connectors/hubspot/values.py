"""HubSpot's values: everything is text, instants are ISO 8601 or milliseconds since 1970 (crm-cpq §8.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tieout.domain.money import parse_decimal

EMPTY: Mapping[str, Any] = {}
_PERIOD = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?\Z", re.ASCII)
_ID = re.compile(r"[1-9]\d{0,18}\Z", re.ASCII)
_MIDNIGHT = time(0)


def is_id(text: str) -> bool:
    """Whether HubSpot can have issued this id: a number, as text."""
    return _ID.match(text) is not None


def mapping_of(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A nested object, or an empty one."""
    value = row.get(name)
    return value if isinstance(value, Mapping) else EMPTY


def rows_of(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list; what is none is left out."""
    value = row.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A value as text: empty for null, for what is no scalar, and for a property that is not mapped."""
    value = row.get(name) if name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | Decimal) else ""


def prop(record: Mapping[str, Any], name: str) -> str:
    """A record's property as text."""
    return text_of(mapping_of(record, "properties"), name)


def flag_of(row: Mapping[str, Any], name: str) -> bool | None:
    """A yes or no; None when it is neither."""
    return {"true": True, "false": False}.get(text_of(row, name).lower())


def number_of(text: str) -> Decimal | None:
    """A finite decimal; None for anything else. Money never passes through a binary float."""
    return parse_decimal(text)


def instant_of(text: str) -> datetime | None:
    """An instant in UTC, or None for anything else."""
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def stamp_of(text: str) -> str:
    """An instant as text that sorts by time, with milliseconds; empty when it is none."""
    instant = instant_of(text)
    return stamp_text(instant) if instant is not None else ""


def stamp_text(instant: datetime) -> str:
    """`2026-11-22T18:00:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970."""
    since = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def zone_of(name: str) -> tzinfo:
    """A time zone by name; UTC for one nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def day_of(text: str, zone: tzinfo) -> date | None:
    """The day a date property means.

    People pick a day in the portal's time zone and HubSpot keeps an instant of it; programs write midnight UTC
    for a day. So an exact midnight UTC is that day, and any other instant is seen from the portal.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        instant = instant_of(text)
    if instant is None:
        return None
    if instant.timetz().replace(tzinfo=None) == _MIDNIGHT:
        return instant.date()
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return None


def months_of(period: str) -> int | None:
    """Months of an ISO 8601 period in years and months (`P12M`, `P1Y`); None for any other."""
    match = _PERIOD.match(period)
    months = int(match.group(1) or 0) * 12 + int(match.group(2) or 0) if match else 0
    return months if 0 < months < 1200 else None
