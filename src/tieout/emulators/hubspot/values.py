"""Values as HubSpot spells them: every value is text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3}


def stamp(instant: datetime) -> str:
    """An instant in UTC; the milliseconds are left away when they are zero, as Java's `Instant` does."""
    utc = instant.astimezone(UTC)
    text = utc.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = utc.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return int(instant.timestamp() * 1000)


def parse_instant(text: str) -> datetime:
    """ISO 8601 or milliseconds since 1970, as text. Raises ValueError on anything else."""
    if text.lstrip("-").isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return instant


def parse_number(text: str) -> Decimal:
    """A finite decimal number. Raises ValueError on anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{text} is no number")
    return value


def number_or(text: str | None, default: Decimal = Decimal(0)) -> Decimal:
    """The number a property holds, or the default when it holds none."""
    try:
        return parse_number(text) if text else default
    except ValueError:
        return default


def plain(value: Decimal) -> str:
    """A number without exponent and without needless zeros."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def money(value: Decimal, currency: str | None) -> str:
    """An amount rounded half up to the currency's minor unit."""
    digits = MINOR_DIGITS.get(currency or "", 2)
    return format(value.quantize(Decimal(1).scaleb(-digits), "ROUND_HALF_UP"), "f")


def as_text(value: object) -> str | None:
    """A property value of a request body as the text it is stored as; None and "" clear it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
